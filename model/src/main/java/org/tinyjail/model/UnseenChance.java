package org.tinyjail.model;

import java.time.Instant;

/**
 * How likely it is, as measured, that one more execution shows a call that its run had not seen.
 *
 * <p>It is about executions of the fuzzer's generator as it was then, not about production.
 *
 * @param executions of the whole campaign, up to then
 * @param unguided those of a generator that no longer changed
 * @param hits those of the unguided that showed something unseen before the first of them
 * @param limit the chance at most
 * @param confidence the chance that the limit holds, over 0 and under 1
 * @param estimate Good and Turing's estimate of the chance: a guide, no limit
 * @param measured when
 */
public record UnseenChance(
    long executions,
    long unguided,
    long hits,
    double limit,
    double confidence,
    double estimate,
    Instant measured) {
  /** What the numbers are about. */
  public static final String ABOUT = "executions of this generator, not production";

  /**
   * @throws IllegalArgumentException if the numbers do not go together
   */
  public UnseenChance {
    if (hits < 0 || unguided < hits || executions < unguided) {
      throw new IllegalArgumentException(
          "no such executions: " + hits + " of " + unguided + " of " + executions);
    }
    if (!isChance(limit) || !isChance(estimate)) {
      throw new IllegalArgumentException(
          "a chance is from 0 to 1, was " + limit + " or " + estimate);
    }
    if (!isChance(confidence) || confidence == 0 || confidence == 1) {
      throw new IllegalArgumentException("a confidence is between 0 and 1, was " + confidence);
    }
  }

  /** False for what is no number, too. */
  private static boolean isChance(double value) {
    return value >= 0 && value <= 1;
  }
}
