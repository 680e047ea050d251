package org.tinyjail.audit.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tinyjail.audit.log.Records.changes;
import static org.tinyjail.audit.log.Records.collector;
import static org.tinyjail.audit.log.Records.coverage;
import static org.tinyjail.audit.log.Records.feed;
import static org.tinyjail.audit.log.Records.logged;
import static org.tinyjail.audit.log.Records.other;
import static org.tinyjail.audit.log.Records.read;

import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CompletenessTest {
  private static Instant at(long time) {
    return Instant.ofEpochMilli(Records.START + time);
  }

  /** Numbers 5 and 9 were read, and so many dropped by the socket. */
  private static LogEvidence withGap(LogLoss... losses) {
    Collector collector = collector();
    feed(collector, logged(5, 0), logged(9, 1000));
    for (LogLoss loss : losses) {
      collector.lose(loss);
    }
    return changes(collector).get(0);
  }

  private static Completeness of(LogEvidence one, LogEvidence... others) {
    Coverage known = coverage(others);
    known.add(one.blocks(), java.util.Set.of());
    return Completeness.of(one.session(), known, coverage(one));
  }

  private static LogLoss dropped(long from, long to, long records) {
    return new LogLoss(LogLoss.Kind.SOCKET, at(from), at(to), records);
  }

  private static Completeness lost(long records, long from, long to) {
    return new Completeness(records, Optional.of(at(from)), Optional.of(at(to)));
  }

  @Test
  void aSessionWithoutGapsAndLossesIsComplete() {
    Completeness complete = of(read(logged(5, 0), logged(6, 0)));
    assertThat(complete).isEqualTo(new Completeness(0, Optional.empty(), Optional.empty()));
    assertThat(complete.isComplete()).isTrue();
  }

  @Test
  void aGapIsLostBetweenTheTimesAroundIt() {
    assertThat(of(withGap())).isEqualTo(lost(3, 0, 1000));
    assertThat(of(withGap()).isComplete()).isFalse();
  }

  @Test
  void aGapThatAnotherSessionFillsIsComplete() {
    LogEvidence other = read(logged(6, 100), other(7, 200), logged(8, 900));
    assertThat(of(withGap(), other).isComplete()).isTrue();
  }

  @Test
  void aGapThatAnotherSessionFillsInPartIsLostInPart() {
    assertThat(of(withGap(), read(logged(7, 200)))).isEqualTo(lost(2, 0, 1000));
  }

  @Test
  void aGapOfManyBlocksIsWithoutWhatOthersHaveOfEach() {
    long last = 3L * SerialBlock.SERIALS + 10;
    LogEvidence one = read(logged(5, 0), logged(last, 1000));
    long between = last - 6;
    String[] whole = new String[SerialBlock.SERIALS];
    Arrays.setAll(whole, i -> logged(SerialBlock.SERIALS + i, 500));
    LogEvidence second = read(whole);
    LogEvidence ends = read(logged(5, 0), logged(6, 0), logged(last - 1, 900), logged(last, 900));
    assertThat(of(one)).isEqualTo(lost(between, 0, 1000));
    assertThat(of(one, second)).isEqualTo(lost(between - SerialBlock.SERIALS, 0, 1000));
    assertThat(of(one, ends, second)).isEqualTo(lost(between - SerialBlock.SERIALS - 2, 0, 1000));
  }

  @Test
  void anotherBootsNumbersFillNoGap() {
    LogEvidence other = read(logged(6, 3_600_000), logged(7, 3_600_000), logged(8, 3_600_000));
    assertThat(of(withGap(), other)).isEqualTo(lost(3, 0, 1000));
  }

  @Test
  void aGapThatWasFilledLateIsComplete() {
    assertThat(of(read(logged(5, 0), logged(7, 10), logged(6, 5))).isComplete()).isTrue();
  }

  @Test
  void theBacklogStaysLostWhoeverElseHasRead() {
    LogLoss backlog = new LogLoss(LogLoss.Kind.BACKLOG, at(100), at(200), 12);
    LogEvidence other = read(logged(6, 100), logged(7, 200), logged(8, 900));
    assertThat(of(withGap(backlog), other)).isEqualTo(lost(12, 100, 200));
    assertThat(of(withGap(backlog))).isEqualTo(lost(15, 0, 1000));
  }

  @Test
  void whatTheSocketHasDroppedAndIsAGapIsLostOnce() {
    assertThat(of(withGap(dropped(100, 200, 3)))).isEqualTo(lost(3, 0, 1000));
    LogEvidence other = read(logged(6, 100), logged(7, 200), logged(8, 900));
    assertThat(of(withGap(dropped(100, 200, 3)), other).isComplete()).isTrue();
  }

  @Test
  void whatTheSocketHasDroppedAtTheEndIsLostWithoutAGap() {
    assertThat(of(withGap(dropped(100, 200, 3), dropped(5000, 6000, 4))))
        .isEqualTo(lost(7, 0, 6000));
    LogEvidence other = read(logged(6, 100), logged(7, 200), logged(8, 900));
    assertThat(of(withGap(dropped(5000, 6000, 4)), other)).isEqualTo(lost(1, 5000, 6000));
  }
}
