package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnseenBoundTest {
  private static final int TARGETS = 100;
  private static final int EXECUTIONS = 20_000;

  /** The chance of one hit at which that of at most so many is 5 %, by the binomial's own sum. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0.95", "10, 0, 0.2588656", "1000, 0, 0.002991249", "30000, 0, 0.0000998527",
    "10, 1, 0.3941633", "100, 5, 0.1022532", "10, 10, 1", "0, 0, 1"
  })
  void theBoundIsThatOfClopperAndPearson(long executions, long hits, double upper) {
    assertThat(new UnseenBound(executions, hits, 0).upper()).isCloseTo(upper, within(upper * 1e-4));
  }

  @Test
  void neededIsWhatBringsTheBoundDown() {
    long needed = UnseenBound.needed(1e-3, 0.05);
    assertThat(new UnseenBound(needed, 0, 0).upper()).isLessThanOrEqualTo(1e-3);
    assertThat(new UnseenBound(needed - 1, 0, 0).upper()).isGreaterThan(1e-3);
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
      double bound = new UnseenBound(EXECUTIONS, hits, 0).upper();
      held += truth <= bound ? 1 : 0;
      ratios[target] = bound / truth;
    }
    Arrays.sort(ratios);
    assertThat(held).isGreaterThanOrEqualTo(90);
    assertThat(ratios[TARGETS / 2]).isLessThanOrEqualTo(10);
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
