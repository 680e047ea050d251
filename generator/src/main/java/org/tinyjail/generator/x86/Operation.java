package org.tinyjail.generator.x86;

/**
 * What an instruction computes from its operands, as far as data flow is concerned.
 *
 * <p>"First" and "second" are {@link Instruction#first} and {@link Instruction#second}, the
 * destination first. All but {@link #OTHER} do just what is said here, and set flags.
 */
public enum Operation {
  /** first = second; neither a segment nor a control register is involved. */
  MOVE,
  /** first = the address of the memory operand, which is not read. */
  LOAD_ADDRESS,
  /** first += second. */
  ADD,
  /** first -= second. */
  SUBTRACT,
  /** first &amp;= second. */
  AND,
  /** first |= second. */
  OR,
  /** first ^= second. */
  XOR,
  /** first = ~first. */
  NOT,
  /** first = -first. */
  NEGATE,
  /** first += 1. */
  INCREMENT,
  /** first -= 1. */
  DECREMENT,
  /** first &lt;&lt;= second, of which five bits count, or six if first has 64. */
  SHIFT_LEFT,
  /** first &gt;&gt;&gt;= second, counted as in {@link #SHIFT_LEFT}. */
  SHIFT_RIGHT,
  /** first &gt;&gt;= second, counted as in {@link #SHIFT_LEFT}. */
  SHIFT_RIGHT_SIGNED,
  /** first = second * immediate if there is one, else first *= second. */
  MULTIPLY,
  /** Flags of first - second. */
  COMPARE,
  /** Flags of first &amp; second. */
  TEST,
  /** Pushes first; a segment register if there is none. */
  PUSH,
  /** Pops into first; into a segment register if there is none. */
  POP,
  /** rsp = rbp, then pops rbp. */
  LEAVE,
  /** Swaps first and second. */
  EXCHANGE,
  /** first = second, extended by its sign from {@link Instruction#secondSize} bits. */
  SIGN_EXTEND,
  /** first = second, extended by zeros from {@link Instruction#secondSize} bits. */
  ZERO_EXTEND,
  /**
   * If {@link Instruction#condition} then first = second. A first of 32 bits is extended to 64 by
   * zeros either way.
   */
  CONDITIONAL_MOVE,
  /** first = 1 if {@link Instruction#condition}, else 0. */
  SET,
  /** Nothing; an operand is not looked at. */
  NOTHING,
  /**
   * Anything else: {@link Instruction#writes} and {@link Instruction#mayWriteMemory} say what may
   * change.
   */
  OTHER
}
