package org.tinyjail.generator.merge;

import java.util.List;
import org.tinyjail.model.Policy;

/**
 * A policy and how it came about.
 *
 * @param policy the policy
 * @param reasons one for each of its rules, in their order
 * @param widened arguments that took too many values to be limited
 * @param withheld calls with static evidence only that are denied for their risk, sorted
 * @param unnamed calls that were seen but have no name, such as {@code syscall_999}, so that no
 *     rule can allow them, sorted
 */
public record GeneratedPolicy(
    Policy policy,
    List<RuleReason> reasons,
    List<Widened> widened,
    List<String> withheld,
    List<String> unnamed) {
  public GeneratedPolicy {
    reasons = List.copyOf(reasons);
    widened = List.copyOf(widened);
    withheld = List.copyOf(withheld);
    unnamed = List.copyOf(unnamed);
  }
}
