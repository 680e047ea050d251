package org.tinyjail.generator.elf;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options that a program takes, harvested from its file alone: it is not run.
 *
 * <p>Found are tables of options in its data, strings of option letters, and options named in
 * strings. Not found is what the program puts together when it runs, and what its libraries take.
 * What is found by its look may be no option.
 */
public final class CommandLineOptions {
  private CommandLineOptions() {}

  /**
   * Each option once, the surest sources first, at most 4096.
   *
   * @throws ElfException if the file is damaged
   */
  public static List<Option> of(ElfFile file) throws ElfException {
    Optional<DynamicSection> dynamic = file.dynamic();
    List<OptionTable> tables = OptionTables.of(file, dynamic);
    Collection<String> strings = ProgramStrings.of(file, dynamic).all();
    List<LetterString> letters =
        mayTakeLetters(dynamic) ? letterStrings(tables, strings) : List.of();
    List<Option> found = new ArrayList<>();
    tables.forEach(table -> found.addAll(table.options()));
    letters.forEach(string -> found.addAll(string.options()));
    boolean takesWords = tables.isEmpty() && !imports(dynamic);
    for (Option option : OptionText.options(strings)) {
      boolean fits =
          option.name().startsWith("--")
              || (option.name().length() == 2 ? letters.isEmpty() : takesWords);
      if (fits) {
        found.add(option);
      }
    }
    return distinct(found);
  }

  /** Whether getopt is there: imported, or nobody can tell because the program is static. */
  private static boolean mayTakeLetters(Optional<DynamicSection> dynamic) {
    return dynamic.isEmpty() || dynamic.get().needed().isEmpty() || imports(dynamic);
  }

  private static boolean imports(Optional<DynamicSection> dynamic) {
    return dynamic.isPresent()
        && dynamic.get().importsAnyOf("getopt", "getopt_long", "getopt_long_only");
  }

  private static List<LetterString> letterStrings(
      List<OptionTable> tables, Collection<String> strings) {
    List<LetterString> candidates =
        strings.stream().flatMap(s -> LetterString.parse(s).stream()).toList();
    List<OptionTable> longTables =
        tables.stream().filter(t -> t.layout() == OptionLayout.GETOPT_LONG).toList();
    return longTables.isEmpty()
        ? LetterString.likely(candidates)
        : longTables.stream()
            .flatMap(t -> LetterString.confirmedBy(t, candidates).stream())
            .toList();
  }

  private static List<Option> distinct(List<Option> found) {
    Map<String, Option> byName = new LinkedHashMap<>();
    for (Option option : found) {
      byName.merge(option.name(), option, CommandLineOptions::surer);
    }
    return byName.values().stream().limit(ElfLimits.OPTIONS).toList();
  }

  /** The first, unless only the second says whether there is a value. */
  private static Option surer(Option first, Option second) {
    return first.arity() == Option.Arity.UNKNOWN ? second : first;
  }
}
