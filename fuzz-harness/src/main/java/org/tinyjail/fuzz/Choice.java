package org.tinyjail.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Something that an input may add to a run, beside its payload.
 *
 * @param kind what it is
 * @param name the option with its dashes, the word, or the name of the variable
 */
public record Choice(Kind kind, String name) {
  /** What a choice adds. */
  public enum Kind {
    /** The name as a word: an option without a value, or a word such as a subcommand. */
    WORD,
    /** One word, name and value: {@code --sort=size}, {@code -n1}. */
    JOINED,
    /** Two words: {@code -separator ,}. */
    SEPARATE,
    /** An environment variable with a value. */
    VARIABLE
  }

  /** An option that takes a value, written as programs of its form read it. */
  public static Choice withValue(String option) {
    if (option.startsWith("--")) {
      return new Choice(Kind.JOINED, option + "=");
    }
    return new Choice(option.length() == 2 ? Kind.JOINED : Kind.SEPARATE, option);
  }

  /** The words or, of a variable, the one setting, with this value. */
  List<byte[]> with(byte[] value) {
    byte[] own = name.getBytes(StandardCharsets.UTF_8);
    return switch (kind) {
      case WORD -> List.of(own);
      case JOINED -> List.of(joined(own, value));
      case SEPARATE -> List.of(own, value);
      case VARIABLE -> List.of(joined(joined(own, new byte[] {'='}), value));
    };
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream both = new ByteArrayOutputStream(first.length + second.length);
    both.writeBytes(first);
    both.writeBytes(second);
    return both.toByteArray();
  }

  /** As one line. */
  String line() {
    return kind + " " + name;
  }

  /** What {@link #line} has written. */
  static Choice of(String line) {
    int space = line.indexOf(' ');
    return Arrays.stream(Kind.values())
        .filter(kind -> space > 0 && kind.name().equals(line.substring(0, space)))
        .map(kind -> new Choice(kind, line.substring(space + 1)))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no choice: " + line));
  }
}
