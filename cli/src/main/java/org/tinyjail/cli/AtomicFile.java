package org.tinyjail.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Replaces files as a whole: written beside, flushed to the disk, renamed. Whoever reads sees the
 * old bytes or the new ones, and a symbolic link in the way is replaced, not followed.
 */
final class AtomicFile {
  private static final FileAttribute<Set<PosixFilePermission>> READABLE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));

  private AtomicFile() {}

  /** Fails early with a clear message if {@code file} could not be written later. */
  static void checkWritable(Path file) throws CommandException {
    if (Files.isDirectory(file)) {
      throw CommandException.badInput(file + " is a directory; name a file to write");
    }
    Path directory = directoryOf(file);
    if (!Files.isDirectory(directory)) {
      throw CommandException.badInput(directory + " is not a directory; create it first");
    }
    if (!Files.isWritable(directory)) {
      throw CommandException.badInput(
          "cannot write in " + directory + "; choose another place with --out");
    }
  }

  /** Replaces {@code file} by {@code bytes}. */
  static void write(Path file, byte[] bytes) throws IOException {
    Path beside =
        Files.createTempFile(directoryOf(file), "." + file.getFileName(), ".new", READABLE);
    try {
      try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.force(true);
      }
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
    try (FileChannel directory = FileChannel.open(directoryOf(file), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  /** Keeps what {@code file} holds now as {@code FILE.bak}; answers that path. */
  static Path backUp(Path file) throws IOException {
    Path backup = file.resolveSibling(file.getFileName() + ".bak");
    if (Files.isDirectory(backup, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(backup + " is a directory; a backup cannot be kept there");
    }
    write(backup, Files.readAllBytes(file));
    return backup;
  }

  private static Path directoryOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? Path.of("/") : parent;
  }
}
