package org.tinyjail.fuzz;

import java.util.Optional;
import java.util.Set;
import org.tinyjail.agent.ForkServer;
import org.tinyjail.agent.WaitStatus;
import org.tinyjail.model.Constants;

/**
 * How an execution ended.
 *
 * @param name for files; empty: as programs should
 * @param text for people
 */
record Ending(String name, String text) {
  /** Of a fault of the program's own. */
  private static final Set<String> CRASHES =
      Set.of("SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGSYS");

  /**
   * As told by the server.
   *
   * @param hungry whether it has asked for more memory than there is
   */
  static Ending of(ForkServer.End end, boolean hungry) {
    if (end.timedOut()) {
      return new Ending("hang", "does not end in time");
    }
    Optional<String> signal = Constants.name("signal", WaitStatus.signal(end.status()));
    String crash = signal.filter(CRASHES::contains).orElse("");
    String text =
        WaitStatus.signal(end.status()) == 0
            ? "ends with exit code " + WaitStatus.exitCode(end.status())
            : "ends by signal " + signal.orElse(String.valueOf(WaitStatus.signal(end.status())));
    if (hungry) {
      String name = crash.isEmpty() ? "memory" : "memory-" + crash;
      return new Ending(name, "asks for more memory than it may have, and " + text);
    }
    return new Ending(crash, text);
  }

  /** The same, with faults: kept apart from what happens without. */
  Ending withFault() {
    return new Ending(name + "-fault", text);
  }

  boolean isBad() {
    return !name.isEmpty();
  }
}
