package org.tinyjail.agent;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.CallKinds.Kind;
import org.tinyjail.model.ArgumentClass;

/** Counts the calls of one class by one executable; written by one thread, read by any. */
final class Counter {
  private final int number;
  private final String executable;
  private final Kind kind;
  private final long[] values;
  private final boolean anyArguments;
  private final String sample;
  private final long first;
  private final @Nullable Counter next;
  private final AtomicLong count = new AtomicLong();
  private final AtomicLong last = new AtomicLong();

  /** What is known of the first of the calls. */
  record First(int number, String executable, Kind kind, String sample, long nanoTime) {}

  private Counter(First first, long[] values, boolean anyArguments, @Nullable Counter next) {
    this.number = first.number;
    this.executable = first.executable;
    this.kind = first.kind;
    this.sample = first.sample;
    this.first = first.nanoTime;
    this.values = values;
    this.anyArguments = anyArguments;
    this.next = next;
  }

  /** For calls whose dangerous arguments are {@code values}; {@code next} has others. */
  static Counter of(First first, long[] values, @Nullable Counter next) {
    return new Counter(first, values, false, next);
  }

  /** For calls with any arguments. */
  static Counter ofAny(First first) {
    return new Counter(first, new long[0], true, null);
  }

  /** Whether {@code call} is of this class. */
  boolean matches(Notification call) {
    for (int i = 0; i < values.length; i++) {
      if (kind.value(i, call) != values[i]) {
        return false;
      }
    }
    return true;
  }

  /** One more, at {@code now}. */
  void count(long now) {
    // One thread writes: no need to add atomically, only to be seen whole.
    count.lazySet(count.getPlain() + 1);
    last.lazySet(now);
  }

  @Nullable Counter next() {
    return next;
  }

  /** From 1, in the order of appearance. */
  int number() {
    return number;
  }

  Kind kind() {
    return kind;
  }

  String executable() {
    return executable;
  }

  String sample() {
    return sample;
  }

  long count() {
    return count.get();
  }

  /** In terms of {@link System#nanoTime}. */
  long first() {
    return first;
  }

  /** In terms of {@link System#nanoTime}. */
  long last() {
    return last.get();
  }

  ArgumentClass argumentClass() {
    return anyArguments ? ArgumentClass.ANY : kind.argumentClass(values);
  }
}
