package org.tinyjail.cli;

import java.time.Duration;
import java.util.Map;

/**
 * Spans of time as people type them: {@code 90}, {@code 90s}, {@code 10m}, {@code 2h}, {@code 7d}.
 */
final class Durations {
  private static final Map<Character, Long> SECONDS =
      Map.of('s', 1L, 'm', 60L, 'h', 3600L, 'd', 86400L);

  private Durations() {}

  /** Reads {@code text}, given for {@code option}. */
  static Duration parse(String option, String text) throws CommandException {
    Long unit = text.isEmpty() ? null : SECONDS.get(text.charAt(text.length() - 1));
    String number = unit == null ? text : text.substring(0, text.length() - 1);
    try {
      long value = Long.parseLong(number);
      if (value > 0) {
        return Duration.ofSeconds(Math.multiplyExact(value, unit == null ? 1 : unit));
      }
    } catch (NumberFormatException | ArithmeticException e) {
      // the one message below says it all
    }
    throw CommandException.usage(
        option + " wants a span of time such as 90s, 10m, 2h or 7d, was \"" + text + "\"");
  }

  /** Seconds with one decimal below ten, else minutes and seconds. */
  static String show(Duration duration) {
    long millis = duration.toMillis();
    if (millis < 10_000) {
      return String.format("%.1f s", millis / 1000.0);
    }
    long seconds = duration.toSeconds();
    return seconds < 120 ? seconds + " s" : seconds / 60 + " min " + seconds % 60 + " s";
  }
}
