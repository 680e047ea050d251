package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TallyTest {
  private final Tally tally = new Tally();

  @Test
  void whatOneProcessReportsIsLeftAsItIs() {
    tally.report(1, 100, 20, 40, 0.5);
    tally.report(1, 300, 20, 40, 0.25);
    assertThat(tally.share()).isEqualTo(0.25);
    assertThat(tally.executions()).isEqualTo(300);
    assertThat(tally.kinds()).isEqualTo(20);
    assertThat(tally.last()).isEqualTo(40);
    assertThat(tally.executionsBut(1)).isZero();
  }

  @Test
  void executionsAddUpAndKindsAreThoseOfTheOneThatKnowsMost() {
    tally.report(1, 100, 20, 40, 0.25);
    tally.report(2, 50, 25, 45, 1);
    assertThat(tally.share()).isEqualTo(0.5);
    assertThat(tally.executions()).isEqualTo(150);
    assertThat(tally.kinds()).isEqualTo(25);
    assertThat(tally.last()).as("five ago").isEqualTo(145);
    tally.report(3, 10, 22, 9, 0);
    assertThat(tally.kinds()).isEqualTo(25);
    assertThat(tally.last()).isEqualTo(145);
    assertThat(tally.executionsBut(1)).isEqualTo(60);
  }
}
