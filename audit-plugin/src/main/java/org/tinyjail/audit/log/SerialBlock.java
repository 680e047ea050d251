package org.tinyjail.audit.log;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Which of 65,536 serial numbers one after the other were read, in one stretch of time in which
 * numbers and times grow together. For one thread.
 */
public final class SerialBlock {
  /** How many numbers a block is of. */
  public static final int SERIALS = 1 << 16;

  private static final int WORDS = SERIALS / Long.SIZE;

  /** All are set, as where nothing is missing: the bits of all such blocks that are kept. */
  private static final long[] ALL = new long[WORDS];

  static {
    Arrays.fill(ALL, -1L);
  }

  private final int stretch;
  private final int number;
  private final long[] seen;
  private final long[] counted;
  private long earliest = Long.MAX_VALUE;
  private long latest = Long.MIN_VALUE;
  private boolean changed;

  SerialBlock(int stretch, int number) {
    this(stretch, number, new long[WORDS], new long[WORDS]);
  }

  private SerialBlock(int stretch, int number, long[] seen, long[] counted) {
    this.stretch = stretch;
    this.number = number;
    this.seen = seen;
    this.counted = counted;
  }

  /**
   * One that was kept. It does not change any more.
   *
   * @param stretch which of the stretches of its session
   * @param number its numbers begin at this times {@link #SERIALS}
   * @param earliest the earliest time in it, in milliseconds since the epoch
   * @param latest the latest
   * @param seen what {@link #seen} has answered
   * @param counted what {@link #counted} has answered
   */
  public static SerialBlock of(
      int stretch, int number, long earliest, long latest, long[] seen, long[] counted) {
    long[] keptSeen = kept(seen);
    long[] keptCounted = Arrays.equals(seen, counted) ? keptSeen : kept(counted);
    SerialBlock block = new SerialBlock(stretch, number, keptSeen, keptCounted);
    block.earliest = earliest;
    block.latest = latest;
    return block;
  }

  private static long[] kept(long[] bits) {
    return Arrays.equals(bits, ALL) ? ALL : Arrays.copyOf(bits, WORDS);
  }

  /** The block that a serial number is in. */
  public static int numberOf(long serial) {
    return (int) (serial >>> 16);
  }

  public int stretch() {
    return stretch;
  }

  public int number() {
    return number;
  }

  public long earliest() {
    return earliest;
  }

  public long latest() {
    return latest;
  }

  /** A bit for each number of an event of which a record was read, the lowest first. */
  public long[] seen() {
    return seen.clone();
  }

  /** A bit for each number whose record of seccomp was counted. */
  public long[] counted() {
    return counted.clone();
  }

  /** A record of an event was read. */
  void see(long serial, long time) {
    int bit = (int) serial & SERIALS - 1;
    earliest = Math.min(earliest, time);
    latest = Math.max(latest, time);
    seen[bit >>> 6] |= 1L << bit;
    changed = true;
  }

  /** Its record of seccomp is counted. */
  void count(long serial) {
    int bit = (int) serial & SERIALS - 1;
    counted[bit >>> 6] |= 1L << bit;
    changed = true;
  }

  /** Whether the record of seccomp that was made then under this number is counted. */
  boolean hasCounted(long serial, long time) {
    int bit = (int) serial & SERIALS - 1;
    return (counted[bit >>> 6] >>> bit & 1) != 0 && time >= earliest && time <= latest;
  }

  /** Sets the bits of numbers that were read, if it is of this time or a part of it. */
  void addSeen(BitSet all, long from, long to) {
    if (earliest <= to && latest >= from) {
      all.or(BitSet.valueOf(seen));
    }
  }

  /** Whether both have the same bits in memory. */
  boolean sharesBitsWith(SerialBlock other) {
    return seen == other.seen && counted == other.counted;
  }

  /** The highest number of which an event was read; −1: none. */
  long highest() {
    for (int word = seen.length - 1; word >= 0; word--) {
      if (seen[word] != 0) {
        int bit = word * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(seen[word]);
        return (number & 0xffffffffL) * SERIALS + bit;
      }
    }
    return -1;
  }

  /** Whether it has changed since this was asked. */
  boolean takeChanged() {
    boolean result = changed;
    changed = false;
    return result;
  }

  void setChanged() {
    changed = true;
  }

  /** It as it is now. */
  SerialBlock copy() {
    return of(stretch, number, earliest, latest, seen, counted);
  }
}
