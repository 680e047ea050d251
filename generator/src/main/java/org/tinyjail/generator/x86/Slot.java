package org.tinyjail.generator.x86;

/** Which part of an instruction names an operand. */
enum Slot {
  NONE,
  /** The field rm of ModRM: a general register, or memory. */
  RM,
  /** The same: another register, or memory. */
  VECTOR_RM,
  /** The field reg of ModRM: a general register. */
  REG,
  /** The low three bits of the opcode: a general register. */
  OPCODE,
  /** None: it is rax. */
  RAX,
  /** None: it is rcx. */
  RCX,
  /** The field vvvv of a VEX prefix: a general register. */
  VVVV,
  IMMEDIATE,
  /** The address behind the opcode: memory. */
  ADDRESS,
  /** Any part: a register that is no general one. */
  OTHER
}
