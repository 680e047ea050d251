package org.tinyjail.cli;

import java.util.List;
import java.util.Optional;

/** All commands, in the order of the overview. */
final class Commands {
  private static final List<Command> ALL =
      List.of(
          new LearnCommand(),
          new RunCommand(),
          new TraceCommand(),
          new ReviewCommand(),
          new ExplainCommand(),
          new AnalyzeCommand(),
          new GenerateCommand(),
          new CompileCommand(),
          new ConvertCommand(),
          new CheckCommand(),
          new DiffCommand(),
          new MergeCommand(),
          new GroupsCommand(),
          new EvidenceCommand(),
          new AuditCommand(),
          new DoctorCommand(),
          new CompletionCommand());

  private Commands() {}

  static List<Command> all() {
    return ALL;
  }

  static Optional<Command> named(String name) {
    // No stream: the JVM would spin classes for findFirst on the way to every start.
    for (Command command : ALL) {
      if (command.name().equals(name)) {
        return Optional.of(command);
      }
    }
    return Optional.empty();
  }
}
