package org.tinyjail.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A classic BPF program over {@code struct seccomp_data}, ready to be installed.
 *
 * @param instructions at least 1, at most {@link #MAX_INSTRUCTIONS}
 */
public record BpfProgram(List<Instruction> instructions) {
  /** {@code BPF_MAXINSNS} of the kernel. */
  public static final int MAX_INSTRUCTIONS = 4096;

  public BpfProgram {
    instructions = List.copyOf(instructions);
    if (instructions.isEmpty() || instructions.size() > MAX_INSTRUCTIONS) {
      throw new IllegalArgumentException(
          "a filter has 1.." + MAX_INSTRUCTIONS + " instructions, was " + instructions.size());
    }
  }

  /**
   * {@code struct sock_filter}.
   *
   * @param code operation, 16 bits
   * @param jumpTrue instructions to skip when a test holds, 0 to 255
   * @param jumpFalse instructions to skip when it does not, 0 to 255
   * @param k constant, offset or return value
   */
  public record Instruction(int code, int jumpTrue, int jumpFalse, int k) {
    public Instruction {
      if ((code & ~0xffff) != 0 || (jumpTrue & ~0xff) != 0 || (jumpFalse & ~0xff) != 0) {
        throw new IllegalArgumentException(
            "out of range: code " + code + ", jumps " + jumpTrue + ", " + jumpFalse);
      }
    }
  }

  /** The bytes of the {@code sock_filter} array, little-endian, 8 an instruction. */
  public byte[] toBytes() {
    ByteBuffer buffer = ByteBuffer.allocate(8 * instructions.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (Instruction i : instructions) {
      buffer.putShort((short) i.code());
      buffer.put((byte) i.jumpTrue());
      buffer.put((byte) i.jumpFalse());
      buffer.putInt(i.k());
    }
    return buffer.array();
  }
}
