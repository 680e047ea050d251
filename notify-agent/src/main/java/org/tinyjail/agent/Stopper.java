package org.tinyjail.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/** Ends processes that are known by id and start time: an id alone may be another's by now. */
final class Stopper {
  private Stopper() {}

  /** SIGTERM to each of {@code started}, and SIGKILL to those that are left after {@code grace}. */
  static void end(Map<Integer, Long> started, Duration grace) throws InterruptedException {
    forEach(started, ProcessHandle::destroy);
    Thread.sleep(grace.toMillis());
    forEach(started, ProcessHandle::destroyForcibly);
  }

  private static void forEach(Map<Integer, Long> started, Consumer<ProcessHandle> action) {
    started.forEach(
        (id, start) -> {
          if (startTime(id) == start) {
            ProcessHandle.of(id).ifPresent(action);
          }
        });
  }

  private static long startTime(int process) {
    try {
      return ProcStat.startTime(Files.readAllBytes(Path.of("/proc/" + process + "/stat")));
    } catch (IOException e) {
      return 0; // it has ended
    }
  }
}
