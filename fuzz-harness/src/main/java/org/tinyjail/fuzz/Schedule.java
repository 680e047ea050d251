package org.tinyjail.fuzz;

import java.time.Duration;

/** When a campaign leaves off being guided and measures, and when it ends. */
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

  /**
   * @param start in terms of {@link System#nanoTime}
   */
  Schedule(CampaignPlan plan, long start) {
    this.plan = plan;
    this.start = start;
    this.guidedSince = start;
  }

  /** How much of the campaign is over, 1 being all. */
  private double share(long now, long executed) {
    double time = (double) (now - start) / plan.time().toNanos();
    double count = plan.executions() == 0 ? 0 : (double) executed / plan.executions();
    return Math.max(time, count);
  }

  /**
   * @param since executions since the last one that showed something new
   */
  boolean isToFreeze(long now, long executed, long since) {
    return switch (plan.kind()) {
      case TIMED -> share(now, executed) >= FREEZE_AT;
      case AUTO ->
          share(now, executed) >= 1
              || (since >= QUIET_EXECUTIONS && now - guidedSince >= QUIET.toNanos());
      case REPLAY -> false;
    };
  }

  /** Whether the frozen generator still runs without being measured, to find what is easy. */
  boolean isSettling(long now, long executed) {
    return plan.kind() == CampaignPlan.Kind.TIMED && share(now, executed) < MEASURE_AT;
  }

  boolean isMeasuring(long now, long executed, long measured, long hits) {
    if (share(now, executed) >= 1) {
      return false;
    }
    return plan.kind() != CampaignPlan.Kind.AUTO || (hits == 0 && measured < needed());
  }

  /** Each attempt may err with half the chance of the one before: 5 % in all. */
  private double error() {
    return (1 - UnseenBound.CONFIDENCE) / Math.scalb(1.0, attempts + 1);
  }

  private long needed() {
    return UnseenBound.needed(plan.risk(), error());
  }

  /** Whether the campaign ends with this measurement; else it is guided again. */
  boolean isOver(UnseenBound bound, long now) {
    if (plan.kind() != CampaignPlan.Kind.AUTO
        || now - start >= plan.time().toNanos()
        || (bound.hits() == 0 && bound.executions() >= needed())) {
      return true;
    }
    attempts++;
    guidedSince = now;
    return false;
  }
}
