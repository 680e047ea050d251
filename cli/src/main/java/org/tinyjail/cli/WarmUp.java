package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.commons.cli.DefaultParser;
import org.tinyjail.agent.AgentSession;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.generator.merge.GeneratorOptions;
import org.tinyjail.generator.merge.Strictness;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallData;

/**
 * Does what commands do, in a directory of its own that is gone afterwards: the launcher has a
 * class-data archive made of the classes that this loads.
 */
final class WarmUp {
  private WarmUp() {}

  static int run(Context process) {
    try {
      Path directory = Files.createTempDirectory("tiny-jail-warm-up");
      try {
        run(directory, process);
      } finally {
        delete(directory);
      }
      return ExitCode.DONE;
    } catch (Exception e) {
      process.say("warm-up: " + e);
      return ExitCode.FAILED;
    }
  }

  private static void run(Path directory, Context process) throws Exception {
    Context context = quiet(directory, process);
    learnAndReview(directory, context);
    Path policyFile = directory.resolve("p.json");
    String[] words = {"--policy", policyFile.toString(), "--kill", "ptrace"};
    var line = DefaultParser.builder().get().parse(new RunCommand().options(), words);
    Path description = directory.resolve("launch");
    Files.write(
        description, LaunchDescription.encode(List.of("true"), Files.readAllBytes(policyFile)));
    RunCommand.rehearse(line, context, description, Files.createFile(directory.resolve("plan")));
    AgentSession.open();
    AnalyzeCommand analyze = new AnalyzeCommand();
    // Linked with libraries, unlike what is in the distribution. The second time what was found in
    // them is read again, then the whole analysis.
    for (String program : List.of("/bin/true", "/bin/false", "/bin/false")) {
      String[] file = {program, "--json"};
      analyze.run(DefaultParser.builder().get().parse(analyze.options(), file), context);
    }
    for (Command command : Commands.all()) {
      Help.of(command);
    }
  }

  private static Context quiet(Path directory, Context process) {
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return new Context(
        Map.of("HOME", directory.toString()),
        directory,
        process.home(),
        nowhere,
        nowhere,
        process.clock());
  }

  private static void learnAndReview(Path directory, Context context) throws Exception {
    var nothing =
        DefaultParser.builder().get().parse(new EvidenceCommand().options(), new String[0]);
    Instant now = context.clock().instant();
    SyscallData call = SyscallData.of(Arch.current(), 0, 2, 1);
    List<Observation> seen =
        Stream.of("read", "socket")
            .map(
                name ->
                    new Observation(
                        "/bin/true",
                        Arch.current(),
                        name,
                        ArgumentScope.DANGEROUS.classOf(name, Arch.current(), call),
                        Source.OBSERVED,
                        1,
                        now,
                        now,
                        ""))
            .toList();
    Run run =
        new Run(
            Run.newId(now, 1),
            Run.Kind.LEARN,
            "/bin/true",
            "/bin/true",
            "",
            List.of("true"),
            "",
            now,
            Optional.of(now),
            OptionalInt.of(0),
            true,
            0);
    try (EvidenceStore store = Stores.open(nothing, context)) {
      store.accept(run, seen, List.of());
      PolicyOptions options =
          new PolicyOptions(
              ArgumentScope.DANGEROUS,
              Action.fail(1),
              false,
              GeneratorOptions.DEFAULT_MAX_TUPLES,
              Strictness.BALANCED,
              false);
      PolicyFiles.write(
          directory.resolve("p.json"),
          run.profile(),
          options.generate(store.observations("/bin/true")),
          Optional.empty(),
          List.of());
    }
    Main.run(new String[] {"review"}, context);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
