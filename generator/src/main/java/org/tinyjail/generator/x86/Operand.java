package org.tinyjail.generator.x86;

/** Where an operand is. */
public enum Operand {
  /** There is none. */
  NONE,
  /** In the low bits of a general register. */
  REGISTER,
  /** In bits 8 to 15 of a general register: ah, ch, dh, bh. */
  HIGH_BYTE,
  /** In memory, where {@link Instruction#base} and its like say. */
  MEMORY,
  /** In the instruction: {@link Instruction#immediate}. */
  IMMEDIATE,
  /** In a register that is no general one. */
  OTHER
}
