package org.tinyjail.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.log.LogSession;

/** One line that is written over: how much was collected. On a terminal only. */
final class AuditProgress implements AutoCloseable {
  private final Context context;
  private final Collector collector;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
          });
  private boolean shown;

  private AuditProgress(Collector collector, Context context) {
    this.collector = collector;
    this.context = context;
  }

  static AuditProgress start(Collector collector, Context context) {
    AuditProgress progress = new AuditProgress(collector, context);
    if (Colours.isTerminal(Path.of("/proc/self/fd/2"))) {
      var unused = progress.executor.scheduleAtFixedRate(progress::show, 1, 1, TimeUnit.SECONDS);
    }
    return progress;
  }

  private synchronized void show() {
    List<LogSession> sessions = collector.sessions();
    long taken = sessions.stream().mapToLong(session -> session.counts().taken()).sum();
    long lost =
        sessions.stream()
            .flatMap(session -> session.losses().stream())
            .mapToLong(loss -> loss.records())
            .sum();
    context
        .err()
        .printf(Locale.ROOT, "\r\033[Ktiny-jail: %,d records taken, %,d lost", taken, lost);
    context.err().flush();
    shown = true;
  }

  @Override
  public synchronized void close() {
    executor.shutdownNow();
    if (shown) {
      context.err().print("\r\033[K");
      context.err().flush();
    }
  }
}
