package org.tinyjail.generator.merge;

import java.util.List;
import org.tinyjail.model.Policy;

/**
 * A policy and where it comes from.
 *
 * @param policy what evidence asks for
 * @param reasons one for each rule, in the order of the rules
 * @param widened calls whose arguments are no longer all told apart, and why: a line each
 * @param unnamed calls seen that no profile can name ({@code syscall_N}), sorted
 */
public record GeneratedPolicy(
    Policy policy, List<Reason> reasons, List<String> widened, List<String> unnamed) {
  public GeneratedPolicy {
    reasons = List.copyOf(reasons);
    widened = List.copyOf(widened);
    unnamed = List.copyOf(unnamed);
  }
}
