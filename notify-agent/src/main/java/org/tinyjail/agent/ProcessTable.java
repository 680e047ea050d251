package org.tinyjail.agent;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Escape;
import org.tinyjail.model.SyscallTable;

/**
 * Who makes calls: threads, their processes, and what those execute. Used by the listener's thread
 * alone.
 *
 * <p>What {@code /proc} said about a thread is kept for a while, and given up
 *
 * <ul>
 *   <li>when the thread or its process ends by a call of its own;
 *   <li>from the moment an execve is let through until it is over: every call is then looked up
 *       anew, since another thread may still call before all of them are gone;
 *   <li>after {@link #recheckNanos}: thread ids are used again.
 * </ul>
 */
final class ProcessTable {
  /** Re-check where each execve is notified: only the reuse of ids is left to be noticed. */
  static final long EXECS_NOTIFIED = 1_000_000_000L;

  /** Re-check where an execve may run without notification. */
  static final long EXECS_UNSEEN = 200_000L;

  private static final int WAYS = 4;
  private static final int SETS = 1024;
  private static final int PROCESSES_MAX = 8192;
  private static final int IMAGES_MAX = 1024;
  private static final int NUMBERS = 1024;

  private static final byte EXEC = 1;
  private static final byte EXIT = 2;
  private static final byte EXIT_GROUP = 3;
  private static final Map<String, Byte> SPECIAL =
      Map.of("execve", EXEC, "execveat", EXEC, "exit", EXIT, "exit_group", EXIT_GROUP);
  private static final byte[] NATIVE = special(Arch.current());
  private static final byte[] X86 = special(Arch.X86);

  private final ProcFiles files;
  private final LinuxC c;
  private final long recheckNanos;
  private final UnaryOperator<String> naming;
  private final @Nullable Caller[] callers = new Caller[SETS * WAYS];
  private final Map<Integer, TargetProcess> processes = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<String, Image> images = new HashMap<>();

  /** Start times by process id, for other threads than the listener's. */
  private final Map<Integer, Long> started = new ConcurrentHashMap<>();

  private final Image otherImage = new Image(IMAGES_MAX, "(more than " + IMAGES_MAX + " files)");
  private final Caller unknown;
  private int nextWay;

  ProcessTable(LinuxC c, ProcFiles files, long recheckNanos) {
    this(c, files, recheckNanos, path -> path);
  }

  /**
   * As above.
   *
   * @param naming from what {@code /proc/PID/exe} says to the path that is meant
   */
  ProcessTable(LinuxC c, ProcFiles files, long recheckNanos, UnaryOperator<String> naming) {
    this.naming = naming;
    this.c = c;
    this.files = files;
    this.recheckNanos = recheckNanos;
    this.unknown = new Caller(files, 0, TargetProcess.UNKNOWN, 0);
  }

  /** The highest value of {@link Image#index} that there can be. */
  static int maxImageIndex() {
    return IMAGES_MAX;
  }

  /** Who made the call of {@code notification}; the unknown caller if it is not visible. */
  Caller caller(Notification notification) {
    int thread = notification.thread();
    if (thread == 0) {
      return unknown;
    }
    int set = (thread & (SETS - 1)) * WAYS;
    for (int way = set; way < set + WAYS; way++) {
      Caller caller = callers[way];
      if (caller != null && caller.thread() == thread) {
        if (isFresh(caller, notification.nanoTime())) {
          return caller;
        }
        return keep(way, lookUp(notification, thread, caller));
      }
    }
    return keep(set + (nextWay++ & (WAYS - 1)), lookUp(notification, thread, null));
  }

  /** The processes that have called and not ended since, with their start times; for any thread. */
  Map<Integer, Long> started() {
    return started;
  }

  /** Takes the caller for a copy of {@code parent} by fork, without looking. */
  void adopt(Notification notification, TargetProcess parent) {
    int thread = notification.thread();
    forget(thread);
    TargetProcess process = add(new TargetProcess(thread, 0, parent.image(), parent.link()));
    int way = (thread & (SETS - 1)) * WAYS + (nextWay++ & (WAYS - 1));
    keep(way, new Caller(files, thread, process, notification.nanoTime()));
  }

  private Caller keep(int way, Caller caller) {
    callers[way] = caller;
    return caller;
  }

  private boolean isFresh(Caller caller, long now) {
    TargetProcess process = caller.targetProcess();
    return process.execThread() == 0 && !process.isOver() && now - caller.checked() < recheckNanos;
  }

  /** To be told before a call is answered: some calls change who is who. */
  void beforeAnswer(Notification notification, Verdict verdict) {
    byte special = special(notification.archValue(), notification.number());
    if (special == 0 || !(verdict instanceof Verdict.UnsafeContinue)) {
      return;
    }
    Caller caller = caller(notification);
    if (caller.thread() == 0) {
      return;
    }
    switch (special) {
      case EXEC -> caller.targetProcess().execBy(caller.thread());
      case EXIT -> forget(caller.thread());
      default -> {
        caller.targetProcess().end(c);
        started.remove(caller.targetProcess().id());
      }
    }
  }

  private void forget(int thread) {
    int set = (thread & (SETS - 1)) * WAYS;
    for (int way = set; way < set + WAYS; way++) {
      Caller caller = callers[way];
      if (caller != null && caller.thread() == thread) {
        callers[way] = null;
      }
    }
  }

  private Caller lookUp(Notification notification, int thread, @Nullable Caller before) {
    if (before != null && isInExec(before, thread)) {
      return duringExec(before, thread, notification);
    }
    int group = files.threadGroup(thread);
    byte[] link = files.link(thread, "exe");
    long start = group == 0 ? 0 : files.startTime(group);
    // Only if the thread still waits was all this read about the right one.
    if (group == 0 || link == null || !notification.isWaiting()) {
      return before != null && !before.targetProcess().isOver() ? before : unknown;
    }
    TargetProcess process = process(group, start, link);
    if (process.execThread() != 0) {
      process = afterExec(process, thread, link);
    }
    return new Caller(files, thread, process, notification.nanoTime());
  }

  private static boolean isInExec(Caller caller, int thread) {
    TargetProcess process = caller.targetProcess();
    return process.execThread() != 0 && !process.isOver() && process.execThread() != thread;
  }

  /** Another thread of the process is in its execve, which may or may not be over. */
  private Caller duringExec(Caller before, int thread, Notification notification) {
    TargetProcess process = before.targetProcess();
    boolean over = !files.isThreadOf(process.execThread(), process.id());
    byte[] link = files.link(thread, "exe");
    if (link == null || !notification.isWaiting()) {
      return before;
    }
    if (!over && Arrays.equals(link, process.link())) {
      return before;
    }
    return new Caller(files, thread, renew(process, link), notification.nanoTime());
  }

  /** The thread in the execve calls again, or the leader whose place it took. */
  private TargetProcess afterExec(TargetProcess process, int thread, byte[] link) {
    boolean over =
        process.execThread() == thread || !files.isThreadOf(process.execThread(), process.id());
    return over ? renew(process, link) : process;
  }

  private TargetProcess process(int group, long start, byte[] link) {
    TargetProcess known = processes.get(group);
    if (known != null
        && !known.isOver()
        && known.startTime() == start
        && (known.execThread() != 0 || Arrays.equals(known.link(), link))) {
      return known;
    }
    if (known != null) {
      known.end(c);
    }
    return add(new TargetProcess(group, start, image(link), link));
  }

  private TargetProcess renew(TargetProcess process, byte[] link) {
    process.end(c);
    return add(new TargetProcess(process.id(), process.startTime(), image(link), link));
  }

  private TargetProcess add(TargetProcess process) {
    processes.put(process.id(), process);
    started.put(process.id(), process.startTime());
    if (processes.size() > PROCESSES_MAX) {
      Iterator<TargetProcess> eldest = processes.values().iterator();
      TargetProcess over = eldest.next();
      over.end(c);
      eldest.remove();
      started.remove(over.id());
    }
    return process;
  }

  private Image image(byte[] link) {
    String path = Escape.text(link);
    Image image = images.get(path);
    if (image == null && images.size() >= IMAGES_MAX - 1) {
      return otherImage;
    }
    if (image == null) {
      image = new Image(images.size() + 1, naming.apply(path));
      images.put(path, image);
    }
    return image;
  }

  /** Whether a call of this name changes who is who: it must be seen. */
  static boolean isSpecial(String name) {
    return SPECIAL.containsKey(name);
  }

  private static byte special(int arch, int number) {
    if (number < 0 || number >= NUMBERS) {
      return 0;
    }
    return arch == Arch.X86.auditValue() ? X86[number] : NATIVE[number];
  }

  private static byte[] special(Arch arch) {
    byte[] kinds = new byte[NUMBERS];
    SyscallTable table = SyscallTable.of(arch);
    SPECIAL.forEach((name, kind) -> kinds[table.number(name).orElseThrow()] = kind);
    return kinds;
  }
}
