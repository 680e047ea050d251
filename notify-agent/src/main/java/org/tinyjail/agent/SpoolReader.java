package org.tinyjail.agent;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the spools of launcher and agent. Plain Java.
 *
 * <p>Nothing in the file is trusted: it may be torn by a crash, or be written by somebody else. A
 * record that does not hold together ends the reading; what stands before it is kept.
 */
public final class SpoolReader {
  /** No record is longer: the longest has a command line in it. */
  private static final int RECORD_MAX = 4 << 20;

  private static final int FIRST_BUFFER = 1 << 16;

  private final FileChannel channel;
  private final List<String> damage = new ArrayList<>();
  private ByteBuffer buffer = buffer(FIRST_BUFFER);

  private SpoolReader(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Reads all that has been written so far.
   *
   * @throws SpoolException if this is no spool, or holds nothing yet
   * @throws IOException if it cannot be read
   */
  public static Spool read(Path path) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      Spool spool = new SpoolReader(channel).read();
      // A writer that is gone now may have written since the reading began.
      return spool.state() == Spool.State.CUT_OFF ? new SpoolReader(channel).read() : spool;
    } catch (EOFException e) {
      throw new SpoolException("shorter than a spool's header");
    }
  }

  private Spool read() throws IOException {
    ByteBuffer header = load(0, Wire.SPOOL_HEADER);
    byte[] magic = new byte[8];
    header.get(0, magic);
    if (!new String(magic, StandardCharsets.ISO_8859_1).equals(Wire.SPOOL_MAGIC)) {
      throw new SpoolException("not a spool: it does not begin with " + Wire.SPOOL_MAGIC);
    }
    SpoolContents contents =
        new SpoolContents(
            header.getInt(Wire.SPOOL_WRITER),
            header.getLong(Wire.SPOOL_WRITER_START),
            header.getLong(Wire.SPOOL_LOST),
            header.getLong(Wire.SPOOL_CLOSED) == 1);
    long start = Integer.toUnsignedLong(header.getInt(Wire.SPOOL_START));
    records(start, end(header.getLong(Wire.SPOOL_USED)), contents);
    return contents.toSpool(damage);
  }

  private long end(long used) throws IOException {
    long size = Math.min(channel.size(), Wire.SPOOL_SIZE_MAX);
    if (used < 0 || used > size) {
      damage.add("says " + Long.toUnsignedString(used) + " bytes, has " + size);
      return size;
    }
    return used;
  }

  private void records(long start, long end, SpoolContents contents) throws IOException {
    if (start < Wire.SPOOL_HEADER || start % Long.BYTES != 0) {
      damage.add("the first record is said to be at " + start);
      return;
    }
    long at = start;
    while (at < end) {
      long size = recordSize(at, end);
      if (size == 0) {
        damage.add("no record at " + at + " of " + end);
        return;
      }
      try {
        contents.add(load(at, (int) size));
      } catch (IllegalArgumentException e) {
        damage.add("record at " + at + ": " + e.getMessage());
      }
      at += size;
    }
  }

  /** The size of the record at {@code at}; 0 if there cannot be one. */
  private long recordSize(long at, long end) throws IOException {
    if (end - at < Wire.RECORD_HEADER) {
      return 0;
    }
    long size = Integer.toUnsignedLong(load(at, Wire.RECORD_HEADER).getInt(0));
    boolean sound =
        size >= Wire.RECORD_HEADER
            && size <= RECORD_MAX
            && size % Long.BYTES == 0
            && size <= end - at;
    return sound ? size : 0;
  }

  /** The bytes from {@code at} on, from position 0 to the limit; valid until the next call. */
  private ByteBuffer load(long at, int size) throws IOException {
    if (buffer.capacity() < size) {
      buffer = buffer(Math.max(size, 2 * buffer.capacity()));
    }
    buffer.clear().limit(size);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw new EOFException();
      }
    }
    return buffer.flip();
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
