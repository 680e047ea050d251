package org.tinyjail.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A type of input, and how programs that read it are known: one line of {@code types.tsv}.
 *
 * @param name of its directory of seeds and its dictionary
 * @param programs names of programs, with {@code *} for any characters
 * @param extensions of files, with their dot
 * @param magics how input of this type begins
 * @param hints what stands in the strings of a program that reads it
 */
record InputType(
    String name,
    List<Pattern> programs,
    List<String> extensions,
    List<Magic> magics,
    List<String> hints) {
  /** Two hints, or a hint and two extensions, make a type worth trying. */
  static final int SCORE_MIN = 20;

  private static final int SCORE_OF_NAME = 100;
  private static final int SCORE_OF_MAGIC = 100;
  private static final int SCORE_OF_HINT = 10;
  private static final int SCORE_OF_EXTENSION = 5;

  private static final int FIELDS = 5;
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*");
  private static final Pattern EXTENSION = Pattern.compile("\\.[A-Za-z0-9.]+");
  private static final Pattern QUOTED =
      Pattern.compile("(?:([0-9]{1,4}):)?(\"(?:[^\"\\\\]|\\\\.)*\")(?: |$)");

  /** Bytes, as Latin-1, at an offset from the beginning. */
  record Magic(int offset, String bytes) {
    boolean isIn(String input) {
      return input.startsWith(bytes, offset);
    }
  }

  InputType {
    programs = List.copyOf(programs);
    extensions = List.copyOf(extensions);
    magics = List.copyOf(magics);
    hints = List.copyOf(hints);
  }

  /**
   * Reads name, programs, extensions, magics and hints, which stand between tabs; - for none.
   *
   * @throws IllegalArgumentException with what was found and what was wanted
   */
  static InputType parse(String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length != FIELDS) {
      throw new IllegalArgumentException(
          "wanted " + FIELDS + " fields between tabs, was " + fields.length);
    }
    if (!NAME.matcher(fields[0]).matches()) {
      throw new IllegalArgumentException(
          "wanted a type of small letters and digits, was \"" + fields[0] + "\"");
    }
    return new InputType(
        fields[0],
        words(fields[1]).stream().map(InputType::glob).toList(),
        words(fields[2]).stream().map(InputType::extension).toList(),
        quoted(fields[3]),
        quoted(fields[4]).stream().map(InputType::hint).toList());
  }

  private static List<String> words(String field) {
    return field.equals("-") ? List.of() : List.of(field.split(" ", -1));
  }

  private static Pattern glob(String word) {
    if (word.isEmpty() || word.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "wanted names of programs without a directory, one space between two, was \""
              + word
              + "\"");
    }
    return Pattern.compile("\\Q" + word.replace("*", "\\E.*\\Q") + "\\E");
  }

  private static String extension(String word) {
    if (!EXTENSION.matcher(word).matches()) {
      throw new IllegalArgumentException(
          "wanted extensions such as .json, one space between two, was \"" + word + "\"");
    }
    return word;
  }

  private static List<Magic> quoted(String field) {
    List<Magic> list = new ArrayList<>();
    if (field.equals("-")) {
      return list;
    }
    Matcher matcher = QUOTED.matcher(field);
    int at = 0;
    while (at < field.length()) {
      if (!matcher.find(at) || matcher.start() != at) {
        throw new IllegalArgumentException(
            "wanted \"text\" or OFFSET:\"text\", one space between two, was "
                + field.substring(at));
      }
      int offset = matcher.group(1) == null ? 0 : Integer.parseInt(matcher.group(1));
      byte[] bytes = QuotedBytes.parse(matcher.group(2));
      list.add(new Magic(offset, new String(bytes, StandardCharsets.ISO_8859_1)));
      at = matcher.end();
    }
    return list;
  }

  private static String hint(Magic quoted) {
    if (quoted.offset() != 0) {
      throw new IllegalArgumentException("hints have no offset, one had " + quoted.offset());
    }
    return quoted.bytes();
  }

  /** How likely it is that the program reads input of this type; comparable, no probability. */
  int score(String program, byte[] input, Collection<String> strings) {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    int score = 0;
    if (programs.stream().anyMatch(glob -> glob.matcher(program).matches())) {
      score += SCORE_OF_NAME;
    }
    if (magics.stream().anyMatch(magic -> magic.isIn(text))) {
      score += SCORE_OF_MAGIC;
    }
    score += SCORE_OF_HINT * count(hints, hint -> anyContains(strings, hint));
    score += SCORE_OF_EXTENSION * count(extensions, extension -> anyEnds(strings, extension));
    return score;
  }

  private static int count(List<String> list, Predicate<? super String> condition) {
    return (int) list.stream().filter(condition).count();
  }

  private static boolean anyContains(Collection<String> strings, String hint) {
    return strings.stream().anyMatch(string -> string.contains(hint));
  }

  /** An address says nothing: pages of manuals end in .html. */
  private static boolean anyEnds(Collection<String> strings, String extension) {
    return strings.stream()
        .anyMatch(string -> string.endsWith(extension) && !string.contains("://"));
  }
}
