package org.tinyjail.cli;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.RecordingDecider;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.GeneratorOptions;
import org.tinyjail.generator.merge.PolicyGenerator;
import org.tinyjail.generator.merge.Strictness;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Rule;

/**
 * How evidence becomes a policy, as {@code learn} and {@code generate} are told.
 *
 * @param scope which arguments are limited to the values seen
 * @param defaultAction what happens to other calls
 * @param ioUring whether io_uring is let through
 * @param widen how many combinations of arguments a call is limited to at most
 * @param strictness what becomes of calls that the program can make and was not seen to make
 * @param driftSafe whether the policy is to survive updates of libc and kernel
 */
record PolicyOptions(
    ArgumentScope scope,
    Action defaultAction,
    boolean ioUring,
    int widen,
    Strictness strictness,
    boolean driftSafe) {
  private static final String WIDEN = "widen";
  private static final String MODE = "mode";
  static final String DRIFT_SAFE = "drift-safe";
  private static final List<String> MODES =
      Stream.of(Strictness.values()).map(Strictness::label).toList();

  /** What {@code --mode} and {@code --drift-safe} mean: a paragraph of help. */
  static String description() {
    return "--mode says what becomes of calls that the executables that were seen can make, found in"
        + " their files and libraries as by analyze, and were not seen to make: balanced, the"
        + " default, allows them but for those of high risk, uses that are known to be such as"
        + " \"check\" warns of, and new namespaces by clone; strict denies them, and looks into no"
        + " file; sound allows them, and all arguments that the executables can pass."
        + " Of a call that was seen balanced adds other arguments that the executables can pass, if"
        + " no use of the call is dangerous, or if they are known, their risk is not high,"
        + " \"check\" finds nothing wrong with them, and they fit in --widen."
        + " What was seen is allowed in each mode, what neither was seen nor is possible in none."
        + " What is withheld is named in the summary and, with its reason, by explain."
        + "\n\n"
        + driftDescription();
  }

  /** What {@code --drift-safe} means. */
  static String driftDescription() {
    return "--drift-safe also allows the calls that another version of libc or another kernel puts"
        + " in the place of those allowed, such as newfstatat for stat, so that an update does not"
        + " break the program. None gives more power than the call that it stands in for:"
        + " conditions on arguments are carried over, and where that is not possible there is no"
        + " stand-in, or one that answers ENOSYS, as clone3 does for a limited clone.";
  }

  /** The flag alone. */
  static OptionSet addDriftSafe(OptionSet options) {
    return options.flag(
        DRIFT_SAFE, "also allow what other versions of libc and kernel call in place of these");
  }

  /** Whether the flag is given. */
  static boolean isDriftSafe(CommandLine line) {
    return line.hasOption(DRIFT_SAFE);
  }

  static OptionSet addTo(OptionSet options) {
    OptionSet all =
        addDriftSafe(options)
            .value(
                MODE,
                String.join("|", MODES),
                "calls that it can make and was not seen to make: deny them, deny those of high risk"
                    + " (balanced, the default), or allow them");
    return Runtimes.addTo(all, "also allow the calls that runc and crun make before the program")
        .value(
            "args",
            "safe|all|none",
            "limit the dangerous arguments to the values seen (safe, the default), every argument"
                + " that is a number, or none")
        .value(
            WIDEN,
            "N",
            "limit a call to at most N combinations of arguments, 1 to "
                + RecordingDecider.CLASSES_MAX
                + "; beyond, the argument with the most values is left open, unless that would allow"
                + " what is withheld. Default: "
                + GeneratorOptions.DEFAULT_MAX_TUPLES)
        .value(
            "default",
            "errno|kill|log|notify",
            "what the policy does with all other calls; default: errno, they fail with EPERM")
        .flag("io-uring", "let io_uring pass; its operations are not seen as calls");
  }

  static PolicyOptions of(CommandLine line) throws CommandException {
    String args = line.getOptionValue("args", "safe");
    ArgumentScope scope =
        switch (args) {
          case "safe" -> ArgumentScope.DANGEROUS;
          case "all" -> ArgumentScope.ALL;
          case "none" -> ArgumentScope.NONE;
          default ->
              throw CommandException.usage("--args wants safe, all or none, was \"" + args + "\"");
        };
    String word = line.getOptionValue("default", "errno");
    if (!List.of("errno", "kill", "log", "notify").contains(word)) {
      throw CommandException.usage(
          "--default wants errno, kill, log or notify, was \"" + word + "\"");
    }
    String mode = Words.choice(MODE, Strictness.BALANCED.label(), MODES, line);
    return new PolicyOptions(
        scope,
        Actions.parse("--default", word),
        line.hasOption("io-uring"),
        widen(line),
        Strictness.valueOf(mode.toUpperCase(Locale.ROOT)),
        isDriftSafe(line));
  }

  private static int widen(CommandLine line) throws CommandException {
    String word = line.getOptionValue(WIDEN, String.valueOf(GeneratorOptions.DEFAULT_MAX_TUPLES));
    int number = word.matches("[0-9]{1,4}") ? Integer.parseInt(word) : 0;
    if (number < 1 || number > RecordingDecider.CLASSES_MAX) {
      throw CommandException.usage(
          "--widen wants a number from 1 to "
              + RecordingDecider.CLASSES_MAX
              + ", which is all that is told apart of one call, was \""
              + word
              + "\"");
    }
    return number;
  }

  /**
   * The calls that answer ENOSYS while learning and afterwards: clone3 hides its flags behind a
   * pointer, io_uring does I/O without calls.
   */
  Set<String> refused() {
    boolean clone3 = scope != ArgumentScope.NONE;
    return ioUring
        ? clone3 ? Set.of("clone3") : Set.of()
        : clone3 ? Set.of("clone3", "io_uring_setup") : Set.of("io_uring_setup");
  }

  GeneratedPolicy generate(List<Observation> observations) {
    return PolicyGenerator.generate(observations, generator());
  }

  /** What was made already: nothing that is only possible, no stand-ins. */
  List<Rule> made(List<Observation> observations) {
    GeneratorOptions seen = generator().withStrictness(Strictness.STRICT).withDriftSafe(false);
    return PolicyGenerator.generate(observations, seen).policy().rules();
  }

  private GeneratorOptions generator() {
    return GeneratorOptions.of(Arch.current())
        .withArguments(scope)
        .withDefaultAction(defaultAction)
        .withStrictness(strictness)
        .withRefused(refused())
        .withDriftSafe(driftSafe)
        .withMaxTuples(widen);
  }
}
