package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.fuzz.CampaignPlan.Kind;

class ScheduleTest {
  private static final long SECOND = 1_000_000_000L;

  private static Schedule schedule(Kind kind, long executions, int jobs) {
    return new Schedule(new CampaignPlan(kind, Duration.ofSeconds(100), executions, 0.1, jobs), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "TIMED, 1000, 1, 0, 800", "TIMED, 1000, 2, 0, 400", "TIMED, 1000, 3, 100, 233",
    "AUTO, 1000, 2, 0, 500", "AUTO, 1000, 2, 700, 150", "AUTO, 1000, 2, 1100, 1",
    "TIMED, 0, 2, 500, 0"
  })
  void jobsShareTheExecutions(Kind kind, long executions, int jobs, long executed, long each) {
    Schedule schedule = schedule(kind, executions, jobs);
    assertThat(schedule.begin(0, executed, 50)).isEqualTo(each);
    assertThat(schedule.isToFreeze(0, 50 + each - 1, 0)).isFalse();
    assertThat(schedule.isToFreeze(0, 50 + each, 0)).isEqualTo(each > 0);
  }

  @Test
  void aFifthOfTheTimeIsForMeasuring() {
    Schedule schedule = schedule(Kind.TIMED, 0, 1);
    schedule.begin(0, 0, 0);
    assertThat(schedule.isToFreeze(79 * SECOND, 9, 0)).isFalse();
    assertThat(schedule.isToFreeze(80 * SECOND, 9, 0)).isTrue();
    assertThat(schedule.isSettling(84 * SECOND, 9)).isTrue();
    assertThat(schedule.isSettling(85 * SECOND, 9)).isFalse();
    assertThat(schedule.isMeasuring(99 * SECOND, 9, 5, 1)).isTrue();
    assertThat(schedule.isMeasuring(100 * SECOND, 9, 5, 1)).isFalse();
    assertThat(schedule.error()).isEqualTo(1 - UnseenBound.CONFIDENCE);
  }

  @Test
  void eachAttemptMayErrHalfAsOftenAsTheOneBefore() {
    Schedule schedule = schedule(Kind.AUTO, 0, 1);
    UnseenBound hit = new UnseenBound(9, 1, 0, schedule.error());
    double all = 0;
    for (int attempt = 0; attempt < 40; attempt++) {
      all += schedule.error();
      assertThat(schedule.isOver(hit, SECOND, 9)).isFalse();
    }
    assertThat(all).isLessThanOrEqualTo(1 - UnseenBound.CONFIDENCE);
  }

  @Test
  void autoEndsWhenItsExecutionsAreUsedUpWhateverItHasMeasured() {
    Schedule schedule = schedule(Kind.AUTO, 1000, 1);
    UnseenBound nothing = new UnseenBound(0, 0, 0, schedule.error());
    assertThat(schedule.isOver(nothing, SECOND, 999)).isFalse();
    assertThat(schedule.isOver(nothing, SECOND, 1000)).isTrue();
  }

  @Test
  void aJobThatHelpsEndsWhenItsShareIsUsedUpAndNeverMeasures() {
    Schedule schedule = schedule(Kind.HELP, 500, 1);
    assertThat(schedule.isToFreeze(99 * SECOND, 499, 10_000)).isFalse();
    assertThat(schedule.isSpent(SECOND, 499)).isFalse();
    assertThat(schedule.isSpent(SECOND, 500)).isTrue();
  }
}
