package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnseenBoundTest {
  private static final int TARGETS = 100;
  private static final int EXECUTIONS = 20_000;
  private static final double RISK = 1e-3;

  /** The chance of one hit at which that of at most so many is 5 %, by the binomial's own sum. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0.95", "10, 0, 0.2588656", "1000, 0, 0.002991249", "30000, 0, 0.0000998527",
    "10, 1, 0.3941633", "100, 5, 0.1022532", "10, 10, 1", "0, 0, 1"
  })
  void theBoundIsThatOfClopperAndPearson(long executions, long hits, double upper) {
    assertThat(new UnseenBound(executions, hits, 0, 0.05).upper())
        .isCloseTo(upper, within(upper * 1e-4));
  }

  @Test
  void neededIsWhatBringsTheBoundDown() {
    long needed = UnseenBound.needed(1e-3, 0.05);
    assertThat(new UnseenBound(needed, 0, 0, 0.05).upper()).isLessThanOrEqualTo(1e-3);
    assertThat(new UnseenBound(needed - 1, 0, 0, 0.05).upper()).isGreaterThan(1e-3);
  }

  /**
   * Targets with calls of known chances, most of them rare: what the measurement says of what is
   * left, against what is left.
   */
  @Test
  void theBoundHoldsAndIsNotFarFromTheTruth() {
    SplittableRandom random = new SplittableRandom(4);
    int held = 0;
    double[] ratios = new double[TARGETS];
    for (int target = 0; target < TARGETS; target++) {
      double[] chances = chances(random);
      boolean[] seen = new boolean[chances.length];
      for (int i = 0; i < EXECUTIONS; i++) {
        execute(chances, seen, random);
      }
      boolean[] before = seen.clone();
      int hits = 0;
      for (int i = 0; i < EXECUTIONS; i++) {
        boolean[] now = new boolean[chances.length];
        execute(chances, now, random);
        hits += showsNew(now, before) ? 1 : 0;
      }
      double truth = chanceOfNew(chances, before);
      double bound = new UnseenBound(EXECUTIONS, hits, 0, 0.05).upper();
      held += truth <= bound ? 1 : 0;
      ratios[target] = bound / truth;
    }
    Arrays.sort(ratios);
    assertThat(held).isGreaterThanOrEqualTo(90);
    assertThat(ratios[TARGETS / 2]).isLessThanOrEqualTo(10);
  }

  /** As above, of campaigns that measure again and again until nothing new comes. */
  @Test
  void theBoundOfTheLastOfSeveralAttemptsHoldsAndIsNotFarFromTheTruth() {
    SplittableRandom random = new SplittableRandom(4);
    List<Attempts> all = Stream.generate(() -> new Attempts(random)).limit(TARGETS).toList();
    all.forEach(Attempts::run);
    assertThat(all).filteredOn(auto -> auto.attempts > 1).hasSizeGreaterThan(TARGETS / 4);
    assertThat(all).filteredOn(auto -> auto.truth <= auto.limit).hasSizeGreaterThanOrEqualTo(90);
    assertThat(all).allSatisfy(auto -> assertThat(auto.limit).isLessThanOrEqualTo(RISK * 1.0001));
    double[] ratios = all.stream().mapToDouble(auto -> auto.limit / auto.truth).sorted().toArray();
    assertThat(ratios[TARGETS / 2]).isLessThanOrEqualTo(10);
  }

  /** A campaign of {@code --fuzz auto} whose executions take a millisecond each. */
  private static final class Attempts {
    private final CampaignPlan plan =
        new CampaignPlan(CampaignPlan.Kind.AUTO, Duration.ofDays(1), 0, RISK, 1);
    private final Schedule schedule = new Schedule(plan, 0);
    private final SplittableRandom random;
    private final double[] chances;
    private final boolean[] seen;
    private long executed;
    private long found;
    private int attempts;
    private double limit = 1;
    private double truth = 1;

    Attempts(SplittableRandom random) {
      this.random = random;
      this.chances = chances(random);
      this.seen = new boolean[chances.length];
    }

    private long now() {
      return executed * 1_000_000;
    }

    private boolean showsNew(boolean[] before) {
      boolean[] now = new boolean[chances.length];
      execute(chances, now, random);
      executed++;
      found = UnseenBoundTest.showsNew(now, seen) ? executed : found;
      for (int i = 0; i < now.length; i++) {
        seen[i] |= now[i];
      }
      return UnseenBoundTest.showsNew(now, before);
    }

    void run() {
      boolean over = false;
      while (!over) {
        schedule.begin(now(), executed, executed);
        while (!schedule.isToFreeze(now(), executed, executed - found)) {
          var unused = showsNew(seen);
        }
        over = measure();
      }
    }

    private boolean measure() {
      attempts++;
      boolean[] before = seen.clone();
      long measured = 0;
      long hits = 0;
      while (schedule.isMeasuring(now(), executed, measured, hits)) {
        hits += showsNew(before) ? 1 : 0;
        measured++;
      }
      UnseenBound bound = new UnseenBound(measured, hits, 0, schedule.error());
      limit = bound.upper();
      truth = chanceOfNew(chances, before);
      return schedule.isOver(bound, now(), executed);
    }
  }

  /** Chances from 1 down to 1 in a million, evenly by magnitude. */
  private static double[] chances(SplittableRandom random) {
    double[] chances = new double[60];
    Arrays.setAll(chances, i -> Math.pow(10, -6 * random.nextDouble()));
    return chances;
  }

  private static void execute(double[] chances, boolean[] seen, SplittableRandom random) {
    for (int i = 0; i < chances.length; i++) {
      seen[i] |= random.nextDouble() < chances[i];
    }
  }

  private static boolean showsNew(boolean[] now, boolean[] before) {
    boolean found = false;
    for (int i = 0; i < now.length; i++) {
      found |= now[i] && !before[i];
    }
    return found;
  }

  private static double chanceOfNew(double[] chances, boolean[] before) {
    double nothing = 1;
    for (int i = 0; i < chances.length; i++) {
      nothing *= before[i] ? 1 : 1 - chances[i];
    }
    return 1 - nothing;
  }
}
