package org.tinyjail.fuzz;

import java.time.Duration;

/**
 * When a campaign leaves off being guided and measures, and when it ends. Times are in terms of
 * {@link System#nanoTime}.
 */
final class Schedule {
  private static final double FREEZE_AT = 0.8;
  private static final double MEASURE_AT = 0.85;

  /** With AUTO: guided until nothing new has come for this long and this many executions. */
  private static final Duration QUIET = Duration.ofSeconds(15);

  private static final long QUIET_EXECUTIONS = 2000;

  private final CampaignPlan plan;
  private final long start;
  private int attempts;
  private long guidedSince;
  private long freezeAt = Long.MAX_VALUE;

  Schedule(CampaignPlan plan, long start) {
    this.plan = plan;
    this.start = start;
    this.guidedSince = start;
  }

  /**
   * A time of being guided begins.
   *
   * @param executed by all jobs so far
   * @param own of these, by this one
   * @return how many executions each job has for it, this one too, so that there are never too many
   *     whichever is the fastest; 0: as many as it can
   */
  long begin(long now, long executed, long own) {
    guidedSince = now;
    if (plan.executions() == 0) {
      return 0;
    }
    double share = plan.kind() == CampaignPlan.Kind.TIMED ? FREEZE_AT : 1;
    long left = (long) (plan.executions() * share) - executed;
    long each = Math.max(1, left / plan.jobs());
    freezeAt = own + each;
    return each;
  }

  /** How much of the campaign is over, 1 being all. */
  private double share(long now, long executed) {
    double count = plan.executions() == 0 ? 0 : (double) executed / plan.executions();
    return Math.max(time(now), count);
  }

  private double time(long now) {
    return (double) (now - start) / plan.time().toNanos();
  }

  /**
   * Whether it is time to measure.
   *
   * @param own executions of this job
   * @param since executions since the last one that showed something new
   */
  boolean isToFreeze(long now, long own, long since) {
    return switch (plan.kind()) {
      case TIMED -> time(now) >= FREEZE_AT || own >= freezeAt;
      case AUTO ->
          time(now) >= 1
              || own >= freezeAt
              || (since >= QUIET_EXECUTIONS && now - guidedSince >= QUIET.toNanos());
      case REPLAY, HELP -> false;
    };
  }

  /** Whether the frozen generator still runs without being measured, to find what is easy. */
  boolean isSettling(long now, long executed) {
    return plan.kind() == CampaignPlan.Kind.TIMED && share(now, executed) < MEASURE_AT;
  }

  boolean isMeasuring(long now, long executed, long measured, long hits) {
    if (isSpent(now, executed)) {
      return false;
    }
    return plan.kind() != CampaignPlan.Kind.AUTO || (hits == 0 && measured < needed());
  }

  /**
   * The chance with which this measurement may err. Each attempt has half that of the one before,
   * so that what is said in the end, of whichever attempt, errs with 5 % at most.
   */
  double error() {
    double all = 1 - UnseenBound.CONFIDENCE;
    return plan.kind() == CampaignPlan.Kind.AUTO ? all / Math.scalb(1.0, attempts + 1) : all;
  }

  private long needed() {
    return UnseenBound.needed(plan.risk(), error());
  }

  /** Whether time or executions are used up. */
  boolean isSpent(long now, long executed) {
    return share(now, executed) >= 1;
  }

  /** Whether the campaign ends with this measurement; else it is guided again. */
  boolean isOver(UnseenBound bound, long now, long executed) {
    if (plan.kind() != CampaignPlan.Kind.AUTO
        || isSpent(now, executed)
        || (bound.hits() == 0 && bound.executions() >= needed())) {
      return true;
    }
    attempts++;
    return false;
  }
}
