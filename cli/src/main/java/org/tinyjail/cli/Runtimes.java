package org.tinyjail.cli;

import java.util.List;
import java.util.function.Consumer;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.generator.lint.RuntimeCalls;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;

/** {@code --for RUNTIME}: a policy that a container manager is to load, by way of runc or crun. */
final class Runtimes {
  static final String OPTION = "for";
  private static final List<String> NAMES = List.of("docker", "podman", "k8s");

  private Runtimes() {}

  /** Adds the option; {@code what} stands behind the names. */
  static OptionSet addTo(OptionSet options, String what) {
    return options.value(OPTION, String.join("|", NAMES), what);
  }

  /** Whether a runtime is named. */
  static boolean isNamed(CommandLine line) throws CommandException {
    return !Words.choice(OPTION, "", NAMES, line).isEmpty();
  }

  /**
   * Refuses a runtime whose calls are not known here.
   *
   * @throws CommandException also if the option names none
   */
  static void checkKnown(CommandLine line) throws CommandException {
    if (isNamed(line)) {
      checkKnown(Arch.current());
    }
  }

  private static void checkKnown(Arch machine) throws CommandException {
    if (!RuntimeCalls.areKnownFor(machine)) {
      throw CommandException.usage(
          "--"
              + OPTION
              + ": the calls of runc and crun were measured on x86_64, not on "
              + machine.label());
    }
  }

  /** {@code generated} with the runtime's calls, if the option is given; says which. */
  static GeneratedPolicy addIfNamed(
      CommandLine line, GeneratedPolicy generated, Consumer<String> say) throws CommandException {
    if (!isNamed(line)) {
      return generated;
    }
    RuntimeCalls.Added added = add(generated.policy(), Arch.current(), say);
    return generated.with(
        added.calls().stream()
            .map(
                call ->
                    RuleReason.added(
                        call, Action.ALLOW, "runc or crun makes it before the program"))
            .toList());
  }

  /** {@code policy} with the calls that the runtime itself makes before the program; says which. */
  static Policy addCalls(Policy policy, Arch machine, Context context) throws CommandException {
    checkKnown(machine);
    return add(policy, machine, context::say).policy();
  }

  private static RuntimeCalls.Added add(Policy policy, Arch machine, Consumer<String> say)
      throws CommandException {
    RuntimeCalls.Added added = RuntimeCalls.addTo(policy, machine);
    if (!added.stillDenied().isEmpty()) {
      throw CommandException.badInput(
          "the policy denies "
              + String.join(", ", added.stillDenied())
              + " by rules of its own, and runc or crun starts no container without; remove these rules");
    }
    say.accept(
        added.calls().isEmpty()
            ? "nothing added: the policy allows all that runc and crun call before they start the program"
            : "added "
                + Words.count(added.calls().size(), "call")
                + " that runc or crun makes before it starts the program, which may then make them too: "
                + String.join(", ", added.calls()));
    return added;
  }
}
