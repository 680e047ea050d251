package org.tinyjail.generator.reach;

import java.util.Arrays;
import org.tinyjail.generator.x86.Instruction;

/** What registers and the stack may hold at a place of a function. */
final class State {
  static final int RAX = 0;
  static final int RCX = 1;
  static final int RDX = 2;
  static final int RSP = 4;
  static final int RBP = 5;
  static final int RSI = 6;
  static final int RDI = 7;
  static final int R8 = 8;
  static final int R9 = 9;
  static final int R10 = 10;
  static final int REGISTERS = 16;

  /** rax, rcx, rdx, rsi, rdi, r8 to r11: System V ABI, x86-64, section 3.2.1. */
  private static final int CALLER_SAVED = 0b0000_1111_1100_0111;

  /** More slots than this are forgotten: large frames hold data. */
  private static final int SLOTS_MAX = 64;

  private static final Value[] ENTERED = entered();

  private final Value[] registers;

  /** Where slots are that are known, by their distance from the return address, ascending. */
  private long[] offsets;

  /** What they may hold; slots that are not here may hold anything. */
  private Value[] held;

  private int count;

  /** A register that is known to hold at most {@link #most}, without sign; or none. */
  private int limited = Instruction.NONE;

  private long most;

  /** Whether slots of the caller were written to that are not kept: any may hold anything. */
  private boolean overflowed;

  private State(Value[] registers, long[] offsets, Value[] held, int count) {
    this.registers = registers;
    this.offsets = offsets;
    this.held = held;
    this.count = count;
  }

  private State(Value[] registers) {
    this(registers, new long[0], new Value[0], 0);
  }

  /** That on entry of a function. */
  static State entry() {
    return new State(ENTERED.clone());
  }

  private static Value[] entered() {
    Value[] registers = new Value[REGISTERS];
    Arrays.setAll(registers, i -> Value.of(new Atom.Entry(i)));
    registers[RSP] = Value.of(new Atom.StackAddress(0));
    return registers;
  }

  /** That where nothing is known. */
  static State unknown() {
    Value[] registers = new Value[REGISTERS];
    Arrays.fill(registers, Value.ANY);
    return new State(registers);
  }

  State copy() {
    State copy = new State(registers.clone(), offsets.clone(), held.clone(), count);
    copy.limited = limited;
    copy.most = most;
    copy.overflowed = overflowed;
    return copy;
  }

  Value register(int number) {
    return registers[number];
  }

  void set(int number, Value value) {
    registers[number] = value;
    if (number == limited) {
      limited = Instruction.NONE;
    }
  }

  /** A register is known to hold at most this, without sign, until it is set. */
  void limit(int register, long number) {
    limited = register;
    most = number;
  }

  /** What a register holds at most, without sign; {@code Long.MAX_VALUE} if that is not known. */
  long most(int register) {
    return register == limited ? most : Long.MAX_VALUE;
  }

  /** What was one and the same before, wherever it is now, has turned out to be {@code known}. */
  void learn(Value before, Value known) {
    if (before.atoms().size() != 1) {
      return;
    }
    for (int i = 0; i < REGISTERS; i++) {
      if (registers[i].equals(before)) {
        registers[i] = known;
      }
    }
    for (int i = 0; i < count; i++) {
      if (held[i].equals(before)) {
        held[i] = known;
      }
    }
  }

  /** Sets those in a mask to anything. */
  void forget(int mask) {
    for (int i = 0; i < REGISTERS; i++) {
      if ((mask >> i & 1) != 0) {
        set(i, Value.ANY);
      }
    }
  }

  /** What is at an address of the stack. */
  Value slot(long offset) {
    int at = Arrays.binarySearch(offsets, 0, count, offset);
    return at >= 0 ? held[at] : initial(offset);
  }

  /** What is there while nobody has written to it. */
  private Value initial(long offset) {
    return offset > 0 && !overflowed ? Value.of(new Atom.EntryStack(offset)) : Value.ANY;
  }

  void setSlot(long offset, Value value) {
    int at = Arrays.binarySearch(offsets, 0, count, offset);
    if (at >= 0) {
      held[at] = value;
    } else if (count < SLOTS_MAX) {
      insert(-at - 1, offset, value);
    } else {
      overflowed |= offset > 0;
    }
  }

  private void insert(int at, long offset, Value value) {
    if (count == offsets.length) {
      int room = Math.max(8, count * 2);
      offsets = Arrays.copyOf(offsets, room);
      held = Arrays.copyOf(held, room);
    }
    System.arraycopy(offsets, at, offsets, at + 1, count - at);
    System.arraycopy(held, at, held, at + 1, count - at);
    offsets[at] = offset;
    held[at] = value;
    count++;
  }

  /** A function has returned: what it may change is unknown, slots that it knows of too. */
  void afterCall() {
    for (int i = 0; i < REGISTERS; i++) {
      Atom.StackAddress shown = registers[i].only(Atom.StackAddress.class);
      if (shown != null && (CALLER_SAVED >> i & 1) != 0) {
        forgetSlots(shown.offset());
      }
    }
    forget(CALLER_SAVED);
  }

  private void forgetSlots(long from) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (offsets[i] < from || offsets[i] > 0) {
        offsets[kept] = offsets[i];
        held[kept++] = offsets[i] < from ? held[i] : Value.ANY;
      }
    }
    count = kept;
  }

  /**
   * Takes in what may come from elsewhere.
   *
   * @param widens whether what changes thereby may be anything
   * @return whether that changes anything
   */
  @SuppressWarnings("ReferenceEquality") // Value.or gives the very object that nothing was added to
  boolean join(State other, boolean widens) {
    boolean changed = other.overflowed && !overflowed;
    overflowed |= other.overflowed;
    if (limited != Instruction.NONE && other.most(limited) > most) {
      limited = Instruction.NONE;
      changed = true;
    }
    for (int i = 0; i < REGISTERS; i++) {
      Value joined = registers[i].or(other.registers[i]);
      if (joined != registers[i]) {
        changed = true;
        registers[i] = widens ? Value.ANY : joined;
      }
    }
    int kept = 0;
    for (int i = 0; i < count; i++) {
      Value joined = held[i].or(other.slot(offsets[i]));
      if (joined != held[i]) {
        changed = true;
        joined = widens ? Value.ANY : joined;
      }
      if (!joined.isAny() || offsets[i] > 0) {
        offsets[kept] = offsets[i];
        held[kept++] = joined;
      }
    }
    count = kept;
    for (int i = 0; i < other.count; i++) {
      long offset = other.offsets[i];
      if (offset > 0 && Arrays.binarySearch(offsets, 0, count, offset) < 0) {
        Value initial = initial(offset);
        Value joined = initial.or(other.held[i]);
        if (joined != initial) {
          changed = true;
          setSlot(offset, widens ? Value.ANY : joined);
        }
      }
    }
    return changed;
  }
}
