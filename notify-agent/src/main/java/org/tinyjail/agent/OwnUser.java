package org.tinyjail.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The effective user of this process. */
final class OwnUser {
  private OwnUser() {}

  /** Its number, from {@code /proc/self/status}. */
  static int id() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/status"));
    return lines.stream()
        .filter(line -> line.startsWith("Uid:\t"))
        .map(line -> line.split("\t", -1))
        .map(words -> Integer.parseUnsignedInt(words[2]))
        .findFirst()
        .orElseThrow(() -> new IOException("/proc/self/status has no line Uid"));
  }
}
