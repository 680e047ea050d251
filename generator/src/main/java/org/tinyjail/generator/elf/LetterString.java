package org.tinyjail.generator.elf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A string that may be getopt's: {@code +ab:c::}.
 *
 * @param text the whole string
 * @param letters the options it would name
 */
record LetterString(String text, Map<Character, Option.Arity> letters) {
  /** How many strings are believed where no table confirms one. */
  private static final int UNCONFIRMED_MAX = 3;

  /** What programs use besides letters and digits, chmod among them; always with a value there. */
  private static final String SYMBOLS = ",+=?@#%";

  /** The string taken apart; empty if getopt would not take it or a letter comes twice. */
  static Optional<LetterString> parse(String string) {
    String text = string.stripTrailing(); // env(1) adds blanks, for those of a #! line
    int at = !text.isEmpty() && "+-:".indexOf(text.charAt(0)) >= 0 ? 1 : 0;
    if (at == 1 && text.startsWith(":", 1)) {
      at = 2; // +: or -:
    }
    Map<Character, Option.Arity> letters = new LinkedHashMap<>();
    while (at < text.length()) {
      char letter = text.charAt(at++);
      int colons = 0;
      while (colons < 2 && at < text.length() && text.charAt(at) == ':') {
        colons++;
        at++;
      }
      boolean allowed = Character.isLetterOrDigit(letter) || SYMBOLS.indexOf(letter) >= 0;
      if (!allowed || letters.put(letter, arity(colons)) != null) {
        return Optional.empty();
      }
    }
    return letters.isEmpty() ? Optional.empty() : Optional.of(new LetterString(text, letters));
  }

  private static Option.Arity arity(int colons) {
    return switch (colons) {
      case 0 -> Option.Arity.NONE;
      case 1 -> Option.Arity.REQUIRED;
      default -> Option.Arity.OPTIONAL;
    };
  }

  /** The string that names all letters of a table of long options, and few that it has not. */
  static Optional<LetterString> confirmedBy(OptionTable table, List<LetterString> candidates) {
    List<OptionTable.Entry> known =
        table.entries().stream().filter(e -> Character.isLetterOrDigit(e.letter())).toList();
    return candidates.stream()
        .filter(c -> !known.isEmpty() && c.agreesWith(known))
        .max(
            Comparator.comparingLong((LetterString c) -> c.shared(known))
                .thenComparing(c -> c.isTelling())
                .thenComparingInt(c -> c.letters.size()));
  }

  /** The likeliest of strings that no table confirms: a value in the middle is what words lack. */
  static List<LetterString> likely(List<LetterString> candidates) {
    List<LetterString> telling = new ArrayList<>(candidates);
    telling.removeIf(c -> !c.isTelling() || c.letters.size() < 2);
    telling.sort(Comparator.comparingInt((LetterString c) -> c.letters.size()).reversed());
    return telling.subList(0, Math.min(telling.size(), UNCONFIRMED_MAX));
  }

  List<Option> options() {
    List<Option> options = new ArrayList<>();
    letters.forEach(
        (letter, arity) -> {
          if (Character.isLetterOrDigit(letter) || letter == '?') {
            options.add(new Option("-" + letter, arity, Option.Source.GETOPT));
          }
        });
    return options;
  }

  private long present(List<OptionTable.Entry> known) {
    return known.stream().filter(e -> letters.containsKey(e.letter())).count();
  }

  private long shared(List<OptionTable.Entry> known) {
    return known.stream().filter(e -> letters.get(e.letter()) == e.arity()).count();
  }

  /** Most of the table's letters, and of those that are words by their look nearly no others. */
  private boolean agreesWith(List<OptionTable.Entry> known) {
    long present = present(known);
    boolean most = present * 4 >= known.size() * 3L && shared(known) * 2 >= known.size();
    return most && (isTelling() || present * 3 >= letters.size() * 2L);
  }

  private boolean isTelling() {
    return "+-:".indexOf(text.charAt(0)) >= 0 || text.matches(".*:[^:].*");
  }
}
