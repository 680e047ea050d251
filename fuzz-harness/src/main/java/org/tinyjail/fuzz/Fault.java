package org.tinyjail.fuzz;

import java.util.List;
import java.util.Set;
import org.tinyjail.agent.Notification;
import org.tinyjail.agent.Verdict;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/**
 * What befalls one call of a run: it is not carried out and fails, writes less than asked for, or a
 * signal arrives with it. Error paths make other calls, which a policy must know too.
 *
 * @param call which call of the run, from 0, in the order in which they are notified
 * @param kind what befalls it
 */
record Fault(int call, Kind kind) {
  /** Calls beyond are not reached: most programs make a few hundred. */
  static final int CALLS_MAX = 1024;

  /** Errors by errno-base.h and errno.h, signals by signal(7); plausible for many calls. */
  enum Kind {
    ENOENT(2),
    EINTR(4),
    EIO(5),
    EAGAIN(11),
    ENOMEM(12),
    EACCES(13),
    EEXIST(17),
    EMFILE(24),
    ENOSPC(28),
    EPIPE(32),
    ECONNRESET(104),
    SHORT(0),
    SIGHUP(-1),
    SIGUSR1(-10),
    SIGPIPE(-13),
    SIGTERM(-15),
    SIGCHLD(-17),
    SIGWINCH(-28);

    /** The errno; negative: the signal. */
    private final int value;

    Kind(int value) {
      this.value = value;
    }
  }

  /** Such calls do not return, or nothing could be told of a run without them. */
  private static final Set<String> SPARED =
      Set.of("exit", "exit_group", "execve", "execveat", "rt_sigreturn", "restart_syscall");

  private static final SyscallTable TABLE = SyscallTable.of(Arch.current());
  private static final int WRITE = TABLE.number("write").orElseThrow();
  private static final List<Kind> KINDS = List.of(Kind.values());

  static Fault of(int call, int kind) {
    return new Fault(call % CALLS_MAX, KINDS.get(kind % KINDS.size()));
  }

  /** What {@link #of} takes for its kind. */
  int kindNumber() {
    return KINDS.indexOf(kind);
  }

  /** As {@code 12 ENOMEM}, the opposite of which is {@link #parse}. */
  String line() {
    return call + " " + kind;
  }

  static Fault parse(String line) {
    String[] words = line.split(" ", -1);
    if (words.length != 2) {
      throw new IllegalArgumentException("wanted a call and a fault, 12 ENOMEM, was " + line);
    }
    return new Fault(Integer.parseInt(words[0]), Kind.valueOf(words[1]));
  }

  /** In words, of a call that is described. */
  String text(String what) {
    if (signal() != 0) {
      return kind + " arrives at " + what.replaceAll(",$", "");
    }
    return kind == Kind.SHORT ? what + " writes half" : what + " fails with " + kind;
  }

  /** The signal that arrives; 0: none. */
  int signal() {
    return kind.value < 0 ? -kind.value : 0;
  }

  /** The answer to {@code notification} in place of {@code usual}. */
  Verdict answer(Notification notification, Verdict usual) {
    boolean isNative = notification.archValue() == Arch.current().auditValue();
    if (signal() != 0 || !isNative || SPARED.contains(TABLE.nameOrNumber(notification.number()))) {
      return usual;
    }
    if (kind != Kind.SHORT) {
      return Verdict.fail(kind.value);
    }
    long size = notification.argument(2);
    return notification.number() == WRITE && size > 1 ? Verdict.value(size / 2) : usual;
  }
}
