package org.tinyjail.agent;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes a spool as the launcher does. What a method has taken is in the kernel's hands when it
 * returns: kill -9 of this process does not lose it. For any thread.
 *
 * <p>A run without denials leaves no file. What cannot be written is counted as lost.
 */
public final class SpoolWriter implements AutoCloseable {
  private static final int KNOWN_MAX = 4096;
  private static final int MILLION = 1_000_000;

  private final Path directory;
  private final Start start;
  private final Clock clock;
  private final Map<Key, Known> known = new KnownDenials();
  private @Nullable FileChannel channel;
  private @Nullable Path file;
  private long used = Wire.SPOOL_HEADER;
  private long lost;
  private int images;

  /**
   * What is being run.
   *
   * @param profile what its evidence belongs to
   * @param policy path of the policy
   * @param executable file of the target
   * @param directory its working directory
   * @param words its command line, raw
   */
  public record Start(
      String profile, String policy, String executable, String directory, List<byte[]> words) {
    public Start {
      words = words.stream().map(byte[]::clone).toList();
    }

    /** The start that the launcher describes. */
    public static Start of(LaunchDescription launch, String profile, String policy) {
      return new Start(
          profile,
          policy,
          launch.executable().orElse(""),
          launch.directory().orElse(""),
          launch.words());
    }
  }

  /** A record without its count and times: equal ones are one denial. */
  private record Key(int hash, MemoryView.Bytes bytes) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key && Arrays.equals(bytes.array(), key.bytes.array());
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** A denial that stands in the file. */
  private record Known(long offset, Instant first, long count) {}

  private static final class KnownDenials extends LinkedHashMap<Key, Known> {
    private static final long serialVersionUID = 1L;

    KnownDenials() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Key, Known> eldest) {
      return size() > KNOWN_MAX;
    }
  }

  /**
   * A denial as written.
   *
   * @param first when it was first written
   * @param last now
   * @param count how often by now
   */
  record Written(Instant first, Instant last, long count) {}

  /** A writer of one run's spool in {@code directory}, which must be there. */
  public SpoolWriter(Path directory, Start start, Clock clock) {
    this.directory = directory;
    this.start = start;
    this.clock = clock;
  }

  /** How many records could not be written. */
  public synchronized long lost() {
    return lost;
  }

  /** The file, once there is one. */
  public synchronized @Nullable Path file() {
    return file;
  }

  /** Writes a process as it is after an exec; its number for denials, 0 if that failed. */
  synchronized int image(int process, String executable, String comm, byte[] maps) {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    Fields.write(fields, Wire.FIELD_EXECUTABLE, executable.getBytes(StandardCharsets.UTF_8));
    Fields.write(fields, Wire.FIELD_COMM, comm.getBytes(StandardCharsets.UTF_8));
    Fields.write(fields, Wire.FIELD_MAPS, maps);
    ByteBuffer record = record(Wire.RECORD_IMAGE, Wire.IMAGE_SIZE, fields.toByteArray());
    record.putInt(8, images + 1).putInt(12, process);
    if (append(record) < 0) {
      return 0;
    }
    images++;
    return images;
  }

  /** Writes a denial, or counts one that is equal in all but time. */
  synchronized Written denial(DenialRecord denial) {
    Instant now = clock.instant();
    Key key = new Key(Arrays.hashCode(denial.bytes()), new MemoryView.Bytes(denial.bytes()));
    Known before = known.get(key);
    Known after =
        before != null
            ? new Known(before.offset, before.first, before.count + 1)
            : new Known(-1, now, 1);
    long offset = before != null ? again(after, now) : append(denial.toRecord(nanos(now)));
    if (offset >= 0) {
      known.put(key, new Known(offset, after.first, after.count));
    }
    return new Written(after.first, now, after.count);
  }

  private long again(Known denial, Instant now) {
    ByteBuffer times = little(24);
    times.putLong(0, denial.count).putLong(8, nanos(denial.first)).putLong(16, nanos(now));
    try {
      write(times, denial.offset + Wire.DENIAL_COUNT);
    } catch (IOException e) {
      countLost();
    }
    return denial.offset;
  }

  /** Writes how the main process ended. */
  public synchronized void end(OptionalInt waitStatus) {
    if (channel != null && waitStatus.isPresent()) {
      ByteBuffer record = record(Wire.RECORD_END, Wire.END_SIZE, new byte[0]);
      record.putLong(8, nanos(clock.instant())).putInt(16, waitStatus.getAsInt());
      append(record);
    }
  }

  /** Says that nothing follows. */
  @Override
  public synchronized void close() {
    FileChannel open = channel;
    if (open == null) {
      return;
    }
    try (open) {
      write(little(8).putLong(0, 1), Wire.SPOOL_CLOSED);
    } catch (IOException e) {
      // The spool then counts as cut off, which it is.
      lost++;
    }
    channel = null;
  }

  /** Appends a record; its offset, −1 if it is lost. */
  private long append(ByteBuffer record) {
    try {
      if (channel == null) {
        create();
      }
      return appendTo(record);
    } catch (IOException e) {
      countLost();
      return -1;
    }
  }

  private long appendTo(ByteBuffer record) throws IOException {
    if (used + record.limit() > Wire.SPOOL_SIZE_MAX) {
      countLost();
      return -1;
    }
    long offset = used;
    write(record, offset);
    // Only now is it part of the spool.
    write(little(8).putLong(0, offset + record.limit()), Wire.SPOOL_USED);
    used = offset + record.limit();
    return offset;
  }

  private void countLost() {
    lost++;
    try {
      if (channel != null) {
        write(little(8).putLong(0, lost), Wire.SPOOL_LOST);
      }
    } catch (IOException e) {
      // Counted in memory at least: the caller reports it.
    }
  }

  private void create() throws IOException {
    WriterProcess self = WriterProcess.self();
    long now = nanos(clock.instant());
    Path path =
        directory.resolve(String.format(Locale.ROOT, "%016x-%d.spool", now, self.process()));
    FileChannel created =
        FileChannel.open(
            path,
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    channel = created;
    file = path;
    ByteBuffer header = little(Wire.SPOOL_HEADER);
    header.put(0, Wire.SPOOL_MAGIC.getBytes(StandardCharsets.US_ASCII));
    header.putInt(Wire.SPOOL_START, Wire.SPOOL_HEADER).putInt(Wire.SPOOL_WRITER, self.process());
    header.putLong(Wire.SPOOL_USED, used).putLong(Wire.SPOOL_WRITER_START, self.startTime());
    write(header, 0);
    appendTo(startRecord(self, now));
  }

  private ByteBuffer startRecord(WriterProcess self, long now) throws IOException {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    Fields.write(fields, Wire.FIELD_BOOT_ID, self.bootId().getBytes(StandardCharsets.UTF_8));
    Fields.write(fields, Wire.FIELD_PROFILE, start.profile.getBytes(StandardCharsets.UTF_8));
    Fields.write(fields, Wire.FIELD_POLICY_PATH, start.policy.getBytes(StandardCharsets.UTF_8));
    Fields.write(fields, Wire.FIELD_EXECUTABLE, start.executable.getBytes(StandardCharsets.UTF_8));
    Fields.write(fields, Wire.FIELD_DIRECTORY, start.directory.getBytes(StandardCharsets.UTF_8));
    start.words.forEach(word -> Fields.write(fields, Wire.FIELD_WORD, word));
    ByteBuffer record = record(Wire.RECORD_START, Wire.START_SIZE, fields.toByteArray());
    return record.putLong(8, now).putInt(20, OwnUser.id());
  }

  private void write(ByteBuffer bytes, long at) throws IOException {
    FileChannel open = channel;
    if (open == null) {
      throw new IOException("the spool is closed");
    }
    ByteBuffer rest = bytes.duplicate().rewind();
    while (rest.hasRemaining()) {
      open.write(rest, at + rest.position());
    }
  }

  /** A record with room for its fixed part, followed by {@code rest}. */
  static ByteBuffer record(int type, int fixed, byte[] rest) {
    ByteBuffer record = little(Wire.padded(fixed + rest.length));
    record.putInt(0, record.capacity()).putShort(4, (short) type);
    return record.put(fixed, rest);
  }

  static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static long nanos(Instant time) {
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), 1000L * MILLION), time.getNano());
  }
}
