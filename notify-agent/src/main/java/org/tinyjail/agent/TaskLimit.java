package org.tinyjail.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many processes and threads may be below a process at once. The kernel's own limit does not
 * bind processes of root.
 *
 * <p>Those that begin are counted; only when that is too many, those that are there.
 */
final class TaskLimit {
  private final long most;
  private final long root;
  private long begun;

  /**
   * @param root the process whose descendants are counted
   */
  TaskLimit(long most, long root) {
    this.most = most;
    this.root = root;
  }

  /** Whether one more may begin. */
  boolean admits() {
    if (begun >= most) {
      begun = count();
    }
    begun++;
    return begun <= most;
  }

  private long count() {
    return ProcessHandle.of(root).stream()
        .flatMap(ProcessHandle::descendants)
        .mapToLong(process -> threads(process.pid()))
        .sum();
  }

  private static long threads(long process) {
    try {
      Object links = Files.getAttribute(Path.of("/proc/" + process + "/task"), "unix:nlink");
      return ((Number) links).longValue() - 2; // one for each, beside . and ..
    } catch (IOException e) {
      return 0; // it has ended
    }
  }
}
