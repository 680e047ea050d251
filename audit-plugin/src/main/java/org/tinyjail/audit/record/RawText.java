package org.tinyjail.audit.record;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A text of a record, as it stands there: in quotes, or in hexadecimal where it holds a space, a
 * quote or a byte that is no printable ASCII. Changes with the parser that it is of.
 */
public final class RawText {
  private static final String NONE = "(null)";
  private static final String UNKNOWN = "?";

  private byte[] bytes = {};
  private int from;
  private int to;

  void set(byte[] all, int start, int end) {
    bytes = all;
    from = start;
    to = end;
  }

  void clear() {
    from = 0;
    to = 0;
  }

  /** Whether it stands nowhere. */
  public boolean isEmpty() {
    return from == to;
  }

  /** The bytes that stand there, a copy. */
  public byte[] raw() {
    return Arrays.copyOfRange(bytes, from, to);
  }

  /** Whether the same bytes stand there. */
  public boolean isRaw(byte[] other) {
    return Arrays.equals(bytes, from, to, other, 0, other.length);
  }

  /** A hash of the bytes that stand there. */
  public int rawHash() {
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    return hash;
  }

  /** What they mean; empty where the kernel has nothing to say. */
  public String text() {
    return text(bytes, from, to);
  }

  /** What {@link #raw} bytes mean. */
  public static String text(byte[] raw) {
    return text(raw, 0, raw.length);
  }

  private static String text(byte[] bytes, int from, int to) {
    if (from < to && bytes[from] == '"') {
      return new String(bytes, from + 1, to - from - 2, StandardCharsets.UTF_8);
    }
    String plain = new String(bytes, from, to - from, StandardCharsets.US_ASCII);
    if (plain.equals(NONE) || plain.equals(UNKNOWN)) {
      return "";
    }
    byte[] decoded = new byte[(to - from) / 2];
    for (int i = 0; i < decoded.length; i++) {
      decoded[i] = (byte) (digit(bytes[from + 2 * i]) << 4 | digit(bytes[from + 2 * i + 1]));
    }
    return new String(decoded, StandardCharsets.UTF_8);
  }

  /** Where a text without quotes is none, counted from its start; −1: it is one. */
  int problem() {
    String plain = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    if (plain.equals(NONE) || plain.equals(UNKNOWN)) {
      return -1;
    }
    for (int i = from; i < to; i++) {
      if (digit(bytes[i]) < 0) {
        return i - from;
      }
      if ((i - from) % 2 == 1 && bytes[i] == '0' && bytes[i - 1] == '0') {
        return i - 1 - from; // the kernel's texts end there
      }
    }
    return (to - from) % 2 == 1 || to == from ? to - from : -1;
  }

  /** The value of a hexadecimal digit; −1: it is none. */
  static int digit(byte one) {
    if (one >= '0' && one <= '9') {
      return one - '0';
    }
    if (one >= 'A' && one <= 'F') {
      return one - 'A' + 10;
    }
    return one >= 'a' && one <= 'f' ? one - 'a' + 10 : -1;
  }
}
