package org.tinyjail.generator.groups;

import java.util.Arrays;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/** Whether a group holds a call with these arguments. */
final class Held {
  private Held() {}

  static boolean by(Groups groups, String group, String call, long... arguments) {
    int number = SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
    SyscallData data = SyscallData.of(Arch.X86_64, number, Arrays.copyOf(arguments, 6));
    return groups.members(group).stream()
        .anyMatch(member -> member.syscall().equals(call) && member.mayMean(data));
  }
}
