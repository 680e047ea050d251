package org.tinyjail.generator.bpf;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.bpf.Node.Leaf;
import org.tinyjail.generator.bpf.Node.Search;

/** Makes nodes, equal ones only once, and joins them: an ordered decision diagram. */
final class Nodes {
  /** The answers of a condition; not values that a filter returns. */
  final Leaf yes = new Leaf(1);

  final Leaf no = new Leaf(0);

  private final Map<Integer, Leaf> leaves = new HashMap<>();
  private final Map<SearchKey, Search> searches = new HashMap<>();
  private final Map<Choice, Node> choices = new HashMap<>();
  private int budget;

  private record SearchKey(Search search) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof SearchKey key && search.sameAs(key.search);
    }

    @Override
    public int hashCode() {
      return search.structureHash();
    }
  }

  /**
   * If, then, else. Not a record: the first hash of a record costs more time than the whole
   * compilation, since its method is only then put together.
   */
  private static final class Choice {
    private final Node condition;
    private final Node then;
    private final Node otherwise;

    Choice(Node condition, Node then, Node otherwise) {
      this.condition = condition;
      this.then = then;
      this.otherwise = otherwise;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Choice choice
          && condition == choice.condition
          && then == choice.then
          && otherwise == choice.otherwise;
    }

    @Override
    public int hashCode() {
      return 31 * (31 * condition.hashCode() + then.hashCode()) + otherwise.hashCode();
    }
  }

  /** Thrown when joining makes more nodes than are worth having; caught where it is asked for. */
  static final class BudgetException extends Exception {
    private static final long serialVersionUID = 1L;

    BudgetException() {
      super("too many nodes", null, false, false);
    }
  }

  Leaf leaf(int value) {
    return leaves.computeIfAbsent(value, Leaf::new);
  }

  /** How many choices {@link #choose} may make from now on. */
  void allow(int choicesFromNow) {
    budget = choicesFromNow;
    choices.clear();
  }

  /** A search whose neighbouring equal children are one. */
  Node search(int offset, int mask, int[] starts, Node[] children) {
    int count = 0;
    int[] keptStarts = new int[starts.length];
    Node[] kept = new Node[starts.length];
    for (int i = 0; i < starts.length; i++) {
      if (Integer.compareUnsigned(starts[i], mask) > 0) {
        break;
      }
      if (count == 0 || kept[count - 1] != children[i]) {
        keptStarts[count] = starts[i];
        kept[count++] = children[i];
      }
    }
    if (count == 1) {
      return kept[0];
    }
    long[] weights = new long[count];
    Arrays.fill(weights, 1);
    Search search =
        new Search(
            offset, mask, Arrays.copyOf(keptStarts, count), Arrays.copyOf(kept, count), weights);
    Search known = searches.putIfAbsent(new SearchKey(search), search);
    return known != null ? known : search;
  }

  /** {@code then} where the word's bits under {@code mask} lie in {@code from..to}. */
  Node range(int offset, int mask, int from, int to, Node then, Node otherwise) {
    boolean below = from != 0;
    boolean above = to != -1;
    int[] starts = new int[1 + (below ? 1 : 0) + (above ? 1 : 0)];
    Node[] children = new Node[starts.length];
    int count = 0;
    if (below) {
      children[count++] = otherwise;
    }
    starts[count] = from;
    children[count++] = then;
    if (above) {
      starts[count] = to + 1;
      children[count] = otherwise;
    }
    return search(offset, mask, starts, children);
  }

  /**
   * {@code below} for values of the whole word under {@code start}, else what {@code rest} says,
   * which may look at the same word.
   */
  Node searchFrom(int offset, int start, Node below, Node rest) {
    if (!(rest instanceof Search search) || search.offset != offset) {
      return range(offset, -1, start, -1, rest, below);
    }
    int first = 0;
    while (Integer.compareUnsigned(search.end(first), start) < 0) {
      first++;
    }
    int count = search.starts.length - first;
    int[] starts = new int[count + 1];
    Node[] children = new Node[count + 1];
    System.arraycopy(search.starts, first, starts, 1, count);
    System.arraycopy(search.children, first, children, 1, count);
    starts[1] = start;
    children[0] = below;
    return search(offset, -1, starts, children);
  }

  /** {@code then} where {@code condition} says yes, else {@code otherwise}; all ordered alike. */
  Node choose(Node condition, Node then, Node otherwise) throws BudgetException {
    if (condition == yes) {
      return then;
    }
    if (condition == no || then == otherwise) {
      return otherwise;
    }
    Choice choice = new Choice(condition, then, otherwise);
    Node known = choices.get(choice);
    if (known != null) {
      return known;
    }
    if (--budget < 0) {
      throw new BudgetException();
    }
    Node made = split(condition, then, otherwise);
    choices.put(choice, made);
    return made;
  }

  private Node split(Node condition, Node then, Node otherwise) throws BudgetException {
    Search top = first(first(asSearch(condition), then), otherwise);
    int[] starts = starts(top, condition, then, otherwise);
    Node[] children = new Node[starts.length];
    for (int i = 0; i < starts.length; i++) {
      int end = i + 1 < starts.length ? starts[i + 1] - 1 : top.mask;
      children[i] =
          choose(
              under(condition, top, starts[i], end),
              under(then, top, starts[i], end),
              under(otherwise, top, starts[i], end));
    }
    return search(top.offset, top.mask, starts, children);
  }

  private static Search asSearch(Node condition) {
    return (Search) condition;
  }

  /** The one of two that looks first: by argument, high word before low, whole word before part. */
  private static Search first(Search a, Node other) {
    if (!(other instanceof Search b)) {
      return a;
    }
    return compare(b, a) < 0 ? b : a;
  }

  private static int compare(Search a, Search b) {
    int byWord = Integer.compare(rank(a.offset), rank(b.offset));
    return byWord != 0 ? byWord : Integer.compareUnsigned(b.mask, a.mask);
  }

  private static int rank(int offset) {
    return offset < Op.ARGUMENTS ? offset : offset ^ 4;
  }

  /** Where the children of any of the three that look at the same bits as {@code top} begin. */
  private static int[] starts(Search top, Node... nodes) {
    int[] all = new int[0];
    for (Node node : nodes) {
      if (node instanceof Search search && compare(search, top) == 0) {
        all = all.length == 0 ? search.starts : union(all, search.starts);
      }
    }
    return all;
  }

  private static int[] union(int[] a, int[] b) {
    int[] all = new int[a.length + b.length];
    int count = 0;
    for (int i = 0, j = 0; i < a.length || j < b.length; ) {
      int order = i == a.length ? 1 : j == b.length ? -1 : Integer.compareUnsigned(a[i], b[j]);
      all[count++] = order <= 0 ? a[i] : b[j];
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return Arrays.copyOf(all, count);
  }

  /** What is left of {@code node} once the bits that {@code top} looks at lie in from..to. */
  private static Node under(Node node, Search top, int from, int to) {
    Node left = node;
    while (left instanceof Search search && search.offset == top.offset) {
      if (search.mask == top.mask) {
        left = search.child(from);
      } else if (from == to && top.mask == -1) {
        left = search.child(from & search.mask);
      } else {
        break;
      }
    }
    return left;
  }
}
