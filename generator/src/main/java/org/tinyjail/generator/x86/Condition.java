package org.tinyjail.generator.x86;

import java.util.List;

/**
 * What a conditional jump, move or set depends on, in the order of their opcodes. Source: Intel
 * SDM, volume 1, appendix B.
 */
public enum Condition {
  OVERFLOW,
  NO_OVERFLOW,
  /** Less, of numbers without sign; carry. */
  BELOW,
  ABOVE_OR_EQUAL,
  /** Also: zero. */
  EQUAL,
  NOT_EQUAL,
  BELOW_OR_EQUAL,
  ABOVE,
  NEGATIVE,
  NOT_NEGATIVE,
  PARITY,
  NO_PARITY,
  /** Less, of numbers with sign. */
  LESS,
  GREATER_OR_EQUAL,
  LESS_OR_EQUAL,
  GREATER,
  /** None, or one that is no combination of flags, such as that of {@code jrcxz}. */
  NONE;

  private static final List<Condition> VALUES = List.of(values());

  static Condition of(int opcode) {
    return VALUES.get(opcode & 0xf);
  }

  /**
   * What is so where this is not; {@link #NONE} of itself. Two of their opcodes differ in a bit.
   */
  public Condition opposite() {
    return this == NONE ? NONE : VALUES.get(VALUES.indexOf(this) ^ 1);
  }
}
