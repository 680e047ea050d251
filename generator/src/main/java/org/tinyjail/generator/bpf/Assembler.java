package org.tinyjail.generator.bpf;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.tinyjail.generator.bpf.Node.Leaf;
import org.tinyjail.generator.bpf.Node.Search;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;

/**
 * Lays a graph of decisions out as instructions.
 *
 * <p>From the end to the beginning, since jumps only go forward: what is jumped to is always there
 * already. A place is counted from the end, so it does not move. A test reaches 255 instructions;
 * what is farther gets a copy (an answer) or a jump (anything else) near by.
 */
final class Assembler {
  /** How far a test reaches. */
  private static final int REACH = 255;

  /** No word is in the accumulator that a search could use. */
  private static final int NOTHING = -1;

  /** Where even the count of instructions is of no more use. */
  private static final int HOPELESS = 1_000_000;

  /** Up to this many searches the stack of any thread is deep enough. */
  private static final int SHALLOW = 500;

  private static final long STACK_BYTES = 64 << 20;

  private int[] code = new int[512];
  private int[] jumpTrue = new int[512];
  private int[] jumpFalse = new int[512];
  private int[] constant = new int[512];
  private int count;

  private final Map<Integer, Integer> leaves = new HashMap<>();
  private final Map<Node, Integer> loading = new HashMap<>();
  private final Map<Node, Integer> loaded = new HashMap<>();

  private Assembler() {}

  /**
   * The program that decides as {@code root} does.
   *
   * @throws FilterTooLargeException if the kernel would not take it
   */
  static BpfProgram assemble(Node root) {
    int searches = count(root);
    if (searches > BpfProgram.MAX_INSTRUCTIONS) {
      throw FilterTooLargeException.ofAtLeast(searches);
    }
    return searches <= SHALLOW ? assembleHere(root) : assembleWithStack(root);
  }

  private static BpfProgram assembleHere(Node root) {
    Assembler assembler = new Assembler();
    int entry = assembler.place(root, NOTHING);
    return assembler.program(entry);
  }

  /** A chain of thousands of tests is placed by a recursion as deep. */
  private static BpfProgram assembleWithStack(Node root) {
    FutureTask<BpfProgram> task = new FutureTask<>(() -> assembleHere(root));
    Thread thread = new Thread(null, task, "filter assembler", STACK_BYTES);
    thread.start();
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof FilterTooLargeException tooLarge) {
        throw tooLarge;
      }
      throw new IllegalStateException("filter could not be laid out", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while laying out a filter", e);
    }
  }

  /** How many searches there are; each is at least one instruction. */
  private static int count(Node root) {
    Set<Node> seen = new HashSet<>();
    Deque<Node> open = new ArrayDeque<>();
    open.add(root);
    while (!open.isEmpty()) {
      if (open.remove() instanceof Search search && seen.add(search)) {
        open.addAll(Arrays.asList(search.children));
      }
    }
    return seen.size();
  }

  private BpfProgram program(int entry) {
    if (count > BpfProgram.MAX_INSTRUCTIONS) {
      throw FilterTooLargeException.of(count);
    }
    Instruction[] instructions = new Instruction[entry + 1];
    for (int i = 0; i <= entry; i++) {
      int at = entry - i;
      instructions[i] = new Instruction(code[at], jumpTrue[at], jumpFalse[at], constant[at]);
    }
    return new BpfProgram(List.of(instructions));
  }

  /** Puts {@code node} there, if it is not near, and returns its place. */
  private int place(Node node, int wordLoaded) {
    if (node instanceof Leaf leaf) {
      return placeLeaf(leaf);
    }
    Search search = (Search) node;
    if (search.offset == wordLoaded) {
      return placeLoaded(search);
    }
    Integer known = loading.get(search);
    if (known != null) {
      return known;
    }
    int body = placeLoaded(search);
    if (body != count - 1) {
      emit(Op.JUMP, 0, 0, count - body - 1);
    }
    int entry = emit(Op.LOAD, 0, 0, search.offset);
    loading.put(search, entry);
    return entry;
  }

  private int placeLeaf(Leaf leaf) {
    Integer known = leaves.get(leaf.value);
    if (known != null && count - known <= REACH) {
      return known;
    }
    int place = emit(Op.RETURN, 0, 0, leaf.value);
    leaves.put(leaf.value, place);
    return place;
  }

  /** The place of a search behind its load. */
  private int placeLoaded(Search search) {
    Integer known = loaded.get(search);
    if (known != null) {
      return known;
    }
    int entry =
        search.mask == -1 ? placeRange(search, 0, search.starts.length - 1) : placeMasked(search);
    loaded.put(search, entry);
    return entry;
  }

  private int placeMasked(Search search) {
    boolean zeroOrNot = search.starts.length == 2 && search.starts[1] == 1;
    boolean oneBit = Integer.bitCount(search.mask) == 1;
    if (zeroOrNot || oneBit) {
      int set = place(search.children[1], search.offset);
      int clear = place(search.children[0], search.offset);
      return branch(Op.SET, search.mask, set, clear);
    }
    placeAtEnd(placeRange(search, 0, search.starts.length - 1));
    return emit(Op.AND, 0, 0, search.mask);
  }

  /** Makes {@code place} the next to be run. */
  private void placeAtEnd(int place) {
    if (place != count - 1) {
      emit(Op.JUMP, 0, 0, count - place - 1);
    }
  }

  private int placeRange(Search search, int from, int to) {
    if (from == to) {
      return child(search, from);
    }
    if (SearchPlan.isExact(from, to)) {
      return placePlan(search, SearchPlan.of(search, from, to), from, to);
    }
    int cut = SearchPlan.middle(search, from, to);
    int right = placeRange(search, cut, to);
    int left = placeRange(search, from, cut - 1);
    return branch(Op.GE, search.starts[cut], right, left);
  }

  private int placePlan(Search search, SearchPlan plan, int from, int to) {
    if (from == to) {
      return child(search, from);
    }
    if (plan.isChain(from, to)) {
      return placeChain(search, plan.base(from, to), from, to);
    }
    int cut = plan.cut(from, to);
    int right = placePlan(search, plan, cut, to);
    int left = placePlan(search, plan, from, cut - 1);
    return branch(Op.GE, search.starts[cut], right, left);
  }

  private int placeChain(Search search, int base, int from, int to) {
    int next = child(search, base);
    for (int i = to; i >= from; i--) {
      if (search.children[i] != search.children[base]) {
        int equal = child(search, i);
        next = branch(Op.EQ, search.starts[i], equal, next);
      }
    }
    return next;
  }

  private int child(Search search, int i) {
    return place(search.children[i], search.mask == -1 ? search.offset : NOTHING);
  }

  /** Emits a test, unless both ways are the same. */
  private int branch(int test, int value, int whenTrue, int whenFalse) {
    int yes = whenTrue;
    int no = whenFalse;
    while (yes != no && (isFar(yes) || isFar(no))) {
      if (isFar(yes)) {
        yes = nearer(yes);
      } else {
        no = nearer(no);
      }
    }
    return yes == no ? yes : emit(test, count - yes - 1, count - no - 1, value);
  }

  private boolean isFar(int place) {
    return count - place - 1 > REACH;
  }

  /** A place near by that does the same. */
  private int nearer(int place) {
    if (code[place] != Op.RETURN) {
      return emit(Op.JUMP, 0, 0, count - place - 1);
    }
    int copy = emit(Op.RETURN, 0, 0, constant[place]);
    leaves.put(constant[place], copy);
    return copy;
  }

  private int emit(int operation, int yes, int no, int value) {
    if (count == HOPELESS) {
      throw FilterTooLargeException.ofAtLeast(count);
    }
    if (count == code.length) {
      code = Arrays.copyOf(code, 2 * count);
      jumpTrue = Arrays.copyOf(jumpTrue, 2 * count);
      jumpFalse = Arrays.copyOf(jumpFalse, 2 * count);
      constant = Arrays.copyOf(constant, 2 * count);
    }
    code[count] = operation;
    jumpTrue[count] = yes;
    jumpFalse[count] = no;
    constant[count] = value;
    return count++;
  }
}
