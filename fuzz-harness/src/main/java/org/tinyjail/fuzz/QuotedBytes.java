package org.tinyjail.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/**
 * Bytes in quotation marks, as libFuzzer's dictionaries have them: printable ASCII stands for
 * itself, {@code \\}, {@code \"} and {@code \xHH} for the rest.
 */
final class QuotedBytes {
  private static final HexFormat HEX = HexFormat.of();
  private static final int HEX_ESCAPE = 4;

  private QuotedBytes() {}

  static String of(byte[] bytes) {
    StringBuilder text = new StringBuilder("\"");
    for (byte b : bytes) {
      if (b == '\\' || b == '"') {
        text.append('\\').append((char) b);
      } else if (isPrintable((char) (b & 0xff))) {
        text.append((char) b);
      } else {
        text.append("\\x").append(HEX.toHexDigits(b));
      }
    }
    return text.append('"').toString();
  }

  /**
   * The opposite of {@link #of}.
   *
   * @throws IllegalArgumentException with what was found and what was wanted
   */
  static byte[] parse(String text) {
    if (text.length() < 2 || !text.startsWith("\"") || !text.endsWith("\"")) {
      throw new IllegalArgumentException(
          "wanted bytes in quotation marks such as \"GET \\x20\", was " + text);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int end = text.length() - 1;
    int at = 1;
    while (at < end) {
      at += parseOne(text, at, end, bytes);
    }
    return bytes.toByteArray();
  }

  /** Returns how many characters it took. */
  private static int parseOne(String text, int at, int end, ByteArrayOutputStream bytes) {
    char c = text.charAt(at);
    if (c == '\\') {
      return parseEscape(text, at, end, bytes);
    }
    if (c == '"' || !isPrintable(c)) {
      throw new IllegalArgumentException(
          String.format("wanted \\\" or \\x%02x at character %d of %s", (int) c, at, text));
    }
    bytes.write(c);
    return 1;
  }

  private static int parseEscape(String text, int at, int end, ByteArrayOutputStream bytes) {
    char next = at + 1 < end ? text.charAt(at + 1) : ' ';
    if (next == '\\' || next == '"') {
      bytes.write(next);
      return 2;
    }
    if (next == 'x'
        && at + HEX_ESCAPE <= end
        && HexFormat.isHexDigit(text.charAt(at + 2))
        && HexFormat.isHexDigit(text.charAt(at + 3))) {
      bytes.write(HexFormat.fromHexDigits(text, at + 2, at + HEX_ESCAPE));
      return HEX_ESCAPE;
    }
    throw new IllegalArgumentException(
        "wanted \\\\, \\\" or \\xHH at character " + at + " of " + text);
  }

  private static boolean isPrintable(char c) {
    return c >= ' ' && c <= '~';
  }
}
