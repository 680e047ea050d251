package org.tinyjail.generator.bpf;

import java.util.List;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;
import org.tinyjail.model.SyscallData;

/** Runs filters in memory, as the kernel would. */
public final class BpfInterpreter {
  private BpfInterpreter() {}

  /**
   * The answer of a filter.
   *
   * @param value what it returned: {@code SECCOMP_RET_} and data
   * @param executed how many instructions ran
   */
  public record Result(int value, int executed) {}

  /**
   * Runs {@code program} on {@code data}.
   *
   * @throws IllegalArgumentException on an instruction that the kernel would refuse or that this
   *     interpreter does not know
   */
  public static Result run(BpfProgram program, SyscallData data) {
    List<Instruction> instructions = program.instructions();
    int accumulator = 0;
    int executed = 0;
    for (int at = 0; at < instructions.size(); ) {
      Instruction i = instructions.get(at++);
      executed++;
      int operand = i.k();
      switch (i.code()) {
        case Op.LOAD -> accumulator = word(data, operand);
        case Op.AND -> accumulator &= operand;
        case Op.JUMP -> at += operand;
        case Op.EQ -> at += jump(i, accumulator == operand);
        case Op.GT -> at += jump(i, Integer.compareUnsigned(accumulator, operand) > 0);
        case Op.GE -> at += jump(i, Integer.compareUnsigned(accumulator, operand) >= 0);
        case Op.SET -> at += jump(i, (accumulator & operand) != 0);
        case Op.RETURN -> {
          return new Result(operand, executed);
        }
        default ->
            throw new IllegalArgumentException(
                "instruction " + (at - 1) + ": unknown code 0x" + Integer.toHexString(i.code()));
      }
    }
    throw new IllegalArgumentException("the filter ends without an answer");
  }

  private static int jump(Instruction instruction, boolean holds) {
    return holds ? instruction.jumpTrue() : instruction.jumpFalse();
  }

  private static int word(SyscallData data, int offset) {
    if (offset % 4 != 0 || offset < 0 || offset >= Op.DATA_SIZE) {
      throw new IllegalArgumentException("load outside seccomp_data, offset " + offset);
    }
    long wide =
        switch (offset & ~7) {
          case 0 -> (data.number() & 0xffffffffL) | ((long) data.arch() << 32);
          case 8 -> data.instructionPointer();
          default -> data.argument((offset - Op.ARGUMENTS) / 8);
        };
    return (int) (wide >>> (8 * (offset & 4)));
  }
}
