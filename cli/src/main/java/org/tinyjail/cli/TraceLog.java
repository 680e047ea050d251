package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.TraceEvent;
import org.tinyjail.agent.TraceEvent.Called;

/**
 * Writes events as they come, on a thread of its own: the target waits for what is read of its
 * memory, not for how it looks. It waits too when more than {@value #QUEUED_MAX} bytes are queued.
 *
 * <p>The writer polls. To be woken would cost the target more than the whole call, for each burst.
 */
final class TraceLog implements Consumer<TraceEvent>, AutoCloseable {
  private static final long QUEUED_MAX = 32 << 20;

  /** What an event costs beside the target's bytes, roughly. */
  private static final int EVENT_SIZE = 512;

  private static final int FLUSH_SIZE = 1 << 16;
  private static final long SHORTEST_NAP_NANOS = 100_000;
  private static final long LONGEST_NAP_NANOS = 20_000_000;

  private final ConcurrentLinkedQueue<TraceEvent> queue = new ConcurrentLinkedQueue<>();
  private final AtomicLong queued = new AtomicLong();
  private final TraceFilter filter;
  private final TraceFormat format;
  private final OutputStream out;
  private final Consumer<IOException> onFailure;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream(FLUSH_SIZE);
  private final Thread writer = new Thread(this::write, "trace");
  private volatile boolean closing;
  private volatile @Nullable Throwable failure;

  /**
   * @param filter whose paths are looked at here
   * @param out is not closed
   * @param onFailure is told once, when nothing more can be written
   */
  TraceLog(
      TraceFilter filter, TraceFormat format, OutputStream out, Consumer<IOException> onFailure) {
    this.filter = filter;
    this.format = format;
    this.out = out;
    this.onFailure = onFailure;
    writer.setDaemon(true);
    writer.start();
  }

  @Override
  public void accept(TraceEvent event) {
    while (queued.get() > QUEUED_MAX && failure == null) {
      LockSupport.parkNanos(SHORTEST_NAP_NANOS);
    }
    if (failure == null) {
      queued.addAndGet(size(event));
      queue.add(event);
    }
  }

  private static int size(TraceEvent event) {
    return EVENT_SIZE + (event instanceof Called called ? called.call().size() : 0);
  }

  /** Whether all could be written so far. */
  boolean isWhole() {
    return failure == null;
  }

  /** Writes what is left. */
  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(writer);
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write() {
    try {
      long nap = SHORTEST_NAP_NANOS;
      boolean last;
      do {
        last = closing;
        nap = writeQueued() ? SHORTEST_NAP_NANOS : Math.min(2 * nap, LONGEST_NAP_NANOS);
        if (!last) {
          LockSupport.parkNanos(nap);
        }
      } while (!last);
      format.end(pending);
      flush();
    } catch (IOException e) {
      failure = e;
      onFailure.accept(e);
    } catch (RuntimeException | Error e) {
      failure = e;
      throw e;
    }
  }

  /** Whether there was anything to write. */
  private boolean writeQueued() throws IOException {
    TraceEvent event = queue.poll();
    boolean any = event != null;
    for (; event != null; event = queue.poll()) {
      queued.addAndGet(-size(event));
      if (isSelected(event)) {
        format.event(event, pending);
      }
      if (pending.size() >= FLUSH_SIZE) {
        flush();
      }
    }
    flush();
    return any;
  }

  private boolean isSelected(TraceEvent event) {
    return !(event instanceof Called called)
        || !filter.looksAtPaths()
        || filter.includes(called.call().paths());
  }

  private void flush() throws IOException {
    if (pending.size() == 0) {
      return;
    }
    pending.writeTo(out);
    pending.reset();
    out.flush();
  }
}
