package org.tinyjail.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A second reader of dictionaries, written after libFuzzer's ParseDictionaryFile and stricter: no
 * byte but printable ASCII, no quotation mark that is not escaped.
 */
final class LibFuzzerDictionary {
  private static final int WORD_MAX = 64;

  private LibFuzzerDictionary() {}

  static List<String> read(Path file) throws IOException {
    List<String> words = new ArrayList<>();
    for (String line : Files.readString(file, StandardCharsets.ISO_8859_1).split("\n", -1)) {
      if (!line.isEmpty() && line.charAt(0) != '#') {
        words.add(word(line));
      }
    }
    return words;
  }

  private static String word(String line) {
    int open = line.indexOf('"');
    int close = line.length() - 1;
    if (open < 0 || close <= open + 1 || line.charAt(close) != '"') {
      throw new AssertionError("no word in quotation marks: " + line);
    }
    ByteArrayOutputStream word = new ByteArrayOutputStream();
    for (int at = open + 1; at < close; at++) {
      char c = line.charAt(at);
      if (c < ' ' || c > '~' || c == '"') {
        throw new AssertionError("must be escaped at " + at + ": " + line);
      } else if (c != '\\') {
        word.write(c);
      } else if (at + 1 < close && "\\\"".indexOf(line.charAt(at + 1)) >= 0) {
        word.write(line.charAt(++at));
      } else if (at + 3 < close && line.charAt(at + 1) == 'x') {
        word.write(Integer.parseInt(line.substring(at + 2, at + 4), 16));
        at += 3;
      } else {
        throw new AssertionError("no escape of libFuzzer's at " + at + ": " + line);
      }
    }
    if (word.size() > WORD_MAX) {
      throw new AssertionError("too long: " + line);
    }
    return word.toString(StandardCharsets.ISO_8859_1);
  }
}
