package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Source;

/** {@code learn --from-audit}: a policy from what the kernel has logged, and all else known. */
final class LogLearning {
  static final String OPTION = "from-audit";
  static final String SINCE = "since";
  static final String PROGRAM = "program";

  /** What only a program that is started can be asked for. */
  private static final List<String> OF_RUNS =
      List.of(
          "profile", "timeout", "until-main-exits", "from-file", "append", "fresh", "fast", "fuzz");

  private final CommandLine line;
  private final Context context;
  private final PolicyOptions options;

  LogLearning(CommandLine line, Context context) throws CommandException {
    this.line = line;
    this.context = context;
    this.options = PolicyOptions.of(line);
    Runtimes.checkKnown(line);
    for (String option : OF_RUNS) {
      if (line.hasOption(option)) {
        throw CommandException.usage("--from-audit starts nothing: leave --" + option + " out");
      }
    }
    if (!line.hasOption(PROGRAM)) {
      throw CommandException.usage("--from-audit wants --program P: whose records, such as nginx");
    }
  }

  int run() throws CommandException, IOException {
    Map<String, KnownEvidence> programs = new LinkedHashMap<>();
    try (H2EvidenceStore store = Stores.openWhole(line, context)) {
      for (String word : line.getOptionValues(PROGRAM)) {
        String profile = GenerateCommand.profile(context.program(word), store);
        programs.put(profile, KnownEvidence.of(store, profile));
      }
    }
    KnownEvidence known = recent(programs);
    if (calls(known, true) == 0) {
      throw CommandException.usage(
          "no record"
              + (line.hasOption(SINCE) ? " of that time" : "")
              + " of "
              + String.join(", ", programs.keySet())
              + " was collected; \"tiny-jail audit status\" says what is");
    }
    return write(programs.keySet().iterator().next(), known);
  }

  /** All that is known of them, without what was logged before the time that is asked for. */
  private KnownEvidence recent(Map<String, KnownEvidence> programs) throws CommandException {
    KnownEvidence all =
        programs.entrySet().stream()
            .map(
                one ->
                    one.getValue()
                        .withNotes(
                            one.getValue().notes().stream()
                                .map(note -> one.getKey() + ": " + note)
                                .toList()))
            .reduce(KnownEvidence::and)
            .orElseThrow();
    if (!line.hasOption(SINCE)) {
      return all;
    }
    Instant from =
        context.clock().instant().minus(Durations.parse("--" + SINCE, line.getOptionValue(SINCE)));
    return all.withSeen(
        all.seen().stream()
            .filter(one -> one.source() != Source.LOGGED || !one.last().isBefore(from))
            .toList());
  }

  private int write(String profile, KnownEvidence known) throws CommandException, IOException {
    String name = profile.substring(profile.lastIndexOf('/') + 1);
    Path out = context.resolve(line.getOptionValue("out", name + ".policy.json"));
    AtomicFile.checkWritable(out);
    Consumer<String> say = line.hasOption("quiet") ? ignored -> {} : context::say;
    MadePolicy made = MadePolicy.write(out, profile, known, options, line, context, say);
    say.accept(
        Words.count(calls(known, false), "call")
            + " known of "
            + profile
            + ", "
            + calls(known, true)
            + " of them logged");
    PolicyNotes.of(made.generated()).forEach(say);
    say.accept("wrote " + context.directory().relativize(out.toAbsolutePath()));
    made.writeForExecutables(out, options, line, say);
    return ExitCode.DONE;
  }

  private static long calls(KnownEvidence known, boolean logged) {
    return known.seen().stream()
        .filter(one -> !logged || one.source() == Source.LOGGED)
        .map(Observation::syscall)
        .distinct()
        .count();
  }
}
