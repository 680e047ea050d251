package org.tinyjail.model;

import java.util.List;

/**
 * A system call as a filter sees it: {@code struct seccomp_data}.
 *
 * @param number signed, as the kernel keeps it; x32 numbers with their bit
 * @param arch the {@code AUDIT_ARCH_} value
 * @param instructionPointer the address behind the call
 * @param arguments six registers
 */
public record SyscallData(int number, int arch, long instructionPointer, List<Long> arguments) {
  public SyscallData {
    arguments = List.copyOf(arguments);
    if (arguments.size() != 6) {
      throw new IllegalArgumentException("a call has 6 arguments, was " + arguments.size());
    }
  }

  /** A call of {@code arch} with the given leading arguments, the rest 0, from address 0. */
  public static SyscallData of(Arch arch, int number, long... arguments) {
    Long[] six = {0L, 0L, 0L, 0L, 0L, 0L};
    for (int i = 0; i < arguments.length; i++) {
      six[i] = arguments[i];
    }
    return new SyscallData(number, arch.auditValue(), 0, List.of(six));
  }

  /** This call with the low 32 bits of each argument. */
  public SyscallData lowHalves() {
    List<Long> low = arguments.stream().map(argument -> argument & 0xffffffffL).toList();
    return new SyscallData(number, arch, instructionPointer, low);
  }

  /** Argument {@code index}, 0 to 5. */
  public long argument(int index) {
    return arguments.get(index);
  }
}
