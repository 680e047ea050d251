package org.tinyjail.audit.source;

import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.log.LogLoss;

/**
 * Asks the kernel from time to time how many records it has lost before anybody could read them.
 */
public final class BacklogWatch implements AutoCloseable {
  private final KernelStatus status;
  private final InstantSource clock;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "audit-backlog");
            thread.setDaemon(true);
            return thread;
          });
  private Runnable last = () -> {};
  private OptionalLong lost;
  private Instant checked;

  BacklogWatch(KernelStatus status, InstantSource clock) {
    this.status = status;
    this.clock = clock;
    this.lost = status.lost();
    this.checked = clock.instant();
  }

  /** Asks each second until it is closed, and once more then. */
  public static BacklogWatch start(Collector collector, InstantSource clock) {
    BacklogWatch watch = new BacklogWatch(KernelStatus.open(), clock);
    watch.last = () -> watch.check(collector);
    var unused =
        watch.executor.scheduleAtFixedRate(() -> watch.check(collector), 1, 1, TimeUnit.SECONDS);
    return watch;
  }

  /** Whether the kernel tells (CAP_AUDIT_CONTROL). */
  boolean knows() {
    return lost.isPresent();
  }

  /** Has the collector know what was lost since the last time. */
  synchronized void check(Collector collector) {
    Instant now = clock.instant();
    OptionalLong lostNow = status.lost();
    long more =
        lostNow.isPresent() && lost.isPresent() ? lostNow.getAsLong() - lost.getAsLong() : 0;
    if (more > 0) { // less: somebody has set it to 0
      Instant from = checked.isAfter(now) ? now : checked;
      collector.lose(new LogLoss(LogLoss.Kind.BACKLOG, from, now, more));
    }
    if (lostNow.isPresent()) { // else the next answer is of this time too
      lost = lostNow;
      checked = now;
    }
  }

  @Override
  public void close() {
    executor.shutdown();
    try {
      boolean ended = executor.awaitTermination(2, TimeUnit.SECONDS);
      if (ended) {
        last.run();
        status.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
