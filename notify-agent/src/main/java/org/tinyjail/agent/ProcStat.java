package org.tinyjail.agent;

import java.nio.charset.StandardCharsets;

/** The line of {@code /proc/PID/stat}; see proc(5). */
final class ProcStat {
  private static final int START_TIME = 22;

  private ProcStat() {}

  /** Field 22; 0 if the line does not have it. */
  static long startTime(byte[] stat) {
    String text = new String(stat, StandardCharsets.ISO_8859_1);
    // The name may hold blanks and brackets: fields are counted from its last bracket.
    String[] fields = text.substring(text.lastIndexOf(')') + 1).trim().split(" ", START_TIME);
    try {
      return fields.length > START_TIME - 3 ? Long.parseUnsignedLong(fields[START_TIME - 3]) : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
