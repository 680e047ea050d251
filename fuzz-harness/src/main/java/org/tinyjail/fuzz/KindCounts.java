package org.tinyjail.fuzz;

import java.util.Arrays;

/** How many executions have shown each kind of call. */
final class KindCounts {
  private int[] executions = new int[1024];
  private int[] last = new int[1024];
  private int execution;
  private int newest;

  /** Another execution begins. */
  void begin() {
    execution++;
    newest = 0;
  }

  /** A call of kind number {@code kind}, from 1; 0 is none. */
  void call(int kind) {
    if (kind >= last.length) {
      executions = Arrays.copyOf(executions, kind * 2);
      last = Arrays.copyOf(last, kind * 2);
    }
    newest = Math.max(newest, kind);
    if (last[kind] != execution) {
      last[kind] = execution;
      executions[kind]++;
    }
  }

  /** The highest kind of this execution: kinds are numbered as they are first seen. */
  int newest() {
    return newest;
  }

  /** How many executions have shown it. */
  int executions(int kind) {
    return kind < executions.length ? executions[kind] : 0;
  }

  /** Counts from here on. */
  void clear() {
    Arrays.fill(executions, 0);
  }

  /** Kinds that just one execution has shown. */
  long singletons() {
    return Arrays.stream(executions).skip(1).filter(count -> count == 1).count();
  }
}
