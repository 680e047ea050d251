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
 * @param withheld calls that the binary can reach and that are denied for their risk
 * @param unseen how likely it is that more would be seen, where that was measured
 */
public record Why(
    String profile,
    List<RuleReason> reasons,
    List<Widened> widened,
    List<String> withheld,
    Optional<UnseenChance> unseen) {
  public Why {
    reasons = List.copyOf(reasons);
    widened = List.copyOf(widened);
    withheld = List.copyOf(withheld);
  }

  /** With other reasons for its rules. */
  public Why withReasons(List<RuleReason> others) {
    return new Why(profile, others, widened, withheld, unseen);
  }

  /** The reasons of a policy that was generated for {@code profile}. */
  public static Why of(String profile, GeneratedPolicy generated, Optional<UnseenChance> unseen) {
    return new Why(profile, generated.reasons(), generated.widened(), generated.withheld(), unseen);
  }
}
