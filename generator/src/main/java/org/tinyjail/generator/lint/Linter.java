package org.tinyjail.generator.lint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;

/** Looks through a policy for what does not do what its author may think. */
public final class Linter {
  private Linter() {}

  /**
   * Where the policy will be used.
   *
   * @param machine the architecture
   * @param inContainer whether a container runtime loads it
   */
  public record Use(Arch machine, boolean inContainer) {}

  /** All findings, the worst first. */
  public static List<Finding> check(Policy policy, Use use) {
    PolicyView view = new PolicyView(policy, use.machine());
    List<Finding> findings = new ArrayList<>();
    whole(policy, view, findings);
    new RuleChecks(view, findings).check();
    new OverlapChecks(view, findings).check();
    new DangerChecks(view, findings).check();
    new SiblingChecks(view, findings).check();
    new StartChecks(view, findings).check(use);
    findings.sort(Comparator.comparing(Finding::severity));
    return findings;
  }

  private static void whole(Policy policy, PolicyView view, List<Finding> findings) {
    if (policy.defaultAction() instanceof Action.Log) {
      findings.add(Finding.of(Check.DEFAULT_LOGS, "the default action is SCMP_ACT_LOG"));
    }
    action("the default", policy.defaultAction(), policy, Optional.empty(), findings);
    policy.rules().stream()
        .map(rule -> rule.action())
        .distinct()
        .forEach(
            action ->
                policy.rules().stream()
                    .filter(rule -> rule.action().equals(action))
                    .findFirst()
                    .ifPresent(
                        rule ->
                            action(
                                "the action of " + rule.syscall(),
                                action,
                                policy,
                                Optional.of(rule),
                                findings)));
    if (policy.flags().contains("SECCOMP_FILTER_FLAG_SPEC_ALLOW")) {
      findings.add(Finding.of(Check.NO_MITIGATIONS, "SECCOMP_FILTER_FLAG_SPEC_ALLOW is set"));
    }
    if (view.architectures().contains(Arch.X32)) {
      findings.add(Finding.of(Check.X32_IN_FORCE, "SCMP_ARCH_X32 is in force"));
    }
    if (policy.architectures().isEmpty()) {
      findings.add(Finding.of(Check.NO_ARCHITECTURES, "\"architectures\" is missing or empty"));
    }
  }

  /** What is to say of an action wherever it stands; said once. */
  private static void action(
      String where,
      Action action,
      Policy policy,
      Optional<org.tinyjail.model.Rule> rule,
      List<Finding> findings) {
    if (action instanceof Action.Fail fail) {
      if (fail.errno() == 0) {
        findings.add(Finding.of(Check.ERRNO_ZERO, rule, where + " is errno 0"));
      } else if (org.tinyjail.model.Constants.name("errno", fail.errno()).isEmpty()) {
        findings.add(Finding.of(Check.UNNAMED_ERRNO, rule, where + " is errno " + fail.errno()));
      }
    } else if (action.equals(Action.KILL_THREAD)) {
      findings.add(Finding.of(Check.KILLS_THREAD, rule, where + " kills the thread only"));
    } else if (action.equals(Action.NOTIFY) && policy.listenerPath().isEmpty()) {
      findings.add(
          Finding.of(
              Check.NOTIFY_WITHOUT_LISTENER, rule, where + " notifies, without listenerPath"));
    } else if (action instanceof Action.Trace) {
      findings.add(Finding.of(Check.TRACE_WITHOUT_TRACER, rule, where + " asks a tracer"));
    }
  }
}
