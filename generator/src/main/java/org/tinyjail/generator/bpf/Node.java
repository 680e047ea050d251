package org.tinyjail.generator.bpf;

import java.util.Arrays;

/**
 * A decision, as a node of an acyclic graph: answer at once, or look at one word of the call and go
 * on by its value.
 *
 * <p>Nodes come from {@link Nodes}, which gives equal ones only once: they compare by identity.
 */
abstract class Node {
  private Node() {}

  /** The end of a decision: what the program returns. */
  static final class Leaf extends Node {
    final int value;

    Leaf(int value) {
      this.value = value;
    }
  }

  /**
   * Looks at the bits under {@code mask} of the word at {@code offset}. Child {@code i} is for
   * values from {@code starts[i]} up to the next start, unsigned; the first start is 0.
   */
  static final class Search extends Node {
    final int offset;
    final int mask;
    final int[] starts;
    final Node[] children;

    /** How often each child is wanted, for the order of tests. */
    final long[] weights;

    Search(int offset, int mask, int[] starts, Node[] children, long[] weights) {
      this.offset = offset;
      this.mask = mask;
      this.starts = starts;
      this.children = children;
      this.weights = weights;
    }

    /** The last value of child {@code i}. */
    int end(int i) {
      return i + 1 < starts.length ? starts[i + 1] - 1 : -1;
    }

    /** The child for a value under the mask. */
    Node child(int value) {
      int low = 0;
      int high = starts.length - 1;
      while (low < high) {
        int middle = (low + high + 1) >>> 1;
        if (Integer.compareUnsigned(starts[middle], value) <= 0) {
          low = middle;
        } else {
          high = middle - 1;
        }
      }
      return children[low];
    }

    /** Whether {@code other} decides the same by the same word. */
    boolean sameAs(Search other) {
      return offset == other.offset
          && mask == other.mask
          && Arrays.equals(starts, other.starts)
          && Arrays.equals(children, other.children);
    }

    int structureHash() {
      int hash = 31 * (31 * offset + mask) + Arrays.hashCode(starts);
      for (Node child : children) {
        hash = 31 * hash + System.identityHashCode(child);
      }
      return hash;
    }
  }
}
