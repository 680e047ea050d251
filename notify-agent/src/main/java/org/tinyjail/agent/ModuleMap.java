package org.tinyjail.agent;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Escape;
import org.tinyjail.model.StackSample.Place;

/** The executable mappings of a process: which module an address belongs to. */
final class ModuleMap {
  private static final Pattern LINE =
      Pattern.compile(
          "^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ..x. ([0-9a-f]{1,16}) \\S+ \\d+ *([^\n]*)$",
          Pattern.MULTILINE | Pattern.UNIX_LINES);

  private record Module(long start, long end, long offset, String path) {
    boolean holds(long address) {
      return Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0;
    }

    String name() {
      return path.isEmpty() ? "[anonymous]" : path.substring(path.lastIndexOf('/') + 1);
    }
  }

  private final List<Module> modules;
  private final String lines;

  private ModuleMap(List<Module> modules, String lines) {
    this.modules = modules;
    this.lines = lines;
  }

  /** Reads lines of {@code /proc/PID/maps}; lines of any other form are passed over. */
  static ModuleMap parse(byte[] maps) {
    List<Module> modules = new ArrayList<>();
    // ISO 8859-1 keeps every byte; names are turned back into bytes below.
    Matcher matcher = LINE.matcher(new String(maps, StandardCharsets.ISO_8859_1));
    StringBuilder lines = new StringBuilder();
    while (matcher.find()) {
      if (lines.length() + matcher.group().length() < Wire.SPOOL_MAPS_MAX) {
        lines.append(matcher.group()).append('\n');
      }
      modules.add(
          new Module(
              number(matcher.group(1)),
              number(matcher.group(2)),
              number(matcher.group(3)),
              Escape.text(matcher.group(4).getBytes(StandardCharsets.ISO_8859_1))));
    }
    return new ModuleMap(modules, lines.toString());
  }

  /** The lines that were understood, as many as a spool takes. */
  byte[] lines() {
    return lines.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Module and offset, such as {@code libc.so.6+0x10d7b2}; null if no mapping has the address. */
  @Nullable String site(long address) {
    for (Module module : modules) {
      if (module.holds(address)) {
        long offset = address - module.start + module.offset;
        return module.name() + "+0x" + Long.toHexString(offset);
      }
    }
    return null;
  }

  /** The place in a file that is mapped at {@code address}; null if none is. */
  @Nullable Place place(long address) {
    for (Module module : modules) {
      if (module.holds(address) && module.path.startsWith("/")) {
        return new Place(module.path, address - module.start + module.offset);
      }
    }
    return null;
  }

  private static long number(String hex) {
    return Long.parseUnsignedLong(hex, 16);
  }
}
