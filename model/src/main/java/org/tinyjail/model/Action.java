package org.tinyjail.model;

/**
 * What a filter answers to a system call. Source: linux/seccomp.h, seccomp(2).
 *
 * <p>{@link #precedence()} orders actions as the kernel does when several filters answer: the
 * lowest wins.
 */
// No deadlock: an interface without default methods is not initialised with its records (JLS
// 12.4.1).
@SuppressWarnings("ClassInitializationDeadlock")
public sealed interface Action {
  /** The call is carried out. */
  Action ALLOW = new Allow();

  /** The call is carried out and logged by the kernel. */
  Action LOG = new Log();

  /** A listener in user space decides. */
  Action NOTIFY = new Notify();

  /** The process gets SIGSYS, which it may catch. */
  Action TRAP = new Trap();

  /** The calling thread ends as by SIGSYS. */
  Action KILL_THREAD = new KillThread();

  /** The process ends as by SIGSYS. */
  Action KILL_PROCESS = new KillProcess();

  /** Operation not permitted: what a denial answers by default. */
  int EPERM = 1;

  /** Function not implemented: makes libc fall back to older calls. */
  int ENOSYS = 38;

  /** The call fails with {@code errno}, 0 to 4095 (0: it returns 0 and does nothing). */
  static Action fail(int errno) {
    return new Fail(errno);
  }

  /** A tracer decides; without one the call fails with ENOSYS. */
  static Action trace(int data) {
    return new Trace(data);
  }

  /**
   * The action that the kernel takes for what a BPF program returned: an unknown one kills, an
   * errno above 4095 is 4095.
   */
  static Action ofFilterValue(int value) {
    int data = value & 0xffff;
    return switch (value & 0xffff0000) {
      case 0x7fff0000 -> ALLOW;
      case 0x7ffc0000 -> LOG;
      case 0x7ff00000 -> trace(data);
      case 0x7fc00000 -> NOTIFY;
      case 0x00050000 -> fail(Math.min(data, 4095));
      case 0x00030000 -> TRAP;
      case 0 -> KILL_THREAD;
      default -> KILL_PROCESS;
    };
  }

  /** The value a BPF program returns for this action ({@code SECCOMP_RET_}, data in the low 16). */
  int filterValue();

  /** The name in OCI profiles, such as {@code SCMP_ACT_ERRNO}. */
  String scmpName();

  /** Rank among actions: the kernel takes the lowest. */
  int precedence();

  /** Whether the call is not carried out, unless somebody in user space says so. */
  boolean denies();

  /** See {@link Action#ALLOW}. */
  record Allow() implements Action {
    @Override
    public int filterValue() {
      return 0x7fff0000;
    }

    @Override
    public String scmpName() {
      return "SCMP_ACT_ALLOW";
    }

    @Override
    public int precedence() {
      return 7;
    }

    @Override
    public boolean denies() {
      return false;
    }
  }

  /** See {@link Action#LOG}. */
  record Log() implements Action {
    @Override
    public int filterValue() {
      return 0x7ffc0000;
    }

    @Override
    public String scmpName() {
      return "SCMP_ACT_LOG";
    }

    @Override
    public int precedence() {
      return 6;
    }

    @Override
    public boolean denies() {
      return false;
    }
  }

  /** See {@link Action#trace}. */
  record Trace(int data) implements Action {
    public Trace {
      if (data < 0 || data > 0xffff) {
        throw new IllegalArgumentException("trace data must be 0..65535, was " + data);
      }
    }

    @Override
    public int filterValue() {
      return 0x7ff00000 | data;
    }

    @Override
    public String scmpName() {
      return "SCMP_ACT_TRACE";
    }

    @Override
    public int precedence() {
      return 5;
    }

    @Override
    public boolean denies() {
      return true;
    }
  }

  /** See {@link Action#NOTIFY}. */
  record Notify() implements Action {
    @Override
    public int filterValue() {
      return 0x7fc00000;
    }

    @Override
    public String scmpName() {
      return "SCMP_ACT_NOTIFY";
    }

    @Override
    public int precedence() {
      return 4;
    }

    @Override
    public boolean denies() {
      return true;
    }
  }

  /** See {@link Action#fail}. */
  record Fail(int errno) implements Action {
    public Fail {
      if (errno < 0 || errno > 4095) {
        throw new IllegalArgumentException("errno must be 0..4095, was " + errno);
      }
    }

    @Override
    public int filterValue() {
      return 0x00050000 | errno;
    }

    @Override
    public String scmpName() {
      return "SCMP_ACT_ERRNO";
    }

    @Override
    public int precedence() {
      return 3;
    }

    @Override
    public boolean denies() {
      return true;
    }
  }

  /** See {@link Action#TRAP}. */
  record Trap() implements Action {
    @Override
    public int filterValue() {
      return 0x00030000;
    }

    @Override
    public String scmpName() {
      return "SCMP_ACT_TRAP";
    }

    @Override
    public int precedence() {
      return 2;
    }

    @Override
    public boolean denies() {
      return true;
    }
  }

  /** See {@link Action#KILL_THREAD}. */
  record KillThread() implements Action {
    @Override
    public int filterValue() {
      return 0;
    }

    @Override
    public String scmpName() {
      return "SCMP_ACT_KILL_THREAD";
    }

    @Override
    public int precedence() {
      return 1;
    }

    @Override
    public boolean denies() {
      return true;
    }
  }

  /** See {@link Action#KILL_PROCESS}. */
  record KillProcess() implements Action {
    @Override
    public int filterValue() {
      return 0x80000000;
    }

    @Override
    public String scmpName() {
      return "SCMP_ACT_KILL_PROCESS";
    }

    @Override
    public int precedence() {
      return 0;
    }

    @Override
    public boolean denies() {
      return true;
    }
  }
}
