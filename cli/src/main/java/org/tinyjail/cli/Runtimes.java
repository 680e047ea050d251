package org.tinyjail.cli;

import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.generator.lint.RuntimeCalls;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;

/** {@code --for RUNTIME}: a policy that a container manager is to load, by way of runc. */
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

  /** {@code policy} with the calls that the runtime itself makes before the program; says which. */
  static Policy addCalls(Policy policy, Arch machine, Context context) throws CommandException {
    if (!RuntimeCalls.areKnownFor(machine)) {
      throw CommandException.usage(
          "--" + OPTION + ": the calls of runc were measured on x86_64, not on " + machine.label());
    }
    RuntimeCalls.Added added = RuntimeCalls.addTo(policy, machine);
    if (!added.stillDenied().isEmpty()) {
      throw CommandException.badInput(
          "the policy denies "
              + String.join(", ", added.stillDenied())
              + " by rules of its own, and runc starts no container without; remove these rules");
    }
    context.say(
        added.calls().isEmpty()
            ? "nothing added: the policy allows all that runc calls before it starts the program"
            : "added "
                + Words.count(added.calls().size(), "call")
                + " that runc makes before it starts the program, which may then make them too: "
                + String.join(", ", added.calls()));
    return added.policy();
  }
}
