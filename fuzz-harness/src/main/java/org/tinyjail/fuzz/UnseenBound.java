package org.tinyjail.fuzz;

import java.time.Instant;
import org.tinyjail.model.UnseenChance;

/**
 * How likely it is that one more execution would show something not seen before.
 *
 * <p>While fuzzing adapts to what it finds, its own counts say too little of what is unseen (Böhme
 * and others, "Reachability and residual risk", FSE 2021). So inputs are drawn from a generator
 * that no longer changes: its executions are then independent of one another, and what they show of
 * what was unseen before the first of them is a plain proportion.
 *
 * @param executions of the frozen generator
 * @param hits those of them that showed something unseen before the first
 * @param singletons kinds of calls that just one of them showed
 * @param error the chance, over 0, that the upper limit does not hold
 */
record UnseenBound(long executions, long hits, long singletons, double error) {
  /**
   * The confidence that what a campaign says in the end holds, of however many measurements it is
   * the last.
   */
  static final double CONFIDENCE = 0.95;

  private static final int STEPS = 100;

  UnseenBound {
    if (executions < 0 || hits < 0 || hits > executions) {
      throw new IllegalArgumentException("no such executions: " + hits + " of " + executions);
    }
  }

  /**
   * The chance, at most, that the next execution of this generator shows something unseen. Clopper
   * and Pearson's upper limit; with no hits and an error of 5 % about 3 / executions. 1 if there
   * were no executions.
   *
   * <p>It holds too where the measurement ended with the first hit: it is then above the limit that
   * follows from the executions before.
   */
  double upper() {
    if (executions == hits) {
      return 1;
    }
    double low = 0;
    double high = 1;
    for (int i = 0; i < STEPS; i++) {
      double middle = (low + high) / 2;
      if (atMostHits(middle) > error) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** The chance of at most {@code hits} hits where each has the chance {@code p}. */
  private double atMostHits(double p) {
    double term = Math.exp(executions * Math.log1p(-p));
    double sum = 0;
    double logTerm = executions * Math.log1p(-p);
    double logOdds = Math.log(p) - Math.log1p(-p);
    for (long i = 0; i <= hits; i++) {
      sum += term;
      logTerm += Math.log((double) (executions - i) / (i + 1)) + logOdds;
      term = Math.exp(logTerm);
    }
    return sum;
  }

  /** Good and Turing's estimate of the same chance: a guide, no bound. 1 if there were none. */
  double estimate() {
    return executions == 0 ? 1 : Math.min(1, (double) singletons / executions);
  }

  /**
   * What it says.
   *
   * @param campaign executions of the whole campaign so far
   */
  UnseenChance chance(long campaign, Instant now) {
    return new UnseenChance(campaign, executions, hits, upper(), CONFIDENCE, estimate(), now);
  }

  /**
   * How many executions without a hit bring the bound under {@code risk}.
   *
   * @param error the chance, over 0, that the bound does not hold
   */
  static long needed(double risk, double error) {
    return (long) Math.ceil(Math.log(error) / Math.log1p(-risk));
  }
}
