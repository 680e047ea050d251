package org.tinyjail.fuzz;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * What an execution did, as counters that libFuzzer looks at: kinds of calls, pairs of kinds that
 * follow one another, and how it ended. A kind is a call by an executable with a class of
 * arguments.
 *
 * <p>The counters are those of Jazzer's own runtime, which is loaded where Jazzer runs only.
 */
final class Feedback {
  private static final int COUNTERS = 1 << 16;
  private static final int KINDS = 1 << 12;
  private static final int ENDS = 1 << 9;
  private static final int PAIRS = COUNTERS - KINDS - ENDS;

  /** An id of Jazzer's for a range of counters. */
  private static final int RANGE = 0;

  private final MethodHandle setCounter;
  private final short[] counts = new short[COUNTERS];
  private final int[] touched = new int[COUNTERS];
  private int touchedCount;
  private final boolean guiding;
  private int previous;

  /**
   * @param guiding whether the fuzzer is told
   */
  Feedback(boolean guiding) throws ReflectiveOperationException {
    Class<?> tracker = Class.forName("com.code_intelligence.jazzer.runtime.ExtraCountersTracker");
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    MethodType two = MethodType.methodType(void.class, int.class, int.class);
    MethodType three = MethodType.methodType(void.class, int.class, int.class, byte.class);
    this.guiding = guiding;
    setCounter = lookup.findStatic(tracker, "setCounter", three);
    try {
      lookup.findStatic(tracker, "ensureCountersAllocated", two).invokeExact(RANGE, COUNTERS);
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
    touch(KINDS + ENDS + Math.floorMod((previous * 0x9e3779b1 + kind) * 0x85ebca6b, PAIRS));
    previous = kind;
  }

  /** The end with a status as of waitpid. */
  void end(int status) {
    boolean signalled = (status & 0x7f) != 0;
    touch(KINDS + (signalled ? 256 + (status & 0x7f) : (status >> 8) & 0xff));
    if (guiding) {
      report();
    }
  }

  private void touch(int counter) {
    if (counts[counter] == 0) {
      touched[touchedCount++] = counter;
    }
    if (counts[counter] < Byte.MAX_VALUE) {
      counts[counter]++;
    }
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

  private void report() {
    try {
      for (int i = 0; i < touchedCount; i++) {
        setCounter.invokeExact(RANGE, touched[i], (byte) counts[touched[i]]);
      }
    } catch (Throwable e) {
      throw new IllegalStateException("Jazzer's counters cannot be set", e);
    }
  }
}
