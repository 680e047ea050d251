package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Words that a fuzzer puts into inputs, in libFuzzer's format: one in quotation marks a line. */
final class Dictionary {
  /** libFuzzer has no room for longer words. */
  static final int WORD_MAX = 64;

  /** More words make each of them rare. */
  static final int WORDS_MAX = 1024;

  private static final Pattern ENTRY = Pattern.compile("(?:[A-Za-z0-9_]+=)?(\".*\")");

  /** As Latin-1. */
  private final Set<String> words = new LinkedHashSet<>();

  static Dictionary read(Path file) throws IOException {
    Dictionary dictionary = new Dictionary();
    DataFile.read(file).forEach(dictionary::addEntry);
    return dictionary;
  }

  private void addEntry(String line) {
    Matcher entry = ENTRY.matcher(line);
    if (!entry.matches()) {
      throw new IllegalArgumentException(
          "wanted a word in quotation marks and nothing after it, was " + line);
    }
    byte[] word = QuotedBytes.parse(entry.group(1));
    if (word.length == 0 || word.length > WORD_MAX) {
      throw new IllegalArgumentException(
          "a word must have 1.." + WORD_MAX + " bytes, had " + word.length);
    }
    if (!words.add(text(word))) {
      throw new IllegalArgumentException(entry.group(1) + " stands there twice; drop one");
    }
  }

  /**
   * Adds those that are not there yet, have a length that libFuzzer takes, and for which is room.
   */
  void addAll(Collection<byte[]> more) {
    for (byte[] word : more) {
      if (words.size() < WORDS_MAX && word.length > 0 && word.length <= WORD_MAX) {
        words.add(text(word));
      }
    }
  }

  List<byte[]> words() {
    return words.stream().map(Dictionary::bytes).toList();
  }

  void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    words.forEach(word -> lines.add(QuotedBytes.of(bytes(word))));
    Files.write(file, lines);
  }

  private static String text(byte[] word) {
    return new String(word, StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String word) {
    return word.getBytes(StandardCharsets.ISO_8859_1);
  }
}
