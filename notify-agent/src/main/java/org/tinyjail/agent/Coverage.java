package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.List;

/**
 * What an instrumented target has said of its last run: which edges it took how often, and what it
 * compared. All zero for others.
 */
public final class Coverage {
  /** How many edges are told from one another; a larger program has several for one. */
  public static final int EDGES = FuzzWire.COVERAGE_EDGES;

  private static final int START = FuzzWire.COVERAGE_AT / Long.BYTES;
  private static final int COMPARISONS = START + EDGES / Long.BYTES;
  private static final int END = START + FuzzWire.COVERAGE_SIZE / Long.BYTES;

  private final NativeBuffer memory;

  Coverage(NativeBuffer memory) {
    this.memory = memory;
  }

  /** Is told of each edge that was taken. */
  public interface Edges {
    /**
     * An edge.
     *
     * @param edge from 0, below {@link #EDGES}
     * @param count from 1; 255 and more is 255
     */
    void taken(int edge, int count);
  }

  /**
   * Two operands that were compared and were not equal, extended by zeros.
   *
   * @param site stands for the place in the program
   */
  public record Comparison(long site, long first, long second) {}

  /** Tells the edges of the last run. */
  public void edges(Edges edges) {
    for (int word = START; word < COMPARISONS; word++) {
      long rest = memory.getWord(word);
      for (int at = (word - START) * Long.BYTES; rest != 0; at++, rest >>>= Byte.SIZE) {
        int count = (int) rest & 0xff;
        if (count != 0) {
          edges.taken(at, count);
        }
      }
    }
  }

  /** Comparisons of the last run: some of them, if there were many. */
  public List<Comparison> comparisons() {
    List<Comparison> comparisons = new ArrayList<>();
    for (int word = COMPARISONS; word < END; word += 3) {
      Comparison comparison =
          new Comparison(memory.getWord(word), memory.getWord(word + 1), memory.getWord(word + 2));
      if (comparison.first() != comparison.second()) {
        comparisons.add(comparison);
      }
    }
    return comparisons;
  }

  /** Forgets it; each run begins so, but not each input of a target that goes on. */
  public void clear() {
    for (int word = START; word < END; word++) {
      if (memory.getWord(word) != 0) {
        memory.putWord(word, 0);
      }
    }
  }
}
