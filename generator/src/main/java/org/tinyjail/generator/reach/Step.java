package org.tinyjail.generator.reach;

import java.util.function.LongBinaryOperator;
import org.tinyjail.generator.x86.Instruction;
import org.tinyjail.generator.x86.Operand;

/** What one instruction makes of a {@link State}. */
final class Step {
  private static final int WORD = 8;
  private static final int LAST_REGISTER = 15;

  private final Instruction instruction;
  private final State state;
  private final ConstantTables tables;

  private Step(Instruction instruction, State state, ConstantTables tables) {
    this.instruction = instruction;
    this.state = state;
    this.tables = tables;
  }

  /** Changes {@code state} as {@code instruction} does; jumps and calls are not followed. */
  static void take(Instruction instruction, State state, ConstantTables tables) {
    new Step(instruction, state, tables).take();
  }

  /** What the first operand of {@code instruction} holds. */
  static Value first(Instruction instruction, State state, ConstantTables tables) {
    return new Step(instruction, state, tables).first();
  }

  private void take() {
    switch (instruction.operation()) {
      case MOVE -> move();
      case LOAD_ADDRESS -> write(resized(address()));
      case ADD -> combine(Long::sum, true);
      case SUBTRACT -> subtract();
      case AND -> combine((a, b) -> a & b, false);
      case OR -> combine((a, b) -> a | b, false);
      case XOR -> {
        if (isSameRegister()) {
          write(Value.constant(0));
        } else {
          combine((a, b) -> a ^ b, false);
        }
      }
      case NOT -> write(resized(first().map(a -> ~a)));
      case NEGATE -> write(resized(first().map(a -> -a)));
      case INCREMENT -> write(resized(first().plus(1)));
      case DECREMENT -> write(resized(first().plus(-1)));
      case SHIFT_LEFT -> combine((a, b) -> a << shift(b), false);
      case SHIFT_RIGHT -> combine((a, b) -> a >>> shift(b), false);
      case PUSH -> push();
      case POP -> pop();
      case LEAVE -> leave();
      case EXCHANGE -> exchange();
      case ZERO_EXTEND -> write(resized(cut(second(), instruction.secondSize())));
      case SIGN_EXTEND -> write(resized(signed(second(), instruction.secondSize())));
      case CONDITIONAL_MOVE -> write(resized(first().or(second())));
      case SET -> write(instruction.firstSize() == 8 ? Value.ANY : setResult());
      case COMPARE, TEST, NOTHING -> {}
      default -> other();
    }
  }

  /** What is known of a register is known of its copy. */
  private void move() {
    boolean copies = instruction.second() == Operand.REGISTER;
    long most = copies ? state.most(instruction.secondRegister()) : Long.MAX_VALUE;
    write(resized(second()));
    if (most != Long.MAX_VALUE && instruction.first() == Operand.REGISTER && !narrow()) {
      state.limit(instruction.firstRegister(), most);
    }
  }

  private void other() {
    state.forget(instruction.writes());
    if (instruction.mayWriteMemory() && instruction.hasMemory()) {
      store(Value.ANY, WORD * 8);
    }
  }

  private static Value setResult() {
    return Value.constant(0).or(Value.constant(1));
  }

  private boolean isSameRegister() {
    return instruction.first() == Operand.REGISTER
        && instruction.second() == Operand.REGISTER
        && instruction.firstRegister() == instruction.secondRegister();
  }

  private long shift(long count) {
    return count & (instruction.firstSize() == 64 ? 63 : 31);
  }

  private void subtract() {
    if (isSameRegister()) {
      write(Value.constant(0));
    } else if (instruction.second() == Operand.IMMEDIATE) {
      write(resized(first().plus(-instruction.immediate())));
    } else {
      combine((a, b) -> a - b, false);
    }
  }

  /**
   * @param moves whether a constant second operand moves an address
   */
  private void combine(LongBinaryOperator operator, boolean moves) {
    Value a = first();
    Value b = second();
    Atom.Constant single = b.only(Atom.Constant.class);
    if (moves && single != null) {
      write(resized(a.plus(single.number())));
    } else if (single != null) {
      write(resized(a.map(x -> operator.applyAsLong(x, single.number()))));
    } else {
      Atom.Constant other = a.only(Atom.Constant.class);
      write(
          other == null ? Value.ANY : resized(b.map(x -> operator.applyAsLong(other.number(), x))));
    }
  }

  private void push() {
    Value value = instruction.first() == Operand.NONE ? Value.ANY : first();
    Value top = state.register(State.RSP).plus(-WORD);
    state.set(State.RSP, top);
    Atom.StackAddress at = top.only(Atom.StackAddress.class);
    if (at != null) {
      state.setSlot(at.offset(), value);
    }
  }

  private void pop() {
    Value top = state.register(State.RSP);
    Atom.StackAddress at = top.only(Atom.StackAddress.class);
    Value value = at == null ? Value.ANY : state.slot(at.offset());
    state.set(State.RSP, top.plus(WORD));
    if (instruction.first() != Operand.NONE) {
      write(value);
    }
  }

  private void leave() {
    Value frame = state.register(State.RBP);
    Atom.StackAddress at = frame.only(Atom.StackAddress.class);
    state.set(State.RBP, at == null ? Value.ANY : state.slot(at.offset()));
    state.set(State.RSP, frame.plus(WORD));
  }

  private void exchange() {
    Value a = first();
    Value b = second();
    write(b);
    if (instruction.second() == Operand.REGISTER) {
      state.set(instruction.secondRegister(), resized(a));
    } else {
      state.forget(instruction.writes());
    }
  }

  private Value first() {
    return operand(instruction.first(), instruction.firstRegister());
  }

  private Value second() {
    return operand(instruction.second(), instruction.secondRegister());
  }

  private Value operand(Operand operand, int register) {
    return switch (operand) {
      case REGISTER -> state.register(register);
      case IMMEDIATE -> Value.constant(instruction.immediate());
      case MEMORY -> loaded();
      case NONE, HIGH_BYTE, OTHER -> Value.ANY;
    };
  }

  private Value loaded() {
    if (instruction.hasFixedAddress()) {
      return Value.of(new Atom.Global(instruction.fixedAddress()));
    }
    if (instruction.index() != Instruction.NONE) {
      return indexed();
    }
    if (instruction.base() == Instruction.NONE || instruction.base() > LAST_REGISTER) {
      return Value.ANY;
    }
    Value base = state.register(instruction.base());
    Atom.StackAddress stack = base.only(Atom.StackAddress.class);
    if (stack != null) {
      return state.slot(stack.offset() + instruction.displacement());
    }
    Atom.Entry entry = base.only(Atom.Entry.class);
    Atom.Global global = base.only(Atom.Global.class);
    Atom pointer = entry == null ? global : entry;
    return pointer == null
        ? Value.ANY
        : Value.of(new Atom.Field(pointer, instruction.displacement()));
  }

  /** From a table, if the memory operand is some entry of one. */
  private Value indexed() {
    boolean fixed = instruction.base() == Instruction.NONE;
    if (instruction.index() == Instruction.VECTOR || instruction.base() > LAST_REGISTER) {
      return Value.ANY;
    }
    Value base = fixed ? Value.constant(0) : state.register(instruction.base());
    Atom.Constant table = base.only(Atom.Constant.class);
    int size =
        instruction.second() == Operand.MEMORY ? instruction.secondSize() : instruction.firstSize();
    return table == null
        ? Value.ANY
        : tables.entries(
            table.number() + instruction.displacement(),
            size,
            instruction.scale(),
            state.most(instruction.index()));
  }

  /** The address of the memory operand. */
  private Value address() {
    if (instruction.hasFixedAddress()) {
      return Value.constant(instruction.fixedAddress());
    }
    if (instruction.base() == Instruction.NONE || instruction.base() == Instruction.RIP) {
      return Value.ANY;
    }
    Value base = state.register(instruction.base()).plus(instruction.displacement());
    if (instruction.index() == Instruction.NONE) {
      return base;
    }
    Value index = state.register(instruction.index()).map(i -> i * instruction.scale());
    Atom.Constant single = index.only(Atom.Constant.class);
    return single == null ? Value.ANY : base.plus(single.number());
  }

  private void write(Value value) {
    switch (instruction.first()) {
      case REGISTER -> state.set(instruction.firstRegister(), narrow() ? merged(value) : value);
      case HIGH_BYTE -> state.set(instruction.firstRegister(), Value.ANY);
      case MEMORY -> store(value, instruction.firstSize());
      default -> state.forget(instruction.writes());
    }
  }

  private boolean narrow() {
    return instruction.firstSize() == 8 || instruction.firstSize() == 16;
  }

  /** Writing 8 or 16 bits leaves the others as they are. */
  private Value merged(Value value) {
    long mask = (1L << instruction.firstSize()) - 1;
    Atom.Constant old = state.register(instruction.firstRegister()).only(Atom.Constant.class);
    return old == null ? Value.ANY : value.map(v -> (v & mask) | (old.number() & ~mask));
  }

  private void store(Value value, int size) {
    if (instruction.index() != Instruction.NONE || instruction.base() > LAST_REGISTER) {
      return;
    }
    if (instruction.base() == Instruction.NONE) {
      return;
    }
    Atom.StackAddress stack = state.register(instruction.base()).only(Atom.StackAddress.class);
    if (stack != null) {
      boolean whole = size == 64 || size == 32;
      state.setSlot(stack.offset() + instruction.displacement(), whole ? value : Value.ANY);
    }
  }

  /** As the destination's size leaves it. */
  private Value resized(Value value) {
    return switch (instruction.firstSize()) {
      case 32 -> value.low32();
      case 16 -> cut(value, 16);
      case 8 -> cut(value, 8);
      default -> value;
    };
  }

  private static Value cut(Value value, int bits) {
    if (bits == 32) {
      return value.low32();
    }
    return bits == 64 || bits == 0 ? value : value.map(v -> v & (1L << bits) - 1);
  }

  private static Value signed(Value value, int bits) {
    int shift = 64 - bits;
    return bits == 0 ? Value.ANY : value.isConstant() ? value.map(v -> v << shift >> shift) : value;
  }
}
