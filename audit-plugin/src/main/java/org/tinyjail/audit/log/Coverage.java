package org.tinyjail.audit.log;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What other sessions have read of a host's records. */
public final class Coverage {
  /**
   * A block of a session.
   *
   * @param programs the executables whose evidence the session still has: it can be forgotten
   */
  private record Covered(SerialBlock block, Set<String> programs) {}

  private final Map<Integer, List<Covered>> blocks = new HashMap<>();
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
   * A session goes on: what was made after this time, in milliseconds since the epoch, is taken by
   * that, or has been and is not written yet.
   */
  public void setLiveSince(long time) {
    liveSince = time - SerialSet.DISORDER;
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
    long missing = 0;
    for (long serial = gap.first(); serial <= gap.last(); serial++) {
      List<Covered> all = blocks.getOrDefault(SerialBlock.numberOf(serial), List.of());
      if (all.isEmpty()) {
        long next = Math.min(gap.last(), serial | SerialBlock.SERIALS - 1);
        missing += next - serial + 1;
        serial = next;
      } else if (!hasSeen(all, serial, from, to)) {
        missing++;
      }
    }
    return missing;
  }

  private static boolean hasSeen(List<Covered> all, long serial, long from, long to) {
    for (Covered covered : all) {
      if (covered.block().hasSeen(serial, from, to)) {
        return true;
      }
    }
    return false;
  }
}
