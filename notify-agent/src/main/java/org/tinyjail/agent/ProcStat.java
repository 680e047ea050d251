package org.tinyjail.agent;

import java.nio.charset.StandardCharsets;

/** The line of {@code /proc/PID/stat}; see proc(5). */
final class ProcStat {
  private static final int PARENT = 4;
  private static final int START_TIME = 22;
  private static final int STACK_START = 28;

  private ProcStat() {}

  /** The parent; 0 if the line does not have it. */
  static int parent(byte[] stat) {
    return (int) field(stat, PARENT);
  }

  /** When the process began, in clock ticks since the boot; 0 if the line does not have it. */
  static long startTime(byte[] stat) {
    return field(stat, START_TIME);
  }

  /** The bottom of the stack, anew with each exec; 0 if the line does not have it. */
  static long stackStart(byte[] stat) {
    return field(stat, STACK_START);
  }

  private static long field(byte[] stat, int number) {
    String text = new String(stat, StandardCharsets.ISO_8859_1);
    // The name may hold blanks and brackets: fields are counted from its last bracket.
    String[] fields = text.substring(text.lastIndexOf(')') + 1).trim().split(" ", number);
    try {
      return fields.length > number - 3 ? Long.parseUnsignedLong(fields[number - 3]) : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
