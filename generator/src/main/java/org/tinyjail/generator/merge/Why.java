package org.tinyjail.generator.merge;

import java.util.List;

/**
 * What {@code app.policy.why.json} says beside {@code app.policy.json}.
 *
 * @param reasons one for each rule that was generated
 * @param widened arguments that took too many values to be limited
 * @param withheld calls that the binary can reach and that are denied for their risk
 */
public record Why(List<RuleReason> reasons, List<Widened> widened, List<String> withheld) {
  public Why {
    reasons = List.copyOf(reasons);
    widened = List.copyOf(widened);
    withheld = List.copyOf(withheld);
  }

  /** The reasons of a generated policy. */
  public static Why of(GeneratedPolicy generated) {
    return new Why(generated.reasons(), generated.widened(), generated.withheld());
  }
}
