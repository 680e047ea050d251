package org.tinyjail.model;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Bytes and text that a target chose, made fit to be kept and shown.
 *
 * <p>{@link #text} and {@link #quoted} turn bytes into text without losing any; {@link #display}
 * keeps text from steering the terminal or page it is shown on.
 */
public final class Escape {
  private Escape() {}

  /**
   * Bytes as text: UTF-8 as it is; where it is not UTF-8, {@code \xNN} for each stray byte and
   * {@code \\} for a backslash.
   */
  public static String text(byte[] bytes) {
    StringBuilder plain = new StringBuilder(bytes.length);
    if (decode(bytes, plain, false)) {
      return plain.toString();
    }
    StringBuilder escaped = new StringBuilder(bytes.length + 16);
    decode(bytes, escaped, true);
    return escaped.toString();
  }

  /**
   * Bytes as a C string literal, quotes included: stray bytes and control characters as {@code
   * \xNN}, the usual ones as {@code \n}, quote and backslash with a backslash. Fit for display.
   */
  public static String quoted(byte[] bytes) {
    StringBuilder body = new StringBuilder(bytes.length + 2);
    decode(bytes, body, true);
    StringBuilder out = new StringBuilder(body.length() + 2).append('"');
    body.codePoints().forEach(c -> appendQuoted(out, c));
    return out.append('"').toString();
  }

  /**
   * Text fit for a terminal or page: control characters, separators of lines and what changes the
   * direction of writing as {@code \xNN}, beyond ASCII as backslash, u and the number in braces;
   * all else as it is.
   */
  public static String display(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> appendVisible(out, c));
    return out.toString();
  }

  private static void appendQuoted(StringBuilder out, int c) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\n' -> out.append("\\n");
      case '\t' -> out.append("\\t");
      case '\r' -> out.append("\\r");
      default -> appendVisible(out, c);
    }
  }

  private static void appendVisible(StringBuilder out, int c) {
    if (!steers(c)) {
      out.appendCodePoint(c);
    } else if (c < 0x80) {
      out.append(hex(c));
    } else {
      out.append("\\u{").append(Integer.toHexString(c)).append('}');
    }
  }

  private static boolean steers(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }

  /** Whether all of {@code bytes} was UTF-8. */
  private static boolean decode(byte[] bytes, StringBuilder out, boolean escapeBackslash) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer chars = CharBuffer.allocate(bytes.length + 1);
    boolean clean = true;
    while (true) {
      CoderResult result = decoder.decode(in, chars, true);
      append(out, chars.flip(), escapeBackslash);
      chars.clear();
      if (result.isUnderflow()) {
        return clean;
      }
      clean = false;
      for (int i = 0; i < result.length(); i++) {
        out.append(hex(in.get()));
      }
    }
  }

  private static void append(StringBuilder out, CharBuffer chars, boolean escapeBackslash) {
    while (chars.hasRemaining()) {
      char c = chars.get();
      out.append(escapeBackslash && c == '\\' ? "\\\\" : String.valueOf(c));
    }
  }

  private static String hex(int value) {
    return String.format(Locale.ROOT, "\\x%02x", value & 0xff);
  }
}
