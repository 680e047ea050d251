package org.tinyjail.generator.reach;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.CodeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.SyscallTable;

/**
 * Keeps what was found in files for other runs, in a directory that only its owner can use.
 *
 * <p>A summary is kept under the device, the inode, the size and the times of change of the file
 * that it was made of, of which the last cannot be set; of a file in an image, whose maker chooses
 * those, under the hash of its bytes, which a copy in another image has too. Whole analyses are
 * kept under what was asked for. Files are written beside and renamed; several may write at once.
 * What is damaged is passed over and written anew; what was written long ago is removed.
 */
final class SummaryStore {
  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] MAGIC = "tiny-jail summary\n".getBytes(StandardCharsets.US_ASCII);

  private static final int BUILD_AT = MAGIC.length;
  private static final int CHECKSUM_AT = BUILD_AT + Long.BYTES;
  private static final int HEADER = CHECKSUM_AT + Integer.BYTES;

  /** Another for each build: what an earlier one has found may be less, or in another form. */
  private static final long BUILD = build();

  private static final String SUMMARY = ".summary";
  private static final String ANSWERS = ".answers";
  private static final String ANALYSIS = ".analysis";

  /** Larger is not what was written here. */
  private static final long SIZE_MAX = 1L << 28;

  /** What is still used after that is found anew. */
  private static final Duration OLD = Duration.ofDays(60);

  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Path directory;
  private final AtomicBoolean removesOld = new AtomicBoolean(true);

  private SummaryStore(Path directory) {
    this.directory = directory;
  }

  private static long build() {
    return build(SummaryStore.class) * 31 + build(SyscallTable.class);
  }

  private static long build(Class<?> part) {
    try {
      CodeSource source = part.getProtectionDomain().getCodeSource();
      BasicFileAttributes file =
          Files.readAttributes(Path.of(source.getLocation().toURI()), BasicFileAttributes.class);
      return file.size() * 31 + file.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e); // we have just been read from there
    }
  }

  /** One in {@code directory}, which is made; empty if others could write there. */
  static Optional<SummaryStore> in(Path directory) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return isOwn(directory) ? Optional.of(new SummaryStore(directory)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // all is found anew
    }
  }

  private static boolean isOwn(Path directory) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(
            directory, "posix:owner,permissions,isDirectory", LinkOption.NOFOLLOW_LINKS);
    Set<?> permissions = (Set<?>) attributes.getOrDefault("permissions", Set.of());
    return Boolean.TRUE.equals(attributes.get("isDirectory"))
        && Files.getOwner(Path.of("/proc/self")).equals(attributes.get("owner"))
        && !permissions.contains(PosixFilePermission.GROUP_WRITE)
        && !permissions.contains(PosixFilePermission.OTHERS_WRITE);
  }

  /**
   * What tells a file from others, and from itself after a change; empty if nothing does: it
   * changed just now, so that it could change again within the same tick of its clock, or lies
   * where who made the file system says when it changed.
   */
  static String identity(Path file) throws IOException {
    Map<String, Object> all =
        Files.readAttributes(
            file, "unix:dev,ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
    long changed = nanoseconds(all.get("ctime"));
    long now = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    boolean said = all.get("dev") instanceof Long device && Mounts.sayChanges(device);
    return now - changed < TICK_NANOS || !said
        ? ""
        : all.get("dev")
            + "-"
            + all.get("ino")
            + "-"
            + all.get("size")
            + "-"
            + nanoseconds(all.get("lastModifiedTime"))
            + "-"
            + changed;
  }

  private static long nanoseconds(@Nullable Object time) {
    return time instanceof FileTime known ? known.to(TimeUnit.NANOSECONDS) : 0;
  }

  static String key(byte[] digest) {
    return HEX.formatHex(digest);
  }

  Optional<ByteBuffer> summary(String key) {
    return read(key + SUMMARY);
  }

  void putSummary(String key, ByteBuffer bytes) {
    if (removesOld.compareAndSet(true, false)) {
      removeOld();
    }
    write(key + SUMMARY, bytes);
  }

  private void removeOld() {
    Instant last = Instant.now().minus(OLD);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        if (Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant().isBefore(last)) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      return; // another process removes them too
    }
  }

  Optional<ByteBuffer> answers(String key) {
    return read(key + ANSWERS);
  }

  void putAnswers(String key, ByteBuffer bytes) {
    write(key + ANSWERS, bytes);
  }

  Optional<ByteBuffer> analysis(String key) {
    return read(key + ANALYSIS);
  }

  void putAnalysis(String key, ByteBuffer bytes) {
    write(key + ANALYSIS, bytes);
  }

  /** Empty if there is no such file, or it is damaged or of another build. */
  private Optional<ByteBuffer> read(String name) {
    Path file = directory.resolve(name);
    try (SeekableByteChannel channel =
        Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      long size = channel.size();
      if (size < HEADER || size > SIZE_MAX) {
        return Optional.empty();
      }
      ByteBuffer all = ByteBuffer.allocate((int) size);
      while (all.hasRemaining() && channel.read(all) >= 0) {
        // until it is whole, or was cut meanwhile
      }
      all.flip();
      ByteBuffer body = all.slice(HEADER, all.limit() - HEADER);
      boolean good =
          all.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))
              && all.getLong(BUILD_AT) == BUILD
              && all.getInt(CHECKSUM_AT) == checksum(body.duplicate());
      return good ? Optional.of(body) : Optional.empty();
    } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private static int checksum(ByteBuffer body) {
    CRC32C checksum = new CRC32C();
    checksum.update(body);
    return (int) checksum.getValue();
  }

  /** Nothing is said of a failure, such as a full disk: what is missing is found again. */
  private void write(String name, ByteBuffer body) {
    ByteBuffer header =
        ByteBuffer.allocate(HEADER)
            .put(MAGIC)
            .putLong(BUILD)
            .putInt(checksum(body.duplicate()))
            .flip();
    try {
      writeWhole(name, header, body);
    } catch (IOException e) {
      return;
    }
  }

  private void writeWhole(String name, ByteBuffer... parts) throws IOException {
    Path beside = directory.resolve("." + UUID.randomUUID() + ".new");
    try {
      try (SeekableByteChannel channel =
          Files.newByteChannel(
              beside, Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW))) {
        for (ByteBuffer part : parts) {
          while (part.hasRemaining()) {
            channel.write(part);
          }
        }
      }
      Files.move(
          beside,
          directory.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}
