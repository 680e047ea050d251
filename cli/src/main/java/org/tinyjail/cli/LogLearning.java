package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Source;
import org.tinyjail.model.UnseenChance;

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
    Set<String> profiles = new LinkedHashSet<>();
    List<Observation> seen = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    Optional<UnseenChance> unseen = Optional.empty();
    Optional<Instant> since =
        line.hasOption(SINCE)
            ? Optional.of(
                context
                    .clock()
                    .instant()
                    .minus(Durations.parse("--" + SINCE, line.getOptionValue(SINCE))))
            : Optional.empty();
    try (H2EvidenceStore store = Stores.openWhole(line, context)) {
      for (String word : line.getOptionValues(PROGRAM)) {
        String profile = GenerateCommand.profile(context.program(word), store);
        if (profiles.add(profile)) {
          seen.addAll(Evidence.of(store, profile));
          LogEvidenceNotes.of(store, profile).ifPresent(note -> notes.add(profile + ": " + note));
        }
        unseen = unseen.or(() -> Evidence.unseen(store, profile));
      }
    }
    since.ifPresent(
        from -> seen.removeIf(one -> one.source() == Source.LOGGED && one.last().isBefore(from)));
    long logged = seen.stream().filter(one -> one.source() == Source.LOGGED).count();
    if (logged == 0) {
      throw CommandException.usage(
          "no record"
              + (since.isPresent() ? " of that time" : "")
              + " of "
              + String.join(", ", profiles)
              + " was collected; \"tiny-jail audit status\" says what is");
    }
    return write(profiles.iterator().next(), seen, unseen, notes);
  }

  private int write(
      String profile, List<Observation> seen, Optional<UnseenChance> unseen, List<String> notes)
      throws CommandException, IOException {
    String name = profile.substring(profile.lastIndexOf('/') + 1);
    Path out = context.resolve(line.getOptionValue("out", name + ".policy.json"));
    AtomicFile.checkWritable(out);
    java.util.function.Consumer<String> say =
        line.hasOption("quiet") ? ignored -> {} : context::say;
    List<Observation> evidence = StaticEvidence.with(seen, options, context, say);
    GeneratedPolicy generated = Runtimes.addIfNamed(line, options.generate(evidence), say);
    PolicyFiles.write(out, profile, generated, unseen, notes);
    long calls = seen.stream().map(Observation::syscall).distinct().count();
    long logged =
        seen.stream()
            .filter(one -> one.source() == Source.LOGGED)
            .map(Observation::syscall)
            .distinct()
            .count();
    say.accept(
        Words.count(calls, "call") + " known of " + profile + ", " + logged + " of them logged");
    notes.forEach(say);
    PolicyNotes.of(generated).forEach(say);
    say.accept("wrote " + context.directory().relativize(out.toAbsolutePath()));
    if (line.hasOption(ExecutablePolicies.OPTION)) {
      ExecutablePolicies.write(out, evidence, options, say);
    }
    return ExitCode.DONE;
  }
}
