package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what {@code strace -f -o FILE} has written. */
final class Strace {
  private static final Pattern CALL =
      Pattern.compile("^(?:\\d+ +)?(?:<\\.\\.\\. )?([a-z_0-9]+)(?:\\(| resumed>)");

  private Strace() {}

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
