package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Serving;
import org.tinyjail.model.StackSample;
import org.tinyjail.model.SyscallTable;

/**
 * Sees when a server serves: once a thread has waited for work, again and again, all that its
 * process does, and those that it starts, is service. Learns as {@link RecordingDecider} does
 * beside, and keeps where in their functions the threads were.
 */
public final class ServingWatch implements Decider {
  /** From so many waits on a thread is taken to come back for more. */
  private static final int WAITS = 2;

  private static final int SAMPLES_OF_THREAD = 200;
  private static final int KEPT_OF_THREAD = 64;
  private static final int SAMPLES = 4000;
  private static final int THREADS_MAX = 4096;

  private static final Arch ARCH = Arch.current();
  private static final SyscallTable TABLE = SyscallTable.of(ARCH);
  private static final BitSet WAIT =
      numbers(
          "epoll_wait",
          "epoll_pwait",
          "epoll_pwait2",
          "poll",
          "ppoll",
          "select",
          "pselect6",
          "accept",
          "accept4",
          "rt_sigsuspend",
          "rt_sigtimedwait");
  private static final BitSet LISTEN = numbers("listen", "accept", "accept4");

  private final RecordingDecider recorder;
  private final StackReader stacks = new StackReader();
  private final Map<Integer, ThreadState> threads = eldestDropped();
  private final Map<Integer, ProcessState> processes = eldestDropped();
  private final Set<String> listening = new HashSet<>();
  private final Map<String, BitSet> served = new LinkedHashMap<>();
  private final List<ThreadState> all = new ArrayList<>();
  private int taken;

  private static final class ProcessState {
    private final TargetProcess process;
    private boolean serves;

    ProcessState(TargetProcess process) {
      this.process = process;
    }
  }

  private static final class ThreadState {
    private final ProcessState process;

    /** By the instruction that waits. */
    private final Map<Long, Wait> waits = new HashMap<>();

    private final List<StackSample> trail = new ArrayList<>();

    ThreadState(ProcessState process) {
      this.process = process;
    }
  }

  /** A place where a thread waits, and what it did from one time there to the next. */
  private static final class Wait {
    private final Set<StackSample> between = new LinkedHashSet<>();
    private int count;
    private int since;
  }

  /** Beside {@code recorder}, which decides. */
  public ServingWatch(RecordingDecider recorder) {
    this.recorder = recorder;
  }

  private static BitSet numbers(String... names) {
    BitSet numbers = new BitSet();
    for (String name : names) {
      TABLE.number(name).ifPresent(numbers::set);
    }
    return numbers;
  }

  private static <T> Map<Integer, T> eldestDropped() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<Integer, T> eldest) {
        return size() > THREADS_MAX;
      }
    };
  }

  @Override
  public Verdict decide(Notification call) {
    if (call.archValue() == ARCH.auditValue() && call.number() >= 0 && call.thread() != 0) {
      watch(call);
    }
    return recorder.decide(call);
  }

  @Override
  public void refused(Notification call, Action action) {
    recorder.refused(call, action);
  }

  private void watch(Notification call) {
    ThreadState thread = thread(call.caller());
    boolean waits = WAIT.get(call.number());
    if (LISTEN.get(call.number())) {
      listening.add(call.caller().executable());
    }
    Wait wait =
        waits ? thread.waits.computeIfAbsent(call.instructionPointer(), place -> new Wait()) : null;
    if (wait != null && ++wait.count >= WAITS) {
      thread.process.serves = true;
    }
    if (thread.process.serves) {
      served.computeIfAbsent(call.caller().executable(), file -> new BitSet()).set(call.number());
    }
    if (!thread.waits.isEmpty() && thread.trail.size() < SAMPLES_OF_THREAD && taken < SAMPLES) {
      sample(call, thread, wait);
    }
  }

  /** What is between two waits is in the loop; what comes after the last is not known to be. */
  private void sample(Notification call, ThreadState thread, @Nullable Wait wait) {
    taken++;
    StackSample sample = stacks.read(call, wait != null);
    if (sample == null) {
      return;
    }
    thread.trail.add(sample);
    if (wait != null) {
      int end = thread.trail.size();
      if (wait.count >= WAITS && wait.between.size() < KEPT_OF_THREAD) {
        wait.between.addAll(thread.trail.subList(wait.since, end));
      }
      wait.since = end - 1;
    }
  }

  private ThreadState thread(Caller caller) {
    ThreadState known = threads.get(caller.thread());
    if (known != null && known.process.process == caller.targetProcess()) {
      return known;
    }
    ThreadState state = new ThreadState(process(caller));
    threads.put(caller.thread(), state);
    if (all.size() < THREADS_MAX) {
      all.add(state);
    }
    return state;
  }

  private ProcessState process(Caller caller) {
    TargetProcess process = caller.targetProcess();
    ProcessState known = processes.get(process.id());
    if (known != null && known.process == process) {
      return known;
    }
    ProcessState state = new ProcessState(process);
    @Nullable ProcessState before = known != null ? known : processes.get(caller.parent());
    state.serves = before != null && before.serves;
    processes.put(process.id(), state);
    return state;
  }

  /** What was seen; when the target has ended. */
  public Serving serving() {
    Map<String, Set<String>> calls = new LinkedHashMap<>();
    served.forEach(
        (file, numbers) -> {
          Set<String> names = new HashSet<>();
          numbers.stream().forEach(number -> names.add(TABLE.nameOrNumber(number)));
          calls.put(file, names);
        });
    List<StackSample> samples = new ArrayList<>();
    for (ThreadState thread : all) {
      thread.waits.values().stream()
          .max(Comparator.comparingInt(wait -> wait.count))
          .ifPresent(wait -> samples.addAll(wait.between));
    }
    return new Serving(listening, calls, samples);
  }
}
