package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.CallKinds.Kind;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Constants;
import org.tinyjail.model.SyscallData;

/**
 * Lets every call through and tells of it. Results are not seen: the kernel carries a call out
 * after its notification was answered, and notifies nobody of what came of it.
 *
 * <p>Two calls are answered all the same: a listener of the target's own would take its calls out
 * of our sight, so {@code seccomp} with NEW_LISTENER fails with EBUSY, as where a listener is
 * already; and the jail refuses what would limit its supervisor.
 */
public final class TracingDecider implements Decider {
  /** Calls that are notified whatever is selected: they change who is who. */
  public static final Set<String> ALWAYS_NOTIFIED =
      Set.of("execve", "execveat", "exit", "exit_group");

  private static final Verdict CONTINUE =
      Verdict.unsafeContinue("tracing: nothing is decided, everything is let through");
  private static final int EBUSY = constant("errno", "EBUSY");
  private static final long SET_MODE_FILTER = constant("seccomp", "SECCOMP_SET_MODE_FILTER");
  private static final long NEW_LISTENER =
      constant("seccomp-filter", "SECCOMP_FILTER_FLAG_NEW_LISTENER");

  /** Threads whose first call is remembered; killed ones are never forgotten otherwise. */
  private static final int THREADS_MAX = 1 << 16;

  private final CallKinds kinds = new CallKinds(ArgumentScope.NONE, Set.of());
  private final PointerTable pointers = PointerTable.withData(EnumSet.of(Arch.current(), Arch.X86));
  private final Selection selection;
  private final Detail detail;
  private final Consumer<TraceEvent> log;

  private final Map<Integer, TargetProcess> threads =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, TargetProcess> eldest) {
          return size() > THREADS_MAX;
        }
      };

  /** Where the stack of a process began before its execve, by process. */
  private final Map<Integer, Long> stacks = new LinkedHashMap<>();

  /** What is told of a call; each costs time and includes the ones before. */
  public enum Detail {
    NAME,
    ARGUMENTS,
    CALL_SITE
  }

  /** Which calls are told of. */
  public interface Selection {
    /** Whether calls of this name are, with some arguments. */
    boolean mayInclude(String syscall);

    /** Whether this call is; arguments as the kernel takes them. */
    boolean includes(String syscall, SyscallData data);

    /** Whether calls of this process, executing this file, are. */
    boolean includes(int process, String executable);
  }

  /**
   * @param log is told of each event, in the order of each thread; must be quick, as the target
   *     waits
   */
  public TracingDecider(Selection selection, Detail detail, Consumer<TraceEvent> log) {
    this.selection = selection;
    this.detail = detail;
    this.log = log;
  }

  @Override
  public Verdict decide(Notification call) {
    Kind kind = kinds.kind(call.archValue(), call.number());
    if (kind == null) {
      return Verdict.fail(Action.ENOSYS);
    }
    if (isOwnListener(call, kind)) {
      tell(call, kind, OptionalInt.of(EBUSY));
      return Verdict.fail(EBUSY);
    }
    tell(call, kind, OptionalInt.empty());
    return CONTINUE;
  }

  @Override
  public void refused(Notification call, Action action) {
    Kind kind = kinds.kind(call.archValue(), call.number());
    if (kind != null && action instanceof Action.Fail fail) {
      tell(call, kind, OptionalInt.of(fail.errno()));
    }
  }

  private void tell(Notification call, Kind kind, OptionalInt error) {
    Caller caller = call.caller();
    boolean included = selection.includes(caller.process(), caller.executable());
    follow(call, caller, kind.name(), included);
    if (included && isSelected(call, kind)) {
      log.accept(called(call, caller, kind, error));
    }
  }

  private boolean isSelected(Notification call, Kind kind) {
    if (!selection.mayInclude(kind.name())) {
      return false;
    }
    SyscallData data = call.data();
    return selection.includes(kind.name(), kind.arch().is32Bit() ? data.lowHalves() : data);
  }

  private TraceEvent called(Notification call, Caller caller, Kind kind, OptionalInt error) {
    PointerTable.Rule rule = pointers.rule(call.archValue(), call.number());
    KeptMemory memory =
        rule == null || detail == Detail.NAME ? KeptMemory.NOTHING : call.memory(rule).keep();
    return new TraceEvent.Called(
        call.nanoTime(),
        call.thread(),
        caller.process(),
        caller.executable(),
        new TracedCall(kind.arch(), kind.name(), call.data(), memory),
        detail == Detail.CALL_SITE ? caller.callSite(call.instructionPointer()) : "",
        error);
  }

  private static boolean isOwnListener(Notification call, Kind kind) {
    return kind.name().equals("seccomp")
        && (int) call.argument(0) == SET_MODE_FILTER
        && (call.argument(1) & NEW_LISTENER) != 0;
  }

  /** Tells of threads that begin, and of execs that have succeeded. */
  private void follow(Notification call, Caller caller, String name, boolean told) {
    TargetProcess process = caller.targetProcess();
    if (caller.thread() == 0 || process.id() == 0) {
      return;
    }
    TargetProcess before = threads.get(caller.thread());
    if (before != process) {
      threads.put(caller.thread(), process);
      TraceEvent event = changed(call, caller, before);
      if (told && event != null) {
        log.accept(event);
      }
    }
    if (name.equals("exit")) {
      threads.remove(caller.thread());
    } else if (name.equals("exit_group")) {
      threads.remove(caller.thread());
      stacks.remove(process.id());
    } else if (name.startsWith("execve")) {
      stacks.put(process.id(), caller.stackStart());
    }
  }

  /** What it means that a thread is now seen in another process than {@code before}. */
  private @Nullable TraceEvent changed(
      Notification call, Caller caller, @Nullable TargetProcess before) {
    TargetProcess process = caller.targetProcess();
    if (before == null
        || before.id() != process.id()
        || before.startTime() != process.startTime()) {
      int parent = caller.thread() == process.id() ? caller.parent() : 0;
      return new TraceEvent.Started(
          call.nanoTime(), caller.thread(), process.id(), caller.executable(), parent);
    }
    Long stack = stacks.remove(process.id());
    boolean moved = stack != null && caller.stackStart() != stack;
    if (!moved && before.image() == process.image()) {
      return null; // the execve has failed, or nothing shows that it has not
    }
    return new TraceEvent.Executed(
        call.nanoTime(), caller.thread(), process.id(), caller.executable());
  }

  /** The calls that need not be notified: all that tables know and nobody selects. */
  public static List<String> unwatched(Selection selection, Iterable<String> names) {
    List<String> unwatched = new ArrayList<>();
    for (String name : names) {
      if (!selection.mayInclude(name) && !ALWAYS_NOTIFIED.contains(name)) {
        unwatched.add(name);
      }
    }
    return unwatched;
  }

  private static int constant(String set, String name) {
    return Constants.value(set, name).orElseThrow().intValue();
  }
}
