package org.tinyjail.audit.store;

import static org.tinyjail.audit.store.Failures.failed;
import static org.tinyjail.audit.store.Failures.refused;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.EvidenceException;

/**
 * The right to open the store: a lock on {@code store.lock}, which holds the owner's process id.
 * The kernel gives it back when the owner dies, and to whoever has waited longest: those that wait
 * for a POSIX lock stand in line (fs/locks.c, __locks_insert_block).
 */
final class StoreLock implements StoreDirectory.Right {
  private static final Duration PAUSE = Duration.ofMillis(10);

  /**
   * Locked by this process. Asked first, because POSIX drops a process's locks on a file as soon as
   * it closes any descriptor of that file.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private StoreLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param file made if it is missing
   * @param patience how long to wait at most
   * @param preparation done before, so that the lock is then held the shorter
   * @throws EvidenceException naming the holder, if it is still held then
   */
  static StoreLock acquire(Path file, Duration patience, Runnable preparation) {
    long deadline = System.nanoTime() + patience.toNanos();
    if (!poll(() -> HELD_HERE.add(file), deadline)) {
      throw busy(file, "this process, in another thread", patience);
    }
    FileChannel channel = null;
    try {
      channel = open(file);
      preparation.run();
      if (!tryLock(file, channel) && !lock(file, channel, deadline)) {
        throw busy(file, holder(file), patience);
      }
      writeOwner(channel);
      return new StoreLock(file, channel);
    } catch (IOException e) {
      giveBack(file, channel);
      throw failed(file, "locking", e);
    } catch (RuntimeException e) {
      giveBack(file, channel);
      throw e;
    }
  }

  @Override
  public void close() {
    giveBack(file, channel);
  }

  private static FileChannel open(Path file) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      checkOwn(FileFacts.of(file), file);
    }
    return FileChannel.open(
        file,
        Set.of(
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            LinkOption.NOFOLLOW_LINKS),
        StoreDirectory.PRIVATE_FILE);
  }

  /** It is written to: another name of it may be a file that somebody still needs. */
  private static void checkOwn(FileFacts facts, Path file) {
    if (!facts.isRegular()) {
      throw refused(file, facts.isLink() ? "is a symbolic link" : "is not a file", "remove it");
    }
    if (facts.links() != 1) {
      throw refused(file, "has " + facts.links() + " names (hard links)", "remove it");
    }
  }

  @SuppressWarnings("resource") // held until its channel is closed
  private static boolean tryLock(Path file, FileChannel channel) {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (IOException e) {
      throw failed(file, "locking", e);
    }
  }

  /** Waits in line; false: the deadline has come, and the channel is closed. */
  @SuppressWarnings("resource") // held until its channel is closed
  private static boolean lock(Path file, FileChannel channel, long deadline) {
    Thread limit = new Thread(() -> closeAt(deadline, file, channel), "store-lock");
    limit.setDaemon(true);
    limit.start();
    boolean locked;
    try {
      locked = channel.lock().isValid();
    } catch (FileLockInterruptionException e) {
      throw interrupted(e);
    } catch (ClosedChannelException e) {
      locked = false;
    } catch (IOException e) {
      throw failed(file, "locking", e);
    } finally {
      limit.interrupt();
    }
    try {
      limit.join();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    return locked && channel.isOpen();
  }

  private static void closeAt(long deadline, Path file, FileChannel channel) {
    try {
      TimeUnit.NANOSECONDS.sleep(deadline - System.nanoTime());
      channel.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it has the lock, or never will
    } catch (IOException e) {
      throw failed(file, "locking", e);
    }
  }

  private static EvidenceException interrupted(Exception cause) {
    Thread.currentThread().interrupt();
    return new EvidenceException("interrupted while waiting for the evidence store", cause);
  }

  private static boolean poll(BooleanSupplier attempt, long deadline) {
    while (!attempt.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      try {
        Thread.sleep(PAUSE.toMillis());
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
    return true;
  }

  private static EvidenceException busy(Path file, String holder, Duration patience) {
    return refused(
        file.getParent() == null ? file : file.getParent(),
        "in use by " + holder + " for more than " + patience.toMillis() / 1000.0 + " s",
        "wait for its end and try again");
  }

  /** The process that holds the lock {@code file}; empty: none does. */
  static OptionalLong holderOf(Path file) {
    if (HELD_HERE.contains(file)) {
      return OptionalLong.of(ProcessHandle.current().pid());
    }
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return OptionalLong.empty();
    }
    try (FileChannel channel = open(file)) {
      if (tryLock(file, channel)) {
        return OptionalLong.empty();
      }
      String pid = owner(channel);
      return OptionalLong.of(pid.matches("[0-9]{1,10}") ? Long.parseLong(pid) : 0);
    } catch (IOException e) {
      throw failed(file, "locking", e);
    }
  }

  private static String owner(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(16);
    int length = channel.read(bytes, 0);
    return length <= 0
        ? ""
        : new String(bytes.array(), 0, length, StandardCharsets.US_ASCII).strip();
  }

  /** Process id and, if it cannot go on by itself, state of the holder. */
  private static String holder(Path file) throws IOException {
    String pid;
    try (FileChannel channel = open(file)) {
      pid = owner(channel);
    }
    if (!pid.matches("[0-9]+")) {
      return "another process";
    }
    Path status = Path.of("/proc", pid, "status");
    boolean stopped =
        Files.isReadable(status)
            && new String(Files.readAllBytes(status), StandardCharsets.ISO_8859_1)
                .lines()
                .anyMatch(line -> line.matches("State:\\s+[Tt] .*"));
    return "process " + pid + (stopped ? " (stopped: kill -CONT " + pid + " lets it go on)" : "");
  }

  /** For the messages of others only, so a full disk is no reason to give up. */
  @SuppressWarnings("EmptyCatch")
  private static void writeOwner(FileChannel channel) {
    String owner = ProcessHandle.current().pid() + "\n";
    try {
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.US_ASCII)), 0);
    } catch (IOException e) {
      // The others say "another process".
    }
  }

  private static void giveBack(Path file, @Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw failed(file, "unlocking", e);
    } finally {
      HELD_HERE.remove(file);
    }
  }
}
