package org.tinyjail.generator.elf;

import java.util.ArrayList;
import java.util.List;

/**
 * A table of options in a program's data.
 *
 * @param layout how its entries look
 * @param entries in order, those without name and letter among them
 * @param explained how many have an explanation of more than one word
 */
record OptionTable(OptionLayout layout, List<Entry> entries, int explained) {

  /**
   * One option.
   *
   * @param longName without dashes; empty for none
   * @param letter 0 for none
   */
  record Entry(String longName, char letter, Option.Arity arity) {}

  /** Entries that chance does not put in a row; nginx has three that look like a table. */
  private static final int BEYOND_CHANCE = 8;

  OptionTable {
    entries = List.copyOf(entries);
  }

  /** Whether it is a table of options even if no library's function is there to take it. */
  boolean isBeyondDoubt() {
    if (layout.explanation() >= 0) {
      return entries.size() > 1 && explained * 2 >= entries.size();
    }
    return entries.size() >= BEYOND_CHANCE
        || (entries.size() > 1
            && entries.stream()
                .anyMatch(e -> e.longName().equals("help") || e.longName().equals("version")));
  }

  /** Its options under all the names that the table itself gives them. */
  List<Option> options() {
    List<Option> options = new ArrayList<>();
    for (Entry entry : entries) {
      if (!entry.longName().isEmpty()) {
        options.add(new Option("--" + entry.longName(), entry.arity(), layout.source()));
      }
      if (entry.letter() != 0 && layout.namesLetters()) {
        options.add(new Option("-" + entry.letter(), entry.arity(), layout.source()));
      }
    }
    return options;
  }
}
