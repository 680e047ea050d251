package org.tinyjail.fuzz;

import java.util.HashMap;
import java.util.Map;

/**
 * What the processes of a campaign have reported, as one. Executions are added up. Kinds of calls
 * are numbered by each process for itself, so that the most that one of them knows is all that can
 * be said of all: they are that many at least.
 */
final class Tally {
  private final Map<Integer, Long> executions = new HashMap<>();
  private final Map<Integer, Double> shares = new HashMap<>();
  private long total;
  private long kinds;
  private long last;

  /**
   * A process reports.
   *
   * @param process a number of its own
   * @param executed so far
   * @param known kinds of calls that it has seen
   * @param lastNew its execution that showed the last new one
   * @param share how much of its executions' time went into answering their calls
   */
  void report(int process, long executed, long known, long lastNew, double share) {
    shares.put(process, share);
    Long before = executions.put(process, executed);
    total += executed - (before == null ? 0 : before);
    if (known > kinds) {
      kinds = known;
      last = total - (executed - lastNew);
    }
  }

  /** Executions of all processes. */
  long executions() {
    return total;
  }

  /** Executions of all processes but one. */
  long executionsBut(int process) {
    return total - executions.getOrDefault(process, 0L);
  }

  /** How much of an execution's time went into answering its calls, over all. */
  double share() {
    double answering = 0;
    for (Map.Entry<Integer, Double> each : shares.entrySet()) {
      answering += each.getValue() * executions.getOrDefault(each.getKey(), 0L);
    }
    return total == 0 ? 0 : answering / total;
  }

  /** Kinds of calls that were seen, at least. */
  long kinds() {
    return kinds;
  }

  /** How many executions there had been when the last new kind was seen. */
  long last() {
    return last;
  }
}
