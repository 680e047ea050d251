package org.tinyjail.generator.bpf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tinyjail.generator.bpf.Node.Leaf;
import org.tinyjail.generator.bpf.Node.Search;

/**
 * The numbers of one {@code AUDIT_ARCH_} value and what is decided for each: intervals without
 * gaps, in ascending order.
 */
final class Numbers {
  /** How much more a denied, an argument-checked number weighs than one that is always allowed. */
  private static final long DENIED = 2;

  private static final long CHECKED = 6;

  private final int allow;
  private final List<Entry> entries = new ArrayList<>();
  private int[] starts = new int[64];
  private Node[] children = new Node[64];
  private long[] weights = new long[64];
  private int count;

  private record Entry(int number, Node node) {}

  /**
   * @param allow the value that a filter returns for calls that are always allowed: the kernel
   *     answers those without running the filter, so they weigh less
   */
  Numbers(int allow) {
    this.allow = allow;
  }

  /** Decides {@code number}; numbers between those given are added by {@link #fill}. */
  void put(int number, Node node) {
    entries.add(new Entry(number, node));
  }

  /**
   * Ends a run of numbers: those from {@code from} to {@code newest} that were not put get {@code
   * inside}, those above get {@code above}.
   */
  void fill(int from, int newest, Node inside, Node above) {
    entries.sort((a, b) -> Integer.compareUnsigned(a.number(), b.number()));
    int next = from;
    for (Entry entry : entries) {
      if (entry.number() != next) {
        append(next, inside, entry.number() - next);
      }
      append(entry.number(), entry.node(), 1);
      next = entry.number() + 1;
    }
    if (Integer.compareUnsigned(next, newest) <= 0) {
      append(next, inside, newest - next + 1);
    }
    append(newest + 1, above, 1);
    entries.clear();
  }

  /** Numbers from {@code from} to the next that is added. */
  void append(int from, Node node, long width) {
    if (count > 0 && children[count - 1] == node) {
      weights[count - 1] += width * weight(node);
      return;
    }
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
      children = Arrays.copyOf(children, 2 * count);
      weights = Arrays.copyOf(weights, 2 * count);
    }
    starts[count] = from;
    children[count] = node;
    weights[count++] = width * weight(node);
  }

  private long weight(Node node) {
    return node instanceof Leaf leaf ? (leaf.value == allow ? 1 : DENIED) : CHECKED;
  }

  /** The decision on the number. */
  Node search() {
    return count == 1
        ? children[0]
        : new Search(
            Op.NUMBER,
            -1,
            Arrays.copyOf(starts, count),
            Arrays.copyOf(children, count),
            Arrays.copyOf(weights, count));
  }
}
