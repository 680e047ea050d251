package org.tinyjail.generator.reach;

import java.util.Arrays;
import java.util.function.LongConsumer;

/** A set of numbers that is filled first and asked then, in ascending order. */
final class Longs {
  private static final long[] NONE = {};

  private long[] numbers = NONE;
  private int count;
  private boolean sorted = true;

  void add(long number) {
    if (count == numbers.length) {
      numbers = Arrays.copyOf(numbers, Math.max(4, count * 2));
    }
    numbers[count++] = number;
    sorted = false;
  }

  void forEach(LongConsumer action) {
    for (long number : toArray()) {
      action.accept(number);
    }
  }

  /** How many were added, the same ones counted again. */
  int size() {
    return count;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** The largest, if there is any. */
  long last() {
    long[] all = toArray();
    return all[all.length - 1];
  }

  /** All of them; the caller does not change it. */
  long[] toArray() {
    if (!sorted) {
      sort();
    }
    return numbers;
  }

  private void sort() {
    Arrays.sort(numbers, 0, count);
    int kept = 1;
    for (int i = 1; i < count; i++) {
      if (numbers[i] != numbers[i - 1]) {
        numbers[kept++] = numbers[i];
      }
    }
    numbers = Arrays.copyOf(numbers, kept);
    count = kept;
    sorted = true;
  }
}
