package org.tinyjail.cli;

import java.util.List;
import java.util.Optional;

/** All commands, in the order of the overview. */
final class Commands {
  private static final List<Command> ALL =
      List.of(
          new LearnCommand(),
          new RunCommand(),
          new ReviewCommand(),
          new ExplainCommand(),
          new GenerateCommand(),
          new CompileCommand(),
          new EvidenceCommand());

  private Commands() {}

  static List<Command> all() {
    return ALL;
  }

  static Optional<Command> named(String name) {
    return ALL.stream().filter(command -> command.name().equals(name)).findFirst();
  }
}
