package org.tinyjail.generator.merge;

import java.util.List;
import java.util.Optional;
import org.tinyjail.model.UnseenChance;

/**
 * What {@code app.policy.why.json} says beside {@code app.policy.json}.
 *
 * @param profile the program whose policy it is; empty if not known
 * @param reasons one for each rule that was generated
 * @param widened arguments that took too many values to be limited
 * @param strictness what was done with calls that the binary can reach and that nobody has seen
 * @param withheld those that were denied
 * @param unseen how likely it is that more would be seen, where that was measured
 * @param logs how complete the kernel's logs are that it is made of, a line each
 */
public record Why(
    String profile,
    List<RuleReason> reasons,
    List<Widened> widened,
    Strictness strictness,
    List<Withheld> withheld,
    Optional<UnseenChance> unseen,
    List<String> logs) {
  public Why {
    logs = List.copyOf(logs);
    reasons = List.copyOf(reasons);
    widened = List.copyOf(widened);
    withheld = List.copyOf(withheld);
  }

  /** With other reasons for its rules. */
  public Why withReasons(List<RuleReason> others) {
    return new Why(profile, others, widened, strictness, withheld, unseen, logs);
  }

  /** With other calls that are denied. */
  public Why withWithheld(List<Withheld> others) {
    return new Why(profile, reasons, widened, strictness, others, unseen, logs);
  }

  /** The reasons of a policy that was generated for {@code profile}. */
  public static Why of(
      String profile, GeneratedPolicy generated, Optional<UnseenChance> unseen, List<String> logs) {
    return new Why(
        profile,
        generated.reasons(),
        generated.widened(),
        generated.strictness(),
        generated.withheld(),
        unseen,
        logs);
  }
}
