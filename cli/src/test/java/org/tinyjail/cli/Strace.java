package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what {@code strace -f -o FILE} has written. */
final class Strace {
  private static final Pattern CALL =
      Pattern.compile("^(?:\\d+ +)?(?:<\\.\\.\\. )?([a-z_0-9]+)(?:\\(| resumed>)");

  /** The lines of a log with threads that begin a call, not those that tell of its end. */
  private static final Pattern BEGUN = Pattern.compile("^(\\d+) +([a-z_0-9]+)\\(");

  private Strace() {}

  /** The names of the calls that each thread made, in its order, by thread. */
  static Map<Integer, List<String>> callsByThread(Path log) throws IOException {
    Map<Integer, List<String>> threads = new TreeMap<>();
    for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
      Matcher matcher = BEGUN.matcher(line);
      if (matcher.find()) {
        threads
            .computeIfAbsent(Integer.valueOf(matcher.group(1)), thread -> new ArrayList<>())
            .add(matcher.group(2));
      }
    }
    return threads;
  }

  /** The names of all calls in the log. */
  static Set<String> names(Path log) throws IOException {
    Set<String> names = new TreeSet<>();
    for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
      Matcher matcher = CALL.matcher(line);
      if (matcher.find()) {
        names.add(matcher.group(1));
      }
    }
    return names;
  }
}
