package org.tinyjail.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The options that a program names in its help. */
final class HelpText {
  private static final int OPTIONS_MAX = 1024;

  private static final Pattern OPTION =
      Pattern.compile("(?<![\\w-])(--?[A-Za-z0-9][A-Za-z0-9_-]*)(\\[?=)?");

  private HelpText() {}

  /** In the order of appearance; those that take a value with one. */
  static List<Choice> options(byte[] text) {
    Set<Choice> found = new LinkedHashSet<>();
    Matcher matcher = OPTION.matcher(new String(text, StandardCharsets.ISO_8859_1));
    while (matcher.find() && found.size() < OPTIONS_MAX) {
      String option = matcher.group(1);
      boolean valued = matcher.group(2) != null && option.startsWith("--");
      found.add(valued ? Choice.withValue(option) : new Choice(Choice.Kind.WORD, option));
    }
    return List.copyOf(found);
  }
}
