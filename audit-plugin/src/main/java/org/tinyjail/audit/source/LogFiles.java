package org.tinyjail.audit.source;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.record.LineAssembler;
import org.tinyjail.audit.record.RecordException;
import org.tinyjail.audit.record.RecordParser;

/**
 * Files that auditd, or a syslog, has written, packed by gzip or not. Read in the order in which
 * their records were made: the oldest of a rotated log first.
 *
 * @param files each a regular file, or a pipe
 * @param progress takes how many bytes of the files were read since it was last called
 */
public record LogFiles(List<Path> files, LongConsumer progress) implements AuditSource {
  private static final int GZIP = 0x1f8b;
  private static final int SAMPLE = 1 << 16;
  private static final int BUFFER = 1 << 16;

  public LogFiles {
    files = List.copyOf(files);
  }

  private record Dated(Path file, long first) {}

  @Override
  public void read(Collector collector) throws IOException {
    List<Dated> dated = new ArrayList<>();
    for (Path file : files) {
      dated.add(new Dated(file, Files.isRegularFile(file) ? firstTime(file) : Long.MAX_VALUE));
    }
    dated.sort(Comparator.comparingLong(Dated::first));
    for (Dated one : dated) {
      read(one.file(), collector);
    }
  }

  private void read(Path file, Collector collector) throws IOException {
    collector.setPlace(file.toString());
    try (InputStream in = open(file)) {
      LineAssembler lines = new LineAssembler(in);
      try {
        while (lines.read()) {
          collector.locked(() -> lines.lines(collector));
        }
        collector.locked(() -> lines.end(collector));
      } catch (EOFException | ZipException e) {
        collector.locked(
            () ->
                collector.broken(lines.offset(), "packed by gzip and damaged: " + e.getMessage()));
      }
    }
  }

  private InputStream open(Path file) throws IOException {
    BufferedInputStream in =
        new BufferedInputStream(new Counted(Files.newInputStream(file), progress), BUFFER);
    return unpacked(in);
  }

  private static InputStream unpacked(BufferedInputStream in) throws IOException {
    in.mark(2);
    int magic = in.read() << 8 | in.read();
    in.reset();
    return magic == GZIP ? new GZIPInputStream(in, BUFFER) : in;
  }

  /** When the first record was made; where there is none, the last of all times. */
  private static long firstTime(Path file) throws IOException {
    try (InputStream in = unpacked(new BufferedInputStream(Files.newInputStream(file), BUFFER))) {
      byte[] bytes = in.readNBytes(SAMPLE);
      RecordParser parser = new RecordParser();
      int from = 0;
      for (int to = 0; to < bytes.length; to++) {
        if (bytes[to] == '\n') {
          OptionalLong time = time(parser, bytes, from, to);
          if (time.isPresent()) {
            return time.getAsLong();
          }
          from = to + 1;
        }
      }
      return Long.MAX_VALUE;
    } catch (EOFException | ZipException e) {
      return Long.MAX_VALUE; // reported when it is read
    }
  }

  private static OptionalLong time(RecordParser parser, byte[] bytes, int from, int to) {
    try {
      parser.parse(bytes, from, to);
      return OptionalLong.of(parser.time());
    } catch (RecordException e) {
      return OptionalLong.empty(); // reported when it is read
    }
  }

  /** Says how much was read. */
  private static final class Counted extends FilterInputStream {
    private final LongConsumer progress;

    Counted(InputStream in, LongConsumer progress) {
      super(in);
      this.progress = progress;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int got = super.read(bytes, from, length);
      progress.accept(Math.max(0, got));
      return got;
    }
  }
}
