package org.tinyjail.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.tinyjail.generator.elf.BuildId;

/** Build ids of executables that were named by others, each read once. For one thread. */
final class BuildIds {
  private final Map<String, String> known = new HashMap<>();

  /** That of the file at {@code path}; empty if there is none, or no such file any more. */
  String of(String path) {
    return known.computeIfAbsent(path, BuildIds::read);
  }

  private static String read(String path) {
    try {
      Path file = Path.of(path);
      return file.isAbsolute() && Files.isRegularFile(file) ? BuildId.of(file) : "";
    } catch (InvalidPathException e) {
      return ""; // the name is a target's
    }
  }
}
