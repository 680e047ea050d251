package org.tinyjail.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Words as they are typed into a shell. */
final class ShellWords {
  private static final HexFormat HEX = HexFormat.of();

  private ShellWords() {}

  /** With spaces between. */
  static String of(List<byte[]> words) {
    return words.stream().map(ShellWords::of).collect(Collectors.joining(" "));
  }

  static String of(String word) {
    return of(word.getBytes(StandardCharsets.UTF_8));
  }

  /** As it is where that is safe, else quoted; bytes that cannot be typed as {@code $'\x01'}. */
  static String of(byte[] word) {
    String text = new String(word, StandardCharsets.ISO_8859_1);
    if (text.matches("[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+,=-]*")) {
      return text;
    }
    if (text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      return "'" + text.replace("'", "'\\''") + "'";
    }
    return text.chars().mapToObj(ShellWords::escaped).collect(Collectors.joining("", "$'", "'"));
  }

  private static String escaped(int c) {
    if (c == '\'' || c == '\\') {
      return "\\" + (char) c;
    }
    return c >= ' ' && c <= '~' ? String.valueOf((char) c) : "\\x" + HEX.toHexDigits((byte) c);
  }
}
