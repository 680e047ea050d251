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
 * @param evidence by source, in the order of {@link Source}; none: see the note
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

  /** A rule for any arguments, without evidence. */
  public static RuleReason added(String syscall, Action action, String note) {
    return new RuleReason(syscall, ArgumentClass.ANY, action, List.of(), List.of(), "", note);
  }

  /** The reason of a call in the place of others; its conditions are all of masks. */
  static RuleReason of(Drift.StandIn standIn) {
    Rule rule = standIn.rule();
    ArgumentClass arguments =
        new ArgumentClass(
            rule.conditions().stream()
                .map(c -> new ArgumentClass.Value(c.index(), c.value(), c.valueTwo()))
                .toList());
    return new RuleReason(
        rule.syscall(), arguments, rule.action(), List.of(), List.of(), "", standIn.note());
  }

  /** How well the rule is supported. */
  public Tier tier() {
    return evidence.isEmpty()
        ? Tier.ADDED
        : evidence.stream().allMatch(each -> each.source() == Source.STATIC)
            ? Tier.POSSIBLE
            : Tier.NEEDED;
  }

  /** The rule that this is the reason for. */
  public Rule rule() {
    return new Rule(syscall, arguments.conditions(), action);
  }
}
