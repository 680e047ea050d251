package org.tinyjail.generator.x86;

/** Where execution goes on after an instruction. */
public enum Flow {
  /** At the next instruction. */
  NONE,
  /** At {@link Instruction#target}, and then at the next instruction. */
  CALL,
  /** Where the first operand says, and then at the next instruction. */
  CALL_INDIRECT,
  /** At {@link Instruction#target}. */
  JUMP,
  /** At {@link Instruction#target} or at the next instruction. */
  JUMP_CONDITIONAL,
  /** Where the first operand says. */
  JUMP_INDIRECT,
  /** At the caller, or wherever the stack says. */
  RETURN,
  /** In the kernel, with the number of a call, and then at the next instruction. */
  SYSCALL,
  /** As {@link #SYSCALL}, with numbers and registers of 32-bit programs: {@code int $0x80}. */
  INT80,
  /** In the kernel, with a call of a 32-bit program, and then where the kernel says. */
  SYSENTER,
  /** Nowhere, or in a debugger: {@code ud2}, {@code hlt}, {@code int3}, other interrupts. */
  TRAP;

  /** Whether execution may go on at the next instruction. */
  public boolean goesOn() {
    return switch (this) {
      case JUMP, JUMP_INDIRECT, RETURN, TRAP -> false;
      case NONE, CALL, CALL_INDIRECT, JUMP_CONDITIONAL, SYSCALL, INT80, SYSENTER -> true;
    };
  }
}
