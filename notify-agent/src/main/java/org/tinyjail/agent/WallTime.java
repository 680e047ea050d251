package org.tinyjail.agent;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** Turns {@link System#nanoTime} into the time of day. */
public final class WallTime {
  private final Instant wall;
  private final long nano;

  private WallTime(Instant wall, long nano) {
    this.wall = wall;
    this.nano = nano;
  }

  /** Counts from now on, when {@code clock} says what it says. */
  public static WallTime since(Clock clock) {
    return new WallTime(clock.instant(), System.nanoTime());
  }

  /** The time of day at {@code nanoTime}. */
  public Instant at(long nanoTime) {
    return wall.plus(Duration.ofNanos(nanoTime - nano));
  }
}
