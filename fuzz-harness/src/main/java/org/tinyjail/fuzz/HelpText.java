package org.tinyjail.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The options that a program names in its help. */
final class HelpText {
  /** As many as one byte of an input can tell apart. */
  private static final int OPTIONS_MAX = 256;

  private static final Pattern OPTION =
      Pattern.compile("(?<![\\w-])(--?[A-Za-z0-9][A-Za-z0-9_-]*)(\\[?=)?");

  private HelpText() {}

  /** In the order of appearance; those that take a value with one. */
  static List<byte[]> options(byte[] text) {
    Set<String> found = new LinkedHashSet<>();
    Matcher matcher = OPTION.matcher(new String(text, StandardCharsets.ISO_8859_1));
    while (matcher.find() && found.size() < OPTIONS_MAX) {
      String value = matcher.group(2) == null ? "" : "=1";
      found.add(matcher.group(1) + (matcher.group(1).startsWith("--") ? value : ""));
    }
    List<byte[]> options = new ArrayList<>();
    found.forEach(option -> options.add(option.getBytes(StandardCharsets.ISO_8859_1)));
    return options;
  }
}
