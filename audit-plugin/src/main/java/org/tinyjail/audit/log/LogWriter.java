package org.tinyjail.audit.log;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.tinyjail.model.EvidenceException;

/**
 * Takes what a collector has to the store, from time to time, in a thread of its own. While the
 * store cannot be used, it waits in the collector.
 */
public final class LogWriter implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Of the time, others have the store for at least nine tenths. */
  private static final int SHARE = 9;

  private final Collector collector;
  private final Function<String, String> buildIds;
  private final Consumer<List<LogEvidence>> store;
  private final Consumer<String> warnings;
  private final Thread thread = new Thread(this::run, "audit-writer");
  private final Object pause = new Object();
  private boolean over;
  private boolean failing;

  /**
   * @param buildIds the build id of an executable; empty if unknown
   * @param store writes all or, if it throws {@link EvidenceException}, nothing
   * @param warnings takes lines that a person should see
   */
  public LogWriter(
      Collector collector,
      Function<String, String> buildIds,
      Consumer<List<LogEvidence>> store,
      Consumer<String> warnings) {
    this.collector = collector;
    this.buildIds = buildIds;
    this.store = store;
    this.warnings = warnings;
    thread.setDaemon(true);
  }

  /** Begins to write, about once a second where something has changed. */
  public void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!isOver()) {
        long began = System.nanoTime();
        if (collector.isChanged()) {
          tryToWrite();
        }
        Duration took = Duration.ofNanos(System.nanoTime() - began).multipliedBy(SHARE);
        pause(took.compareTo(PAUSE) > 0 ? took : PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isOver() {
    synchronized (pause) {
      return over;
    }
  }

  private void pause(Duration time) throws InterruptedException {
    long deadline = System.nanoTime() + time.toNanos();
    synchronized (pause) {
      for (long left = time.toMillis(); !over && left > 0; ) {
        pause.wait(left);
        left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
      }
    }
  }

  /** Writes what has changed now; what cannot be written now is written later. */
  public synchronized void tryToWrite() {
    try {
      write(false);
      failing = false;
    } catch (RuntimeException e) {
      if (!failing) {
        warnings.accept(e.getMessage() + "; records are kept in memory until that works");
      }
      failing = true;
    }
  }

  /**
   * Writes what has changed now.
   *
   * @param end whether the sessions end
   * @throws EvidenceException if it cannot be written; then it still is in the collector
   */
  public synchronized void write(boolean end) {
    List<LogEvidence> evidence =
        collector.changes(end).stream().map(one -> one.withBuildIds(buildIds)).toList();
    if (evidence.isEmpty()) {
      return;
    }
    try {
      store.accept(evidence);
    } catch (RuntimeException | Error e) {
      collector.notWritten(evidence);
      throw e;
    }
  }

  /**
   * Ends the sessions and writes them.
   *
   * @throws EvidenceException if that cannot be done
   */
  @Override
  public void close() {
    synchronized (pause) {
      over = true;
      pause.notifyAll();
    }
    try {
      if (thread.isAlive()) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    write(true);
  }
}
