package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.generator.merge.Tier;
import org.tinyjail.generator.merge.Widened;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Run;
import org.tinyjail.model.SyscallTable;

/** What {@code learn} says at the end, on stderr. */
final class Summary {
  /** A container default to compare with. */
  private static final String CONTAINER_DEFAULT = "share/policies/podman.json";

  private final Context context;
  private final Run run;
  private final List<Observation> observations;
  private final boolean counted;

  /**
   * @param observations what the run has shown
   * @param counted whether they count the run's calls alone, not those of earlier runs too
   */
  Summary(Context context, Run run, List<Observation> observations, boolean counted) {
    this.context = context;
    this.run = run;
    this.observations = observations;
    this.counted = counted;
  }

  /**
   * Prints it.
   *
   * @param before calls known from earlier runs
   * @param generated what was made of all runs
   * @param widened the arguments that this run has opened
   * @param out where it was written
   */
  void print(Set<String> before, GeneratedPolicy generated, List<Widened> widened, Path out)
      throws IOException {
    Set<String> seen =
        observations.stream()
            .map(Observation::syscall)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> fresh = new TreeSet<>(seen);
    fresh.removeAll(before);
    long count = observations.stream().mapToLong(Observation::count).sum();
    Duration took = Duration.between(run.started(), run.ended().orElse(run.started()));
    context.say(
        String.format(
            "saw %s (%d new%s)%s in %s: %s",
            Words.count(seen.size(), "call"),
            fresh.size(),
            fresh.isEmpty() || fresh.size() > 8 ? "" : ": " + String.join(", ", fresh),
            counted ? (run.exact() ? ", " : ", at least ") + Words.count(count, "time") : "",
            Durations.show(took),
            Escape.display(run.profile())));
    Set<String> executables =
        observations.stream()
            .map(Observation::executable)
            .map(executable -> executable.isEmpty() ? "(unreadable)" : executable)
            .collect(Collectors.toCollection(TreeSet::new));
    if (executables.size() > 1) {
      context.say("executables: " + Escape.display(String.join(", ", executables)));
    }
    for (Widened wide : widened) {
      context.say(
          "widened "
              + wide.syscall()
              + ": "
              + Widenings.show(wide)
              + "; --widen sets how many combinations a call may have");
    }
    if (!generated.unnamed().isEmpty()) {
      context.say(
          "calls without a name, which no profile can allow: "
              + String.join(", ", generated.unnamed()));
    }
    PolicyNotes.of(generated).forEach(context::say);
    if (run.lost() > 0) {
      context.say(Words.count(run.lost(), "call") + " could not be recorded: learn again");
    }
    context.say(openShare(generated, seen));
    context.say(
        "wrote "
            + context.directory().relativize(out.toAbsolutePath())
            + "; \"tiny-jail explain\" gives reasons");
  }

  private String openShare(GeneratedPolicy generated, Set<String> seen) throws IOException {
    SyscallTable table = SyscallTable.of(Arch.current());
    long open = open(generated.policy(), table);
    long earlier = earlier(generated, seen, table);
    String line =
        String.format(
            "%d of %d calls stay open (%d %%)%s",
            open,
            table.numbers().size(),
            100 * open / table.numbers().size(),
            earlier == 0 ? "" : ", " + earlier + " of them seen in earlier runs only");
    Path container = context.home().resolve(CONTAINER_DEFAULT);
    if (!Files.exists(container)) {
      return line;
    }
    return line + "; Podman's default leaves " + open(OciSeccompJson.read(container), table);
  }

  /** How many open calls are there because of earlier runs alone. */
  private static long earlier(GeneratedPolicy generated, Set<String> seen, SyscallTable table) {
    return generated.reasons().stream()
        .filter(reason -> !reason.action().denies() && reason.tier() == Tier.NEEDED)
        .map(RuleReason::syscall)
        .filter(name -> table.number(name).isPresent() && !seen.contains(name))
        .distinct()
        .count();
  }

  private static long open(Policy policy, SyscallTable table) {
    return policy.rules().stream()
        .filter(rule -> !rule.action().denies())
        .map(Rule::syscall)
        .filter(name -> table.number(name).isPresent())
        .distinct()
        .count();
  }
}
