package org.tinyjail.generator.lint;

import java.util.Collection;
import java.util.stream.Collectors;

/** Enumerations in findings. */
final class Lists {
  private static final int SHOWN = 20;

  private Lists() {}

  /** {@code a, b, c}, cut with a count. */
  static String of(Collection<String> names) {
    String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
    int more = names.size() - SHOWN;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }

  /** {@code 1 call}, {@code 2 calls}. */
  static String count(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
