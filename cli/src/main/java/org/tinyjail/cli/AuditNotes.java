package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.tinyjail.audit.store.StoreDirectory;
import org.tinyjail.model.Escape;

/**
 * What auditd's plugin has to say, which nobody hears: its last lines, in a file of the store's
 * directory.
 */
final class AuditNotes {
  private static final int KEPT = 20;

  private final Path file;

  AuditNotes(StoreDirectory directory) {
    this.file = directory.path().resolve("audit-plugin.notes");
  }

  synchronized void add(String note) {
    List<String> lines = new ArrayList<>(all());
    lines.add(Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + Escape.display(note));
    List<String> last = lines.subList(Math.max(0, lines.size() - KEPT), lines.size());
    try {
      AtomicFile.write(file, (String.join("\n", last) + "\n").getBytes(StandardCharsets.UTF_8));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      System.err.println("tiny-jail: " + note); // then it is auditd's to keep
    }
  }

  /** The last lines, the oldest first. */
  List<String> all() {
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          ? Files.readAllLines(file)
          : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }
}
