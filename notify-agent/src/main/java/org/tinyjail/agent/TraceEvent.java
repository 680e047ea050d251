package org.tinyjail.agent;

import java.util.OptionalInt;

/** One line of a trace. */
public sealed interface TraceEvent {
  /** When it was seen, in terms of {@link System#nanoTime}. */
  long nanoTime();

  /** The thread it is about. */
  int thread();

  /** The process of that thread. */
  int process();

  /** The path of the file that the process executes; empty if unknown. */
  String executable();

  /**
   * The first call of a thread was seen. It may have begun before: nothing tells of threads but
   * their calls.
   *
   * @param parent of its process; 0 for a further thread of a process already seen
   */
  record Started(long nanoTime, int thread, int process, String executable, int parent)
      implements TraceEvent {}

  /** The first call after an execve was seen, which has therefore succeeded. */
  record Executed(long nanoTime, int thread, int process, String executable)
      implements TraceEvent {}

  /**
   * A call is about to be carried out, or was answered.
   *
   * @param callSite module and offset; empty if unknown or not wanted
   * @param error what tiny-jail has answered it with; empty if the kernel carries it out, whose
   *     result is not seen
   */
  record Called(
      long nanoTime,
      int thread,
      int process,
      String executable,
      TracedCall call,
      String callSite,
      OptionalInt error)
      implements TraceEvent {}

  /** The main process has ended, with this status as of waitpid. */
  record Ended(long nanoTime, int process, int status) implements TraceEvent {
    @Override
    public int thread() {
      return process;
    }

    @Override
    public String executable() {
      return "";
    }
  }
}
