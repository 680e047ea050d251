package org.tinyjail.cli;

import java.util.List;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.RecordingDecider;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.GeneratorOptions;
import org.tinyjail.generator.merge.PolicyGenerator;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Observation;

/**
 * How evidence becomes a policy, as {@code learn} and {@code generate} are told.
 *
 * @param scope which arguments are limited to the values seen
 * @param defaultAction what happens to other calls
 * @param ioUring whether io_uring is let through
 * @param widen how many combinations of arguments a call is limited to at most
 */
record PolicyOptions(ArgumentScope scope, Action defaultAction, boolean ioUring, int widen) {
  private static final String WIDEN = "widen";

  static OptionSet addTo(OptionSet options) {
    return options
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
                + "; beyond, the argument with the most values is left open. Default: "
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
    return new PolicyOptions(
        scope, Actions.parse("--default", word), line.hasOption("io-uring"), widen(line));
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
    return PolicyGenerator.generate(
        observations,
        GeneratorOptions.of(Arch.current())
            .withArguments(scope)
            .withDefaultAction(defaultAction)
            .withRefused(refused())
            .withMaxTuples(widen));
  }
}
