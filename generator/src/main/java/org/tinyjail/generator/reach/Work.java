package org.tinyjail.generator.reach;

import java.util.concurrent.Executor;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * What other threads do beside an analysis: one for each processor. Files come first, of these the
 * largest, for which all wait in the end.
 */
final class Work implements AutoCloseable {
  /** Before small files: of many programs, what was found would pile up else. */
  private static final long KEEP = 1 << 20;

  private static final long AHEAD = -1;

  /** Longer is not waited at the end: what was not kept is found again. */
  private static final long END_SECONDS = 60;

  private final ThreadPoolExecutor pool;
  private volatile boolean ends;

  Work() {
    int threads = Runtime.getRuntime().availableProcessors();
    this.pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new PriorityBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "analysis");
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy()); // at the end nothing more is begun
  }

  /** For going through a file of {@code size} bytes. */
  Executor files(long size) {
    return task -> pool.execute(new Ranked(size, task));
  }

  /** For keeping what was found; done even if the analysis has ended. */
  Executor keeping() {
    return task -> pool.execute(new Ranked(KEEP, quiet(task)));
  }

  /** For what may be wanted: done while there is nothing else to do. */
  Executor ahead() {
    return task -> pool.execute(new Ranked(AHEAD, quiet(task)));
  }

  /** Waits until all that was begun is done and kept, but for what was done ahead. */
  @Override
  public void close() {
    ends = true;
    pool.shutdown();
    try {
      var unused = pool.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Nobody waits for it: what a file made to break this reader does is met again by who wants it.
   */
  private static Runnable quiet(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        return;
      }
    };
  }

  private final class Ranked implements Runnable, Comparable<Ranked> {
    private final long rank;
    private final Runnable task;

    Ranked(long rank, Runnable task) {
      this.rank = rank;
      this.task = task;
    }

    @Override
    public void run() {
      if (!ends || rank != AHEAD) { // somebody may wait for a file
        task.run();
      }
    }

    @Override
    public int compareTo(Ranked other) {
      return Long.compare(other.rank, rank);
    }
  }
}
