package org.tinyjail.audit.log;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What other sessions have read of a host's records. */
public final class Coverage {
  /**
   * A block of a session.
   *
   * @param programs the executables whose evidence the session still has: it can be forgotten
   */
  private record Covered(SerialBlock block, Set<String> programs) {}

  private final NavigableMap<Integer, List<Covered>> blocks = new TreeMap<>();
  private long liveSince = Long.MAX_VALUE;
  private boolean resumed;

  /** Of nothing yet. */
  public Coverage() {}

  /** Adds what a session has read. */
  public void add(List<SerialBlock> ofSession, Set<String> programs) {
    Set<String> own = new HashSet<>(programs);
    for (SerialBlock block : ofSession) {
      blocks
          .computeIfAbsent(block.number(), number -> new ArrayList<>())
          .add(new Covered(block, own));
    }
  }

  /**
   * A session goes on: what was made from this time on, in milliseconds since the epoch, is taken
   * by that, or has been and is not written yet.
   */
  public void setLiveSince(long time) {
    liveSince = time;
  }

  /**
   * What is read goes on where these sessions were cut off: numbers between their last one and the
   * next are a gap.
   */
  public void setResumed() {
    resumed = true;
  }

  /** The last block of what is gone on with; null: nothing is. */
  @Nullable SerialBlock resumed() {
    SerialBlock last = null;
    if (resumed) {
      for (List<Covered> all : blocks.values()) {
        for (Covered one : all) {
          boolean later = last == null || one.block().number() >= last.number();
          last = later ? one.block() : last;
        }
      }
    }
    return last;
  }

  boolean isLeftToOther(long time) {
    return time >= liveSince;
  }

  /** Whether the record of a program that was made then under this number is counted. */
  boolean hasCounted(long serial, long time, String program) {
    for (Covered covered : blocks.getOrDefault(SerialBlock.numberOf(serial), List.of())) {
      if (covered.block().hasCounted(serial, time) && covered.programs().contains(program)) {
        return true;
      }
    }
    return false;
  }

  /** How many numbers of a gap no session has read. */
  public long missing(SerialGap gap) {
    long from = gap.from().toEpochMilli();
    long to = gap.to().toEpochMilli();
    long missing = gap.last() - gap.first() + 1;
    for (List<Covered> all :
        blocks
            .subMap(SerialBlock.numberOf(gap.first()), true, SerialBlock.numberOf(gap.last()), true)
            .values()) {
      BitSet seen = new BitSet(SerialBlock.SERIALS);
      all.forEach(one -> one.block().addSeen(seen, from, to));
      long start = (long) all.get(0).block().number() * SerialBlock.SERIALS;
      int first = (int) Math.max(0, gap.first() - start);
      int last = (int) Math.min(SerialBlock.SERIALS - 1, gap.last() - start);
      missing -= seen.get(first, last + 1).cardinality();
    }
    return missing;
  }
}
