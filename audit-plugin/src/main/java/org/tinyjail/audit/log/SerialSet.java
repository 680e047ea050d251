package org.tinyjail.audit.log;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The serial numbers that a session has read. For one thread.
 *
 * <p>The kernel counts from each boot on, and a clock can be set back: so numbers are told apart by
 * stretches in which both numbers and times grow. Records come a little out of order, since a
 * number is given when a record begins and it is queued when it ends.
 */
final class SerialSet {
  /** By how much times may run back without a new stretch, in milliseconds. */
  static final long DISORDER = 2000;

  /** More stretches have only logs of several hosts that do not say which. */
  static final int STRETCHES_MAX = 1024;

  /** Numbers are of 32 bits: so far back means that they have begun anew. */
  private static final long ROLLED_OVER = 1L << 31;

  /** Beyond these, gaps grow together, and what is between them counts as missing. */
  static final int GAPS_MAX = 4096;

  /** About so many take as much memory as a block. */
  private static final int GAPS_IN_BLOCK = 128;

  private final Map<Integer, List<SerialBlock>> blocks = new HashMap<>();
  private final List<SerialGap> gaps = new ArrayList<>();
  private int stretch;
  private int size;
  private long highest = -1;
  private long newest;
  private @Nullable SerialBlock recent;
  private List<SerialBlock> recentAll = List.of();

  /** Numbers go on behind a block: what is between its last and the next one is a gap. */
  void resume(SerialBlock last) {
    highest = last.highest();
    newest = last.latest();
  }

  /**
   * A record of the event {@code serial}, made at {@code time}; null: there are too many stretches.
   */
  @Nullable SerialBlock see(long serial, long time) {
    if (highest >= 0 && !fits(serial, time) && !begin()) {
      return null;
    }
    if (highest >= 0 && serial > highest + 1) {
      addGap(highest + 1, serial - 1, newest, time);
    }
    highest = Math.max(highest, serial);
    newest = Math.max(newest, time);
    SerialBlock block = block(SerialBlock.numberOf(serial));
    block.see(serial, time);
    return block;
  }

  /**
   * When an event that is no filter's was numbered: its time is that of when its call began, which
   * may have waited for long. In a log that is read while it is made, not before what was numbered
   * before.
   */
  long timeOf(long serial, long time, boolean live) {
    return live && serial > highest ? Math.max(time, newest) : time;
  }

  private boolean fits(long serial, long time) {
    if (highest - serial > ROLLED_OVER) {
      return false;
    }

    return serial > highest ? time >= newest - DISORDER : Math.abs(time - newest) <= DISORDER;
  }

  private boolean begin() {
    if (stretch + 1 == STRETCHES_MAX) {
      return false;
    }
    stretch++;
    highest = -1;
    newest = 0;
    recent = null;
    return true;
  }

  private SerialBlock block(int number) {
    SerialBlock last = recent;
    if (last != null && last.number() == number) {
      return last;
    }
    recentAll = blocks.computeIfAbsent(number, key -> new ArrayList<>());
    for (SerialBlock block : recentAll) {
      if (block.stretch() == stretch) {
        recent = block;
        return block;
      }
    }
    SerialBlock added = new SerialBlock(stretch, number);
    size++;
    recentAll.add(added);
    recent = added;
    return added;
  }

  /** Whether the record of seccomp that was made then under this number is counted. */
  boolean hasCounted(long serial, long time) {
    SerialBlock last = recent;
    int number = SerialBlock.numberOf(serial);
    List<SerialBlock> all =
        last != null && last.number() == number
            ? recentAll
            : blocks.getOrDefault(number, List.of());
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).hasCounted(serial, time)) {
        return true;
      }
    }
    return false;
  }

  private void addGap(long first, long last, long from, long to) {
    SerialGap gap = new SerialGap(first, last, Instant.ofEpochMilli(from), latest(from, to));
    if (gaps.size() == GAPS_MAX) {
      SerialGap before = gaps.remove(gaps.size() - 1);
      gap =
          new SerialGap(
              Math.min(before.first(), first),
              Math.max(before.last(), last),
              before.from().isBefore(gap.from()) ? before.from() : gap.from(),
              before.to().isAfter(gap.to()) ? before.to() : gap.to());
    }
    gaps.add(gap);
  }

  private static Instant latest(long from, long to) {
    return Instant.ofEpochMilli(Math.max(from, to));
  }

  /** How many stretches there are. */
  int stretches() {
    return stretch + 1;
  }

  /** How much memory they take, in blocks. */
  int size() {
    return size + gaps.size() / GAPS_IN_BLOCK;
  }

  /** Numbers that were missing when the next one came; they may have come since. */
  List<SerialGap> gaps() {
    return List.copyOf(gaps);
  }

  /** Copies of the blocks that have changed since the last time; of all, if {@code all}. */
  List<SerialBlock> changed(boolean all) {
    List<SerialBlock> changed = new ArrayList<>();
    for (List<SerialBlock> same : blocks.values()) {
      for (SerialBlock block : same) {
        if (block.takeChanged() || all) {
          changed.add(block.copy());
        }
      }
    }
    return changed;
  }
}
