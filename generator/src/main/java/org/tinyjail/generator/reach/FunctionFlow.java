package org.tinyjail.generator.reach;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.x86.Condition;
import org.tinyjail.generator.x86.Flow;
import org.tinyjail.generator.x86.Instruction;
import org.tinyjail.generator.x86.Operand;
import org.tinyjail.generator.x86.Operation;

/**
 * Forward data flow through one function: what registers and the stack may hold before each of its
 * instructions. Blocks are done again until nothing changes any more.
 */
final class FunctionFlow {
  /** When a block was done so often, what still changes there may be anything: loops count. */
  private static final int RUNS_MAX = 6;

  /** Blocks are gone on to so often at most: tables may lead from everywhere to everywhere. */
  private static final int ENTERED_MAX = 2_000_000;

  /** Sees each instruction that may be reached, with what is known before it. */
  interface Visitor {
    void at(Instruction instruction, State before);
  }

  private final Code code;
  private final Region region;
  private final Predicate<Instruction> returns;
  private final ConstantTables tables;
  private final Instruction instruction = new Instruction();

  /** Where blocks begin, runs of instructions that are entered at their start only; ascending. */
  private final long[] starts;

  /** What is known where each begins; null: it is not reached yet. */
  private final @Nullable State[] in;

  /** How often each was done. */
  private final int[] runs;

  private int entered;
  private final BitSet waiting = new BitSet();
  private final long[] tableTargets;

  private FunctionFlow(
      Code code, Region region, Predicate<Instruction> returns, ConstantTables tables) {
    this.code = code;
    this.region = region;
    this.returns = returns;
    this.tables = tables;
    Longs leaders = new Longs();
    this.tableTargets =
        findLeaders(leaders) ? JumpTables.targets(code, region).toArray() : new long[0];
    for (long target : tableTargets) {
      leaders.add(target);
    }
    this.starts = leaders.toArray();
    this.in = new State[starts.length];
    this.runs = new int[starts.length];
  }

  /**
   * The flow through the function at {@code region}.
   *
   * @param returns whether what an instruction calls may return
   * @param tables of the same file
   */
  static FunctionFlow of(
      Code code, Region region, Predicate<Instruction> returns, ConstantTables tables) {
    FunctionFlow flow = new FunctionFlow(code, region, returns, tables);
    flow.settle();
    return flow;
  }

  /** Returns whether there are indirect jumps. */
  private boolean findLeaders(Longs leaders) {
    boolean indirect = false;
    leaders.add(region.start());
    for (long at = region.start(); at < region.end(); at += length(at)) {
      if (decode(at) == 0) {
        continue;
      }
      Flow flow = instruction.flow();
      boolean jumps = flow == Flow.JUMP || flow == Flow.JUMP_CONDITIONAL;
      if (jumps && region.holds(instruction.target())) {
        leaders.add(instruction.target());
      }
      if (endsBlock(flow) && at + instruction.length() < region.end()) {
        leaders.add(at + instruction.length());
      }
      indirect |= flow == Flow.JUMP_INDIRECT;
    }
    return indirect;
  }

  private long end(int block) {
    return block + 1 < starts.length ? starts[block + 1] : region.end();
  }

  private static boolean endsBlock(Flow flow) {
    return switch (flow) {
      case JUMP, JUMP_CONDITIONAL, JUMP_INDIRECT, RETURN, TRAP, CALL, CALL_INDIRECT -> true;
      case NONE, SYSCALL, INT80, SYSENTER -> false;
    };
  }

  private int decode(long at) {
    return code.decode(at, region.end(), instruction);
  }

  private int length(long at) {
    return Math.max(1, decode(at));
  }

  private void settle() {
    enter(region.start(), State.entry());
    drain();
    for (int block = 0; block < starts.length; block++) {
      if (in[block] == null && !isPadding(starts[block], end(block))) {
        enter(starts[block], State.unknown()); // an edge that is not seen leads there
        drain();
      }
    }
  }

  /** Nothing is done there: it stands between functions, or before the target of a jump. */
  private boolean isPadding(long start, long end) {
    for (long at = start; at < end; at += instruction.length()) {
      boolean trap = decode(at) != 0 && instruction.flow() == Flow.TRAP;
      if (instruction.length() == 0
          || (instruction.operation() != Operation.NOTHING && !trap)
          || (instruction.flow() != Flow.NONE && !trap)) {
        return false;
      }
    }
    return true;
  }

  private void drain() {
    for (int block = waiting.nextSetBit(0); block >= 0; block = waiting.nextSetBit(0)) {
      waiting.clear(block);
      State before = in[block];
      if (before != null) {
        runs[block]++;
        run(starts[block], end(block), before.copy());
      }
    }
  }

  private void run(long start, long end, State state) {
    Compared compared = Compared.NOTHING;
    for (long at = start; at < end; at += Math.max(1, instruction.length())) {
      if (decode(at) == 0) {
        return;
      }
      if (endsBlock(instruction.flow())) {
        leave(state, compared);
        return;
      }
      compared = Compared.after(instruction, first(state), compared);
      take(state);
    }
    enter(end, state);
  }

  /** What the first operand holds, where that is compared. */
  private Value first(State state) {
    return switch (instruction.operation()) {
      case COMPARE, TEST -> Step.first(instruction, state, tables);
      default -> Value.ANY;
    };
  }

  private void take(State state) {
    if (instruction.flow() == Flow.SYSCALL || instruction.flow() == Flow.INT80) {
      state.set(State.RAX, Value.ANY);
      state.set(State.RCX, Value.ANY);
      state.set(11, Value.ANY);
    } else {
      Step.take(instruction, state, tables);
    }
  }

  private void leave(State state, Compared compared) {
    long next = instruction.address() + instruction.length();
    switch (instruction.flow()) {
      case JUMP -> enter(instruction.target(), state);
      case JUMP_CONDITIONAL -> {
        Condition condition = instruction.condition();
        long target = instruction.target();
        enter(target, compared.where(state, condition));
        enter(next, compared.where(state, condition.opposite()));
      }
      case JUMP_INDIRECT -> {
        for (long target : tableTargets) {
          enter(target, state);
        }
      }
      case CALL, CALL_INDIRECT -> {
        if (returns.test(instruction)) {
          afterCall(next, state);
        }
      }
      default -> {}
    }
  }

  private void afterCall(long next, State state) {
    State after = state.copy();
    after.afterCall();
    enter(next, after);
  }

  private void enter(long start, State state) {
    int block = Arrays.binarySearch(starts, start);
    if (block < 0) {
      return;
    }
    if (entered == ENTERED_MAX) {
      return;
    } else if (++entered == ENTERED_MAX) {
      giveUp();
      return;
    }
    State before = in[block];
    if (before == null) {
      in[block] = state.copy();
      waiting.set(block);
    } else if (before.join(state, runs[block] >= RUNS_MAX)) {
      waiting.set(block);
    }
  }

  /** Nothing is known anywhere. */
  private void giveUp() {
    waiting.clear();
    Arrays.setAll(in, block -> State.unknown());
  }

  /** Visits each instruction once, by their addresses. */
  void visit(Visitor visitor) {
    for (int block = 0; block < starts.length; block++) {
      State before = in[block];
      if (before == null) {
        continue;
      }
      State state = before.copy();
      long end = end(block);
      for (long at = starts[block]; at < end; at += Math.max(1, instruction.length())) {
        if (decode(at) == 0) {
          break;
        }
        visitor.at(instruction, state);
        if (endsBlock(instruction.flow())) {
          break;
        }
        take(state);
      }
    }
  }

  /**
   * What flags say: that something was compared with a number.
   *
   * @param register that was compared, and not changed since; {@link Instruction#NONE}: none
   * @param held what was compared
   */
  private record Compared(int register, Value held, long number) {
    static final Compared NOTHING = new Compared(Instruction.NONE, Value.ANY, 0);

    static Compared after(Instruction one, Value first, Compared before) {
      boolean withNumber =
          one.operation() == Operation.COMPARE && one.second() == Operand.IMMEDIATE;
      boolean withZero =
          one.operation() == Operation.TEST
              && one.first() == Operand.REGISTER
              && one.second() == Operand.REGISTER
              && one.firstRegister() == one.secondRegister();
      if (withNumber || withZero) {
        return new Compared(one.firstRegister(), first, withZero ? 0 : one.immediate());
      }
      boolean keepsFlags =
          one.operation() == Operation.MOVE
              || one.operation() == Operation.LOAD_ADDRESS
              || one.operation() == Operation.NOTHING;
      if (!keepsFlags) {
        return NOTHING;
      }
      boolean changed =
          before.register != Instruction.NONE && (one.writes() >> before.register & 1) != 0;
      return changed ? new Compared(Instruction.NONE, before.held, before.number) : before;
    }

    /** The state where that came out so. */
    State where(State state, Condition condition) {
      return switch (condition) {
        case EQUAL -> equal(state);
        case BELOW -> limited(state, number - 1);
        case BELOW_OR_EQUAL -> limited(state, number);
        default -> state;
      };
    }

    private State equal(State state) {
      if (held.isConstant()) {
        return state;
      }
      State refined = state.copy();
      Value known = Value.constant(number);
      refined.learn(held, known);
      if (register != Instruction.NONE) {
        refined.set(register, known);
      }
      return refined;
    }

    private State limited(State state, long most) {
      if (register == Instruction.NONE || most < 0) {
        return state;
      }
      State refined = state.copy();
      refined.limit(register, most);
      return refined;
    }
  }
}
