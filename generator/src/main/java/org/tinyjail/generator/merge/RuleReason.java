package org.tinyjail.generator.merge;

import java.time.Instant;
import java.util.List;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Source;

/**
 * Why a rule is in a policy.
 *
 * @param syscall the call
 * @param arguments what it is limited to
 * @param action the answer
 * @param evidence by source, in the order of {@link Source}; none for rules that every policy has
 * @param executables paths of the files that made the call, sorted
 * @param sample one of the calls, decoded; may be empty
 * @param note why the rule is there although nobody made the call; may be empty
 */
public record RuleReason(
    String syscall,
    ArgumentClass arguments,
    Action action,
    List<Evidence> evidence,
    List<String> executables,
    String sample,
    String note) {
  public RuleReason {
    evidence = List.copyOf(evidence);
    executables = List.copyOf(executables);
  }

  /**
   * What one source says.
   *
   * @param source who says so
   * @param count how often
   * @param first when it was first seen
   * @param last when it was last seen
   */
  public record Evidence(Source source, long count, Instant first, Instant last) {}

  /** The rule that this is the reason for. */
  public Rule rule() {
    return new Rule(syscall, arguments.conditions(), action);
  }
}
