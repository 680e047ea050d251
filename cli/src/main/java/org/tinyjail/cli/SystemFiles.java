package org.tinyjail.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What the system's files say: /proc, /sys, /run, the directories of programs. */
final class SystemFiles {
  private static final int LONGEST = 1 << 20;

  private final Path root;

  /**
   * The files below a directory.
   *
   * @param root {@code /}, or what stands for it in a test
   */
  SystemFiles(Path root) {
    this.root = root;
  }

  /** The text without white space around it; empty if it cannot be read. */
  Optional<String> text(String path) {
    // In one read: a sysctl gives nothing to a second one, and Files.readString begins with a byte.
    try (InputStream in = Files.newInputStream(at(path))) {
      return Optional.of(new String(in.readNBytes(LONGEST), StandardCharsets.ISO_8859_1).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Where a symbolic link leads; empty if it cannot be read. */
  Optional<String> link(String path) {
    try {
      return Optional.of(Files.readSymbolicLink(at(path)).toString());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  boolean exists(String path) {
    return Files.exists(at(path));
  }

  /** A value of {@code /proc/self/status}, empty if it has no such line. */
  Optional<String> status(String name) {
    return text("/proc/self/status")
        .flatMap(text -> text.lines().filter(line -> line.startsWith(name + ":")).findFirst())
        .map(line -> line.substring(name.length() + 1).strip());
  }

  /** Whether this process has the capability of this number, effective. */
  boolean hasCapability(int number) {
    return status("CapEff")
        .map(mask -> (Long.parseUnsignedLong(mask, 16) >>> number & 1) != 0)
        .orElse(false);
  }

  /** Where a program is: in a directory of {@code path}, or in those of the administrator. */
  Optional<Path> program(String name, String path) {
    for (String directory : (path + ":/usr/local/sbin:/usr/sbin:/sbin").split(":", -1)) {
      if (directory.startsWith("/") && Files.isExecutable(at(directory).resolve(name))) {
        return Optional.of(Path.of(directory, name));
      }
    }
    return Optional.empty();
  }

  private Path at(String path) {
    return root.resolve(path.substring(1));
  }
}
