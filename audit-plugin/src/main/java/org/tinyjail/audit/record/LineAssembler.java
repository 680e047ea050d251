package org.tinyjail.audit.record;

import java.io.IOException;
import java.io.InputStream;

/**
 * Cuts a stream of bytes into lines, however it comes in pieces. A line that is too long to be a
 * record is passed over; what follows the last line end is no line, since its writer may go on.
 */
public final class LineAssembler {
  /** The kernel's records have at most 8,970 bytes; what auditd adds, less than as many again. */
  public static final int LINE_MAX = 1 << 16;

  /** Takes lines. */
  public interface Sink {
    /** A line without its end. The bytes change after the call. */
    void line(byte[] bytes, int from, int to, long offset);

    /** No line: {@code problem} says why. */
    void broken(long offset, String problem);
  }

  private final InputStream in;
  private byte[] buffer = new byte[4 * LINE_MAX];
  private int start;
  private int filled;

  /** Up to here there is no line end: a line in many pieces is looked at once. */
  private int scanned;

  private long offset;
  private boolean skipping;

  /**
   * @param in is read but not closed
   */
  public LineAssembler(InputStream in) {
    this.in = in;
  }

  /**
   * Waits for bytes.
   *
   * @return false at the end of the stream
   */
  public boolean read() throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, filled - start);
      filled -= start;
      scanned -= start;
      start = 0;
    }
    int got = in.read(buffer, filled, buffer.length - filled);
    filled += Math.max(0, got);
    return got >= 0;
  }

  /** The lines that are whole by now. */
  public void lines(Sink sink) {
    while (scanned < filled) {
      if (buffer[scanned++] == '\n') {
        if (!skipping && scanned - 1 - start <= LINE_MAX) {
          sink.line(buffer, start, scanned - 1, offset);
        } else if (!skipping) {
          tooLong(sink);
        }
        skipping = false;
        pass(scanned);
      }
    }
    if (filled - start > LINE_MAX) {
      if (!skipping) {
        tooLong(sink);
      }
      skipping = true;
      pass(filled);
    }
  }

  /** What is left at the end of the stream is cut off. */
  public void end(Sink sink) {
    if (filled > start && !skipping) {
      sink.broken(offset, "the last line is cut off: no line end");
    }
  }

  /** How many bytes were cut into lines. */
  public long offset() {
    return offset;
  }

  private void tooLong(Sink sink) {
    sink.broken(offset, "a line of more than " + LINE_MAX + " bytes");
  }

  private void pass(int to) {
    offset += to - start;
    start = to;
  }
}
