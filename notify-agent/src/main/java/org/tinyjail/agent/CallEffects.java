package org.tinyjail.agent;

import java.util.List;
import java.util.OptionalInt;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/** What a call leaves behind once its run is over, told by its number and registers alone. */
final class CallEffects {
  private static final int NUMBERS = 1024;
  private static final byte FILES = 1;
  private static final byte OPEN = 2;
  private static final byte OPENAT = 3;
  private static final byte PROCESSES = 4;
  private static final byte CLONE = 5;
  private static final byte LIMITS = 6;
  private static final byte OTHERS = 7;

  /** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC; with O_TMPFILE comes one of the first two. */
  private static final long OPENS_TO_CHANGE = 1 | 2 | 0100 | 01000;

  private static final long CLONE_THREAD = 0x10000;
  private static final int NATIVE = Arch.current().auditValue();
  private static final byte[] KINDS = new byte[NUMBERS];

  static {
    put(OPEN, "open");
    put(OPENAT, "openat");
    put(CLONE, "clone");
    put(LIMITS, "prlimit64");
    put(OTHERS, "ptrace", "process_vm_writev", "setpriority", "ioprio_set");
    put(OTHERS, "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler");
    put(OTHERS, "add_key", "request_key", "keyctl");
    put(PROCESSES, "fork", "vfork", "clone3");
    put(
        FILES,
        "openat2",
        "creat",
        "mkdir",
        "mkdirat",
        "mknod",
        "mknodat",
        "link",
        "linkat",
        "symlink",
        "symlinkat",
        "rename",
        "renameat",
        "renameat2",
        "unlink",
        "unlinkat",
        "rmdir",
        "truncate",
        "chmod",
        "fchmodat",
        "fchmodat2",
        "chown",
        "lchown",
        "fchownat",
        "utime",
        "utimes",
        "futimesat",
        "utimensat",
        "setxattr",
        "lsetxattr",
        "removexattr",
        "lremovexattr",
        "setxattrat",
        "removexattrat",
        "fchmod",
        "fchown",
        "fsetxattr",
        "fremovexattr",
        "file_setattr",
        "shmget",
        "semget",
        "msgget",
        "mq_open",
        "bind",
        "io_uring_setup",
        "open_by_handle_at");
  }

  private CallEffects() {}

  private static void put(byte kind, String... names) {
    for (String name : List.of(names)) {
      SyscallTable.of(Arch.current()).number(name).ifPresent(number -> KINDS[number] = kind);
    }
  }

  /** Whether a call of this name has none, whatever its arguments; false for unknown names. */
  static boolean areNone(String name) {
    OptionalInt number = SyscallTable.of(Arch.current()).number(name);
    return number.isPresent() && number.getAsInt() < NUMBERS && KINDS[number.getAsInt()] == 0;
  }

  private static byte kind(Notification call) {
    int number = call.number();
    return number >= 0 && number < NUMBERS ? KINDS[number] : 0;
  }

  /** Whether files may be other than before; true for calls of another architecture. */
  static boolean onFiles(Notification call) {
    if (call.archValue() != NATIVE) {
      return true;
    }
    byte kind = kind(call);
    return kind == FILES
        || (kind == OPEN && (call.argument(1) & OPENS_TO_CHANGE) != 0)
        || (kind == OPENAT && (call.argument(2) & OPENS_TO_CHANGE) != 0);
  }

  /** Whether another process than the caller, the server perhaps, may be other than before. */
  static boolean onOthers(Notification call) {
    if (call.archValue() != NATIVE || call.argument(0) == 0) {
      return false;
    }
    byte kind = kind(call);
    return kind == OTHERS || (kind == LIMITS && call.argument(2) != 0);
  }

  /** Whether a process or a thread may begin; true for calls of another architecture. */
  static boolean onTasks(Notification call) {
    return onProcesses(call) || kind(call) == CLONE;
  }

  /** Whether a process may be left over; true for calls of another architecture. */
  static boolean onProcesses(Notification call) {
    if (call.archValue() != NATIVE) {
      return true;
    }
    byte kind = kind(call);
    return kind == PROCESSES || (kind == CLONE && (call.argument(0) & CLONE_THREAD) == 0);
  }
}
