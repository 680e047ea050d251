package org.tinyjail.fuzz;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.tinyjail.agent.Coverage;

/**
 * What an execution did, as counters that libFuzzer looks at: kinds of calls, pairs of kinds that
 * follow one another, how it ended and, of an instrumented target, its edges. A kind is a call by
 * an executable with a class of arguments.
 *
 * <p>The counters are those of Jazzer's own runtime, which is loaded where Jazzer runs only.
 */
final class Feedback {
  /** Few, since libFuzzer looks at each after each execution. */
  private static final int COUNTERS = 1 << 14;

  private static final int KINDS = 1 << 12;
  private static final int ENDS = 1 << 9;
  private static final int PAIRS = COUNTERS - KINDS - ENDS;

  /** An id of Jazzer's for a range of counters. */
  private static final int RANGE = 0;

  private final MethodHandle setCounter;
  private final short[] counts;
  private final int[] touched;
  private final Map<Long, Integer> pairs = new HashMap<>();
  private final BitSet known = new BitSet();
  private int touchedCount;
  private int previous;

  /**
   * @param edges whether the target tells of its edges
   */
  Feedback(boolean edges) throws ReflectiveOperationException {
    int all = edges ? COUNTERS + Coverage.EDGES : COUNTERS;
    counts = new short[all];
    touched = new int[all];
    Class<?> tracker = Class.forName("com.code_intelligence.jazzer.runtime.ExtraCountersTracker");
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    MethodType two = MethodType.methodType(void.class, int.class, int.class);
    MethodType three = MethodType.methodType(void.class, int.class, int.class, byte.class);
    setCounter = lookup.findStatic(tracker, "setCounter", three);
    try {
      lookup.findStatic(tracker, "ensureCountersAllocated", two).invokeExact(RANGE, all);
    } catch (Throwable e) {
      throw new ReflectiveOperationException("Jazzer's counters cannot be had", e);
    }
  }

  void begin() {
    for (int i = 0; i < touchedCount; i++) {
      counts[touched[i]] = 0;
    }
    touchedCount = 0;
    previous = 0;
  }

  /** A call of kind number {@code kind}, from 1. */
  void call(int kind) {
    touch(kind % KINDS);
    touch(KINDS + ENDS + pair((long) previous << 32 | kind));
    previous = kind;
  }

  /** Numbered as they come; when there are too many, by chance. */
  private int pair(long pair) {
    Integer known = pairs.get(pair);
    if (known != null) {
      return known;
    } else if (pairs.size() == PAIRS) {
      return Math.floorMod(Long.hashCode(pair * 0x9e3779b97f4a7c15L), PAIRS);
    }
    pairs.put(pair, pairs.size());
    return pairs.size() - 1;
  }

  /** The end with a status as of waitpid. */
  void end(int status) {
    boolean signalled = (status & 0x7f) != 0;
    touch(KINDS + (signalled ? 256 + (status & 0x7f) : (status >> 8) & 0xff));
  }

  /** An edge that the target has told, from 0. */
  void edge(int edge, int count) {
    touched[touchedCount++] = COUNTERS + edge;
    counts[COUNTERS + edge] = (short) Math.min(count, Byte.MAX_VALUE);
  }

  private void touch(int counter) {
    if (counts[counter] == 0) {
      touched[touchedCount++] = counter;
    }
    if (counts[counter] < Byte.MAX_VALUE) {
      counts[counter]++;
    }
  }

  /** Whether the execution shows what no one before has shown that was asked about. */
  boolean isNew() {
    boolean adds = false;
    for (int feature : features()) {
      adds |= !known.get(feature);
      known.set(feature);
    }
    return adds;
  }

  /** Counters with the magnitude of their counts, one number each. */
  int[] features() {
    int[] features = new int[touchedCount];
    for (int i = 0; i < touchedCount; i++) {
      int magnitude = Integer.SIZE - Integer.numberOfLeadingZeros(counts[touched[i]]);
      features[i] = touched[i] << 3 | magnitude;
    }
    return features;
  }

  /** Tells the fuzzer, as being of the input that it has just had executed. */
  void report() {
    try {
      for (int i = 0; i < touchedCount; i++) {
        setCounter.invokeExact(RANGE, touched[i], (byte) counts[touched[i]]);
      }
    } catch (Throwable e) {
      throw new IllegalStateException("Jazzer's counters cannot be set", e);
    }
  }
}
