package org.tinyjail.audit.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SerialSetTest {
  private static final long LAST_SERIAL = 0xffffffffL;

  private final SerialSet serials = new SerialSet();

  private void see(long serial, long time) {
    assertThat(serials.see(serial, time)).isNotNull();
  }

  private void count(long serial, long time) {
    SerialBlock block = serials.see(serial, time);
    assertThat(block).isNotNull();
    if (block != null) {
      block.count(serial);
    }
  }

  private static SerialGap gap(long first, long last, long from, long to) {
    return new SerialGap(first, last, Instant.ofEpochMilli(from), Instant.ofEpochMilli(to));
  }

  @Test
  void numbersOneAfterTheOtherLeaveNoGapWhereverTheyBegin() {
    see(70_000, 10);
    see(70_000, 10);
    see(70_001, 20);
    see(70_002, 20);
    assertThat(serials.gaps()).isEmpty();
    assertThat(serials.stretches()).isEqualTo(1);
  }

  @Test
  void numbersThatAreMissingAreAGapBetweenTheTimesAroundThem() {
    see(5, 10_000);
    see(9, 20_000);
    see(10, 20_000);
    see(12, 20_500);
    assertThat(serials.gaps())
        .containsExactly(gap(6, 8, 10_000, 20_000), gap(11, 11, 20_000, 20_500));
  }

  /** A record with number 100 at 10,000 ms, then this one. */
  @ParameterizedTest
  @CsvSource({
    "101, 8000, 1", // as much disorder as is taken
    "101, 7999, 2", // the clock was set back
    "101, 99999999, 1", // nothing for a long time
    "99, 8000, 1", // out of order
    "99, 12000, 1",
    "99, 7999, 2", // an older file
    "99, 12001, 2", // a reboot
    "100, 12001, 2",
  })
  void aStretchEndsWhereNumbersOrTimesRunBack(long serial, long time, int stretches) {
    see(100, 10_000);
    see(serial, time);
    assertThat(serials.stretches()).isEqualTo(stretches);
    assertThat(serials.size()).isEqualTo(stretches);
    assertThat(serials.gaps()).isEmpty();
  }

  @Test
  void whatIsCountedIsKnownByNumberAndTime() {
    count(5, 1000);
    see(6, 2000);
    assertThat(serials.hasCounted(5, 1000)).isTrue();
    assertThat(serials.hasCounted(5, 2001)).isFalse();
    assertThat(serials.hasCounted(5, 999)).isFalse();
    assertThat(serials.hasCounted(6, 2000)).isFalse();
    assertThat(serials.hasCounted(5 + SerialBlock.SERIALS, 1000)).isFalse();
  }

  @Test
  void whatIsCountedStaysKnownWhenAnotherStretchBegins() {
    count(5, 1000);
    count(5, 9000);
    count(5, 500_000);
    assertThat(serials.stretches()).isEqualTo(3);
    assertThat(serials.hasCounted(5, 1000)).isTrue();
    assertThat(serials.hasCounted(5, 9000)).isTrue();
    assertThat(serials.hasCounted(5, 500_000)).isTrue();
    assertThat(serials.hasCounted(5, 5000)).isFalse();
  }

  @Test
  void numbersBeginAnewBehindTheHighest() {
    count(LAST_SERIAL - 1, 0);
    count(LAST_SERIAL, 0);
    count(0, 1);
    assertThat(serials.stretches()).isEqualTo(2);
    assertThat(serials.gaps()).isEmpty();
    assertThat(serials.hasCounted(LAST_SERIAL, 0)).isTrue();
    assertThat(serials.hasCounted(0, 1)).isTrue();
  }

  @Test
  void blocksBeginAtMultiplesOfTheirSize() {
    count(SerialBlock.SERIALS - 1, 0);
    count(SerialBlock.SERIALS, 0);
    List<SerialBlock> blocks = serials.changed(false);
    assertThat(blocks).extracting(SerialBlock::number).containsExactlyInAnyOrder(0, 1);
    assertThat(blocks)
        .extracting(SerialBlock::highest)
        .containsExactlyInAnyOrder(SerialBlock.SERIALS - 1L, (long) SerialBlock.SERIALS);
  }

  @Test
  void onlyBlocksThatHaveChangedAreTakenAwayAndAsCopies() {
    count(1, 0);
    List<SerialBlock> first = serials.changed(false);
    assertThat(first).hasSize(1);
    assertThat(serials.changed(false)).isEmpty();
    assertThat(serials.changed(true)).hasSize(1);
    count(2, 0);
    assertThat(first.get(0).hasCounted(2, 0)).isFalse();
    assertThat(serials.changed(false)).singleElement().matches(block -> block.hasCounted(2, 0));
  }

  @Test
  void aBlockThatWasKeptAnswersAsBefore() {
    count(3, 100);
    see(4, 200);
    SerialBlock block = serials.changed(true).get(0);
    SerialBlock kept =
        SerialBlock.of(
            block.stretch(),
            block.number(),
            block.earliest(),
            block.latest(),
            block.seen(),
            block.counted());
    assertThat(kept.highest()).isEqualTo(4);
    assertThat(kept.hasCounted(3, 100)).isTrue();
    assertThat(kept.hasCounted(4, 200)).isFalse();
    assertThat(seen(kept, 0, 100).stream()).containsExactly(3, 4);
    assertThat(seen(kept, 201, 300).stream()).isEmpty();
  }

  private static BitSet seen(SerialBlock block, long from, long to) {
    BitSet seen = new BitSet();
    block.addSeen(seen, from, to);
    return seen;
  }

  @Test
  void aWholeBlockThatWasKeptTakesNoMemoryOfItsOwn() {
    for (int serial = 0; serial < 2 * SerialBlock.SERIALS; serial++) {
      count(serial, 100);
    }
    List<SerialBlock> kept = serials.changed(true);
    assertThat(kept).hasSize(2).allMatch(block -> block.hasCounted(block.highest(), 100));
    assertThat(kept.get(0).sharesBitsWith(kept.get(1))).isTrue();
  }

  @Test
  void whatWasCutOffGoesOnWithAGap() {
    see(5, 1000);
    SerialSet next = new SerialSet();
    next.resume(serials.changed(true).get(0));
    assertThat(next.see(8, 5000)).isNotNull();
    assertThat(next.gaps()).containsExactly(gap(6, 7, 1000, 5000));
  }

  @Test
  void moreGapsThanAreKeptGrowTogether() {
    for (int i = 0; i <= SerialSet.GAPS_MAX; i++) {
      see(2L * i, i);
    }
    assertThat(serials.gaps()).hasSize(SerialSet.GAPS_MAX);
    see(2L * SerialSet.GAPS_MAX + 10, 9000);
    assertThat(serials.gaps())
        .hasSize(SerialSet.GAPS_MAX)
        .endsWith(
            gap(
                2L * SerialSet.GAPS_MAX - 1,
                2L * SerialSet.GAPS_MAX + 9,
                SerialSet.GAPS_MAX - 1,
                9000));
  }

  @Test
  void tooManyStretchesAreRefused() {
    for (int i = 1; i < SerialSet.STRETCHES_MAX; i++) {
      see(5, i * 10_000L);
    }
    see(5, SerialSet.STRETCHES_MAX * 10_000L);
    assertThat(serials.see(5, 0)).isNull();
    assertThat(serials.stretches()).isEqualTo(SerialSet.STRETCHES_MAX);
  }
}
