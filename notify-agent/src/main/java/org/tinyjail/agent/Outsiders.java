package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/**
 * Processes outside the jail, whose resource limits are not the target's to set, whatever its
 * policy: with RLIMIT_CPU or RLIMIT_FSIZE it could end or cripple its supervisor. The launcher's
 * {@code outsider.c} decides the same and says why so.
 */
final class Outsiders {
  private static final int PID = 0;
  private static final int NEW_LIMIT = 2;

  /** {@code AUDIT_ARCH_} value and number of prlimit64, for each architecture. */
  private static final List<long[]> PRLIMIT64 = prlimit64();

  private final LinuxC c;
  private final ProcFiles files;
  private final int self = Math.toIntExact(ProcessHandle.current().pid());

  /**
   * @param filters seccomp filters that it is under
   * @param nested in a pid namespace below that of /proc
   */
  private record Status(int filters, boolean nested) {}

  Outsiders(LinuxC c, ProcFiles files) {
    this.c = c;
    this.files = files;
  }

  private static List<long[]> prlimit64() {
    List<long[]> calls = new ArrayList<>();
    for (Arch arch : Arch.values()) {
      if (arch.hasTable()) {
        int number = SyscallTable.of(arch).number("prlimit64").orElseThrow();
        calls.add(new long[] {arch.auditValue(), number});
      }
    }
    return calls;
  }

  /** Whether a call sets limits of a process outside the jail, or may do so. */
  boolean areLimitedBy(Notification call) {
    if (!setsLimitsOfAnother(call)) {
      return false;
    }
    Status ours = status(self, "../self/status");
    Status callers = call.thread() == 0 ? null : status(call.thread(), "status");
    if (ours == null || ours.nested || callers == null) {
      return true;
    }
    return !callers.nested && isOutside((int) call.argument(PID), ours);
  }

  private boolean isOutside(int process, Status ours) {
    Status status = status(process, "status");
    return status == null ? c.kill(process, 0) != -LinuxC.ESRCH : status.filters <= ours.filters;
  }

  private static boolean setsLimitsOfAnother(Notification call) {
    for (long[] prlimit64 : PRLIMIT64) {
      if (call.number() == prlimit64[1] && call.archValue() == prlimit64[0]) {
        return (int) call.argument(PID) != 0 && call.argument(NEW_LIMIT) != 0;
      }
    }
    return false;
  }

  /** Null if it cannot be read, or the kernel does not say. */
  private @Nullable Status status(int process, String file) {
    byte[] status = files.file(process, file);
    String filters = status == null ? null : ProcFiles.statusField(status, "Seccomp_filters");
    String numbers = status == null ? null : ProcFiles.statusField(status, "NSpid");
    return filters == null || numbers == null
        ? null
        : new Status(Integer.parseInt(filters), numbers.indexOf('\t') >= 0);
  }
}
