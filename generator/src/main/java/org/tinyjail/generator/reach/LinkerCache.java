package org.tinyjail.generator.reach;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where libraries are by their names, as ldconfig has found them. What it says of processors is not
 * looked at: whoever opens a file sees whether it fits. Source: glibc, sysdeps/generic/dl-cache.h,
 * {@code struct cache_file_new}.
 */
final class LinkerCache {
  static final String FILE = "/etc/ld.so.cache";
  private static final byte[] MAGIC = "glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = 48;
  private static final int ENTRY = 24;

  /** A longer one is not read: libraries are then looked for in the usual directories. */
  private static final long SIZE_MAX = 1 << 24;

  private final Map<String, List<String>> paths = new HashMap<>();

  private LinkerCache() {}

  /** That of {@code files}; an empty one if it has none, or one of another form. */
  static LinkerCache of(FileTree files) throws IOException {
    Optional<Path> file = files.file(FILE);
    LinkerCache cache = new LinkerCache();
    if (file.isPresent() && Files.size(file.get()) <= SIZE_MAX) {
      cache.read(Files.readAllBytes(file.get()));
    }
    return cache;
  }

  /** The paths that a library may have, in the order in which they are tried. */
  List<String> pathsOf(String library) {
    return paths.getOrDefault(library, List.of());
  }

  /** The present form stands at the begin, or behind the oldest one. */
  private void read(byte[] content) {
    int start = find(content);
    if (start < 0 || start > content.length - HEADER) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    int count = bytes.getInt(start + MAGIC.length);
    for (int i = 0; i < count && start + HEADER + (i + 1) * ENTRY <= content.length; i++) {
      int at = start + HEADER + i * ENTRY;
      String name = string(content, start + (long) bytes.getInt(at + 4));
      String path = string(content, start + (long) bytes.getInt(at + 8));
      if (path.startsWith("/")) {
        paths.computeIfAbsent(name, key -> new ArrayList<>()).add(path);
      }
    }
  }

  private static int find(byte[] content) {
    for (int at = 0; at + MAGIC.length <= content.length; at += 4) {
      if (ByteBuffer.wrap(content, at, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
        return at;
      }
    }
    return -1;
  }

  private static String string(byte[] content, long at) {
    if (at < 0 || at >= content.length) {
      return "";
    }
    int end = (int) at;
    while (end < content.length && content[end] != 0) {
      end++;
    }
    return new String(content, (int) at, end - (int) at, StandardCharsets.UTF_8);
  }
}
