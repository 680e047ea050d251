package org.tinyjail.generator.merge;

import java.util.ArrayList;
import java.util.List;
import org.tinyjail.model.Policy;

/**
 * A policy and how it came about.
 *
 * @param policy the policy
 * @param reasons one for each of its rules, in their order
 * @param widened arguments that took too many values to be limited
 * @param strictness what was done with calls that nobody has seen
 * @param withheld what was therefore denied, by name; what a rule allows all the same is left out
 * @param unnamed calls that were seen but have no name, such as {@code syscall_999}, so that no
 *     rule can allow them, sorted
 */
public record GeneratedPolicy(
    Policy policy,
    List<RuleReason> reasons,
    List<Widened> widened,
    Strictness strictness,
    List<Withheld> withheld,
    List<String> unnamed) {
  public GeneratedPolicy {
    reasons = List.copyOf(reasons);
    widened = List.copyOf(widened);
    List<RuleReason> rules = reasons;
    withheld =
        withheld.stream()
            .filter(one -> rules.stream().noneMatch(rule -> allows(rule, one)))
            .toList();
    unnamed = List.copyOf(unnamed);
  }

  /**
   * One executable may pass anything where another is known to pass what is dangerous, and a
   * container runtime may need what the program should not have.
   */
  private static boolean allows(RuleReason rule, Withheld one) {
    return rule.syscall().equals(one.syscall())
        && !rule.action().denies()
        && Tuples.covers(rule.arguments(), one.arguments());
  }

  /** The same with more rules behind its own. */
  public GeneratedPolicy with(List<RuleReason> more) {
    List<RuleReason> all = new ArrayList<>(reasons);
    all.addAll(more);
    return new GeneratedPolicy(
        policy.withRules(all.stream().map(RuleReason::rule).toList()),
        all,
        widened,
        strictness,
        withheld,
        unnamed);
  }
}
