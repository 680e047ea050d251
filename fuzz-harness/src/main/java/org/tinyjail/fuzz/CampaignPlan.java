package org.tinyjail.fuzz;

import java.time.Duration;

/**
 * How long a campaign goes on.
 *
 * @param kind when it ends
 * @param time after which it ends at the latest
 * @param executions after which it ends at the latest; 0: none
 * @param risk with {@link Kind#AUTO}: the bound that is to be reached, over 0 and under 1
 */
public record CampaignPlan(Kind kind, Duration time, long executions, double risk) {
  /** When a campaign ends. */
  public enum Kind {
    /** When its time is up; the last fifth goes into measuring what is left to be found. */
    TIMED,
    /** When the chance of seeing more is below a bound. */
    AUTO,
    /** When all inputs of the corpus have been executed once. */
    REPLAY
  }

  public CampaignPlan {
    if (risk <= 0 || risk >= 1) {
      throw new IllegalArgumentException("a risk is between 0 and 1, was " + risk);
    }
  }
}
