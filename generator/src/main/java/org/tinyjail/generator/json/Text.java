package org.tinyjail.generator.json;

import java.util.Locale;
import org.tinyjail.model.Escape;

/** Strings from files, fit to be shown on a terminal or written as JSON. */
final class Text {
  private static final int SHOWN = 60;

  private Text() {}

  /** {@code text} in double quotes, escaped and cut to a length that fits a message. */
  static String quoted(String text) {
    String shown = text.length() <= SHOWN ? text : text.substring(0, SHOWN);
    return '"' + Escape.display(shown) + (shown.length() < text.length() ? "..." : "") + '"';
  }

  /** Appends {@code text} as the inside of a JSON string. */
  static void appendJson(StringBuilder out, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (isPlain(c)) {
        out.append(c);
      } else {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
  }

  /** Not control characters, not surrogates, not the marks that turn the direction of writing. */
  private static boolean isPlain(char c) {
    return (c >= 0x20 && c < 0x7f)
        || (c > 0xa0 && !Character.isSurrogate(c) && Character.getType(c) != Character.FORMAT);
  }
}
