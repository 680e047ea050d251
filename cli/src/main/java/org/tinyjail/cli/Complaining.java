package org.tinyjail.cli;

import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.audit.source.KernelStatus;
import org.tinyjail.model.Action;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/** A policy that denies nothing and has the kernel log what it would deny. */
final class Complaining {
  static final String OPTION = "complain";
  static final String HELP = "deny nothing: log what would be denied";

  private Complaining() {}

  /**
   * What {@code policy} denies is made and logged. Answers of ENOSYS stay: with them programs fall
   * back to calls whose arguments a filter can see, which a log cannot show.
   */
  static Policy of(Policy policy, CommandLine line, Context context) {
    warn(line, context);
    Policy complaining = policy.withDefaultAction(logged(policy.defaultAction()));
    return complaining.withRules(
        policy.rules().stream()
            .map(rule -> new Rule(rule.syscall(), rule.conditions(), logged(rule.action())))
            .toList());
  }

  private static Action logged(Action action) {
    boolean stays =
        !action.denies() || (action instanceof Action.Fail fail && fail.errno() == Action.ENOSYS);
    return stays ? action : Action.LOG;
  }

  private static void warn(CommandLine line, Context context) {
    boolean read;
    try (KernelStatus kernel = KernelStatus.open()) {
      Optional<KernelStatus.State> state = kernel.state();
      read = state.isPresent() && state.get().daemon() != 0;
    }
    if (!read && Stores.directory(line, context).holder(AuditCollection.RIGHT).isEmpty()) {
      context.say(
          "nobody keeps the records on this host: where the policy is used, run \"tiny-jail audit"
              + " follow\", or auditd, or they are lost (the kernel's own log keeps 10 in 5 s)");
    }
  }
}
