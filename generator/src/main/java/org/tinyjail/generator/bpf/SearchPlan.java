package org.tinyjail.generator.bpf;

import org.tinyjail.generator.bpf.Node.Search;

/**
 * In which order the values of a search are told apart: as few and as short as possible.
 *
 * <p>Two kinds of step: a test "at least" that halves the values, and a chain of tests "equal" that
 * picks single values out of a range that is otherwise all the same. The cheapest mixture is found
 * by dynamic programming; cost = weight × tests on the way + {@link #PER_TEST} × tests in all,
 * since the kernel walks the program once for every number when it is loaded.
 */
final class SearchPlan {
  /** What a test costs by being there, in runs of a test. */
  private static final long PER_TEST = 8;

  /** Above this many children the halves are cut by weight alone: the cost grows with the cube. */
  private static final int EXACT = 64;

  private static final int LONGEST_CHAIN = 8;

  /** In {@link #cuts}: no halving but a chain. */
  private static final int CHAIN = -1;

  private final Search search;
  private final int from;
  private final int size;
  private final long[] weightUpTo;
  private final long[] costs;
  private final int[] cuts;

  private SearchPlan(Search search, int from, int size) {
    this.search = search;
    this.from = from;
    this.size = size;
    this.weightUpTo = new long[size + 1];
    for (int i = 0; i < size; i++) {
      weightUpTo[i + 1] = weightUpTo[i] + search.weights[from + i];
    }
    this.costs = new long[size * size];
    this.cuts = new int[size * size];
  }

  /** Whether children {@code from..to} are few enough for {@link #of}. */
  static boolean isExact(int from, int to) {
    return to - from < EXACT;
  }

  /** The best plan for children {@code from..to}, at most {@link #EXACT}. */
  static SearchPlan of(Search search, int from, int to) {
    SearchPlan plan = new SearchPlan(search, from, to - from + 1);
    plan.solve();
    return plan;
  }

  /** The child at which the right part of {@code from..to} begins, by weight alone. */
  static int middle(Search search, int from, int to) {
    long total = 0;
    for (int i = from; i <= to; i++) {
      total += search.weights[i];
    }
    long left = 0;
    int cut = from;
    while (cut < to && 2 * (left + search.weights[cut]) <= total) {
      left += search.weights[cut++];
    }
    return Math.min(Math.max(cut, from + 1), to);
  }

  /** Whether children {@code i..j} are told apart by a chain; else they are halved. */
  boolean isChain(int i, int j) {
    return cuts[cell(i - from, j - from)] == CHAIN;
  }

  /** The child at which the right half of {@code i..j} begins. */
  int cut(int i, int j) {
    return from + cuts[cell(i - from, j - from)];
  }

  /** The child that a chain over {@code i..j} ends with. */
  int base(int i, int j) {
    return from + chainBase(i - from, j - from);
  }

  private int cell(int i, int j) {
    return i * size + j;
  }

  private void solve() {
    for (int length = 2; length <= size; length++) {
      for (int i = 0; i + length <= size; i++) {
        solve(i, i + length - 1);
      }
    }
  }

  private void solve(int i, int j) {
    int best = i + 1;
    long least = Long.MAX_VALUE;
    for (int cut = i + 1; cut <= j; cut++) {
      long cost = costs[cell(i, cut - 1)] + costs[cell(cut, j)];
      if (cost < least) {
        least = cost;
        best = cut;
      }
    }
    least += PER_TEST + weightUpTo[j + 1] - weightUpTo[i];
    long chain = chainCost(i, j);
    costs[cell(i, j)] = Math.min(least, chain);
    cuts[cell(i, j)] = chain <= least ? CHAIN : best;
  }

  /** The one child that is no single value, or the last: all others can be picked out. */
  private int chainBase(int i, int j) {
    int base = j;
    for (int c = i; c <= j; c++) {
      if (search.starts[from + c] != search.end(from + c)) {
        base = c;
      }
    }
    return base;
  }

  private long chainCost(int i, int j) {
    Node base = search.children[from + chainBase(i, j)];
    long picked = 0;
    long cost = 0;
    int count = 0;
    for (int c = i; c <= j; c++) {
      if (search.children[from + c] != base) {
        if (search.starts[from + c] != search.end(from + c) || ++count > LONGEST_CHAIN) {
          return Long.MAX_VALUE;
        }
        picked += search.weights[from + c];
        cost += count * search.weights[from + c];
      }
    }
    long rest = weightUpTo[j + 1] - weightUpTo[i] - picked;
    return cost + count * (rest + PER_TEST);
  }
}
