package org.tinyjail.fuzz;

import java.time.Duration;

/**
 * How long a campaign goes on.
 *
 * @param kind when it ends
 * @param time after which it ends at the latest
 * @param executions of all jobs together, after which it ends at the latest; 0: none
 * @param risk with {@link Kind#AUTO}: the bound that is to be reached, over 0 and under 1
 * @param jobs processes that search at once, at least 1
 */
public record CampaignPlan(Kind kind, Duration time, long executions, double risk, int jobs) {
  /** When a campaign ends. */
  public enum Kind {
    /** When its time is up; the last fifth goes into measuring what is left to be found. */
    TIMED,
    /** When the chance of seeing more is below a bound. */
    AUTO,
    /** When all inputs of the corpus have been executed once. */
    REPLAY,
    /** When the campaign that it helps does without it. */
    HELP
  }

  public CampaignPlan {
    if (risk <= 0 || risk >= 1) {
      throw new IllegalArgumentException("a risk is between 0 and 1, was " + risk);
    }
    if (jobs < 1) {
      throw new IllegalArgumentException("at least one job searches, was " + jobs);
    }
  }

  /** That of a job that helps, for so many executions. */
  CampaignPlan helping(long most) {
    return new CampaignPlan(Kind.HELP, time, most, risk, 1);
  }

  /** Whether inputs are made, and not only executed, by a job that keeps the campaign's time. */
  boolean isLeading() {
    return kind == Kind.TIMED || kind == Kind.AUTO;
  }
}
