package org.tinyjail.audit.source;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.record.LineAssembler;

/**
 * The records that auditd writes to the standard input of its plugin. auditd waits where its plugin
 * does not read, and with it all that is audited: so one thread does nothing but read, from the
 * first moment on, and what there is no room for is dropped, which the numbers of the records show.
 */
public final class PluginInput implements AuditSource {
  private static final int CHUNK = 1 << 16;

  /** About what a piece takes in memory beside its bytes. Most pieces are one record. */
  private static final int PIECE = 64;

  private static final byte[] END = {};

  private final InputStream in;
  private final BlockingQueue<byte[]> chunks = new LinkedBlockingQueue<>();

  /** How much memory waits: as much as may for {@link KernelListener}. */
  private final AtomicInteger waiting = new AtomicInteger();

  private volatile @Nullable IOException failure;

  private PluginInput(InputStream in) {
    this.in = in;
  }

  /**
   * Begins to read.
   *
   * @param in ends when auditd does
   */
  public static PluginInput start(InputStream in) {
    PluginInput input = new PluginInput(in);
    Thread thread = new Thread(input::pump, "audit-input");
    thread.setDaemon(true);
    thread.start();
    return input;
  }

  private void pump() {
    byte[] buffer = new byte[CHUNK];
    try {
      for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
        if (waiting.get() + got + PIECE <= KernelListener.ROOM) { // else dropped, see above
          waiting.addAndGet(got + PIECE);
          chunks.add(Arrays.copyOf(buffer, got));
        }
      }
    } catch (IOException e) {
      failure = e;
    }
    chunks.add(END);
  }

  @Override
  public void read(Collector collector) throws IOException {
    LineAssembler lines = new LineAssembler(new Chunks());
    while (lines.read()) {
      collector.locked(() -> lines.lines(collector));
    }
    collector.locked(() -> lines.end(collector));
    IOException ended = failure;
    if (ended != null) {
      throw ended;
    }
  }

  /** What was read, as a stream. */
  private final class Chunks extends InputStream {
    private byte[] chunk = {};
    private int at;
    private boolean ended;

    @Override
    public int read() {
      throw new UnsupportedOperationException("is read in pieces");
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (at == chunk.length && !ended) {
        try {
          chunk = chunks.take();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException(e);
        }
        waiting.addAndGet(-chunk.length - PIECE);
        at = 0;
        ended = chunk == END;
      }
      if (ended) {
        return -1;
      }
      int count = Math.min(length, chunk.length - at);
      System.arraycopy(chunk, at, into, from, count);
      at += count;
      return count;
    }
  }
}
