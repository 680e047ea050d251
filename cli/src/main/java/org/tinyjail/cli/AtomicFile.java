package org.tinyjail.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Replaces files as a whole: written beside, flushed to the disk, renamed. Whoever reads sees the
 * old bytes or the new ones, and a symbolic link in the way is replaced, not followed.
 */
final class AtomicFile {
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private AtomicFile() {}

  /** Fails early with a clear message if {@code file} could not be written later. */
  static void checkWritable(Path file) throws CommandException {
    checkWritable(file, "choose another place with --out");
  }

  /** The same; {@code advice} says what to do if nothing can be written beside the file. */
  static void checkWritable(Path file, String advice) throws CommandException {
    if (Files.isDirectory(file)) {
      throw CommandException.badInput(file + " is a directory; name a file to write");
    }
    Path directory = directoryOf(file);
    if (!Files.isDirectory(directory)) {
      throw CommandException.badInput(directory + " is not a directory; create it first");
    }
    if (!Files.isWritable(directory)) {
      throw CommandException.badInput("cannot write in " + directory + "; " + advice);
    }
  }

  /**
   * Replaces {@code file} by {@code bytes}; its mode and owner stay, a new file has the umask's.
   */
  static void write(Path file, byte[] bytes) throws IOException {
    write(file, bytes, access(file));
  }

  private static void write(Path file, byte[] bytes, Optional<PosixFileAttributes> access)
      throws IOException {
    String name = "." + file.getFileName() + "." + UUID.randomUUID() + ".new";
    Path beside = directoryOf(file).resolve(name);
    try {
      try (FileChannel channel = create(beside, access.isPresent())) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        if (access.isPresent()) {
          give(beside, access.get());
        }
        channel.force(true);
      }
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (FileSystemException e) {
      throw new FileSystemException(file.toString(), null, reason(e));
    } catch (IOException e) {
      throw new FileSystemException(file.toString(), null, e.getMessage());
    } finally {
      Files.deleteIfExists(beside);
    }
    try (FileChannel directory = FileChannel.open(directoryOf(file), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  /** Nobody has asked for the file beside: what is said is said of the one that was named. */
  private static String reason(FileSystemException e) {
    return e instanceof AccessDeniedException ? "permission denied" : e.getReason();
  }

  private static FileChannel create(Path file, boolean secret) throws IOException {
    Set<StandardOpenOption> how = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    return secret ? FileChannel.open(file, how, PRIVATE) : FileChannel.open(file, how);
  }

  /** Of the regular file that is there; empty if there is none, or a link. */
  private static Optional<PosixFileAttributes> access(Path file) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(
            Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS))
        : Optional.empty();
  }

  private static void give(Path file, PosixFileAttributes access) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    try {
      view.setOwner(access.owner());
      view.setGroup(access.group());
    } catch (FileSystemException e) {
      // Only root may give files away: else the new one is the user's own.
    }
    view.setPermissions(access.permissions());
  }

  /** Keeps what {@code file} holds now as {@code FILE.bak}, as accessible; answers that path. */
  static Path backUp(Path file) throws IOException {
    Path backup = file.resolveSibling(file.getFileName() + ".bak");
    if (Files.isDirectory(backup, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(backup + " is a directory; a backup cannot be kept there");
    }
    write(backup, Files.readAllBytes(file), access(file.toRealPath()));
    return backup;
  }

  private static Path directoryOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? Path.of("/") : parent;
  }
}
