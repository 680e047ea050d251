package org.tinyjail.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;

/**
 * Keeps what is being learned in a file beside the spools, so that kill -9 loses no more than an
 * interval. Whoever opens the store next takes it in, as it does a spool.
 */
public final class Checkpoints implements AutoCloseable {
  private final Path file;
  private final Supplier<Run> run;
  private final Supplier<List<Observation>> learned;
  private final WriterProcess self;
  private final ScheduledExecutorService timer;
  private volatile @Nullable IOException failure;

  private Checkpoints(Path file, Supplier<Run> run, Supplier<List<Observation>> learned)
      throws IOException {
    this.file = file;
    this.run = run;
    this.learned = learned;
    this.self = WriterProcess.self();
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "checkpoints");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Begins to keep {@code learned} in {@code directory}, now and after each {@code interval}.
   *
   * @param run as it is by then; its id stays
   * @throws UncheckedIOException if the first file cannot be written
   */
  public static Checkpoints start(
      Path directory, Supplier<Run> run, Supplier<List<Observation>> learned, Duration interval) {
    try {
      Run begun = run.get();
      Checkpoints checkpoints =
          new Checkpoints(directory.resolve(begun.id() + ObservedFile.SUFFIX), run, learned);
      checkpoints.write(begun);
      long millis = interval.toMillis();
      var unused =
          checkpoints.timer.scheduleWithFixedDelay(
              checkpoints::writeQuietly, millis, millis, TimeUnit.MILLISECONDS);
      return checkpoints;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Why the last of the files could not be written; null if it could. */
  public @Nullable IOException failure() {
    return failure;
  }

  /**
   * Writes the last file, of a run that has ended.
   *
   * @throws UncheckedIOException if that fails
   */
  public void finish(Run ended) {
    stop();
    try {
      write(ended);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes the file: what was learned is safe elsewhere, or is not wanted. */
  public void discard() {
    stop();
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops writing; the file stays. */
  @Override
  public void close() {
    stop();
  }

  private void stop() {
    timer.shutdown();
    try {
      timer.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void writeQuietly() {
    try {
      write(run.get());
      failure = null;
    } catch (IOException e) {
      failure = e;
    }
  }

  private void write(Run current) throws IOException {
    new ObservedFile(self, current, learned.get()).write(file);
  }
}
