package org.tinyjail.generator.reach;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * A list of numbers for each of some things, which are numbered from 0 themselves. The numbers of a
 * list ascend, each once.
 */
final class Lists {
  private static final int HALF = 32;

  /** Behind the last item of each. */
  private final int[] ends;

  private final int[] items;

  Lists(int[] ends, int[] items) {
    this.ends = ends;
    this.items = items;
  }

  /** Lists for {@code count} things, of pairs that {@link #pair} has made. */
  static Lists of(int count, Longs pairs) {
    long[] all = pairs.toArray();
    int[] ends = new int[count];
    int[] items = new int[all.length];
    for (int i = 0; i < all.length; i++) {
      ends[(int) (all[i] >>> HALF)] = i + 1;
      items[i] = (int) all[i];
    }
    for (int i = 1; i < count; i++) {
      ends[i] = Math.max(ends[i], ends[i - 1]);
    }
    return new Lists(ends, items);
  }

  /** That {@code item} is in the list of {@code of}; neither is negative. */
  static long pair(int of, int item) {
    return (long) of << HALF | item;
  }

  int[] ends() {
    return ends;
  }

  /** The same the other way round: for each item the things in whose lists it is. */
  Lists reversed(int count) {
    int[] starts = new int[count + 1];
    for (int item : items) {
      starts[item + 1]++;
    }
    for (int i = 1; i <= count; i++) {
      starts[i] += starts[i - 1];
    }
    int[] things = new int[items.length];
    int[] next = starts.clone();
    for (int of = 0; of < ends.length; of++) {
      for (int i = start(of); i < ends[of]; i++) {
        things[next[items[i]]++] = of;
      }
    }
    return new Lists(Arrays.copyOfRange(starts, 1, count + 1), things);
  }

  int[] items() {
    return items;
  }

  /** Where in {@link #items} the list ends. */
  int end(int of) {
    return ends[of];
  }

  boolean isEmpty(int of) {
    return start(of) == ends[of];
  }

  void forEach(int of, IntConsumer action) {
    for (int i = start(of); i < ends[of]; i++) {
      action.accept(items[i]);
    }
  }

  /** Where in {@link #items} the list begins. */
  int start(int of) {
    return of == 0 ? 0 : ends[of - 1];
  }
}
