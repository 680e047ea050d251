package org.tinyjail.generator.elf;

import java.util.List;

/**
 * The tables of options that C libraries take, as the fields of one entry. A table ends with an
 * entry of zeros. Sources: getopt.h, argp.h, glib/goption.h, popt.h.
 *
 * <p>Fields: {@code n} name, {@code N} name or null, {@code t} text or null, {@code e} the same and
 * explaining, {@code d} null or pointer to a variable, {@code p} null or any pointer, {@code i}
 * int, {@code c} char.
 */
enum OptionLayout {
  /** name, has_arg, flag, val. */
  GETOPT_LONG(Option.Source.GETOPT_LONG, "nidi", "getopt_long", "getopt_long_only") {
    @Override
    boolean fits(long[] f) {
      return f[1] >= 0 && f[1] <= 2;
    }

    @Override
    OptionTable.Entry entry(String name, long[] f) {
      return new OptionTable.Entry(name, f[2] == 0 ? letter(f[3]) : 0, GETOPT_ARITY[(int) f[1]]);
    }

    /** One entry is enough if it looks like getopt's: {@code {"help", 0, 0, 'h'}}. */
    @Override
    boolean isTable(List<long[]> entries) {
      boolean telling = entries.stream().anyMatch(f -> f[2] != 0 || f[3] != 0);
      return telling && (entries.size() > 1 || letter(entries.get(0)[3]) != 0);
    }
  },

  /** name, key, arg, flags, doc, group. */
  ARGP(Option.Source.ARGP, "titiei", "argp_parse", "argp_help") {
    private static final int OPTIONAL = 1;
    private static final int IS_DOCUMENTATION = 8;
    private static final int FLAGS = 0x3f;
    private static final int GROUP_MAX = 1000;

    @Override
    boolean fits(long[] f) {
      return (f[3] & ~FLAGS) == 0
          && Math.abs(f[5]) <= GROUP_MAX
          && (f[0] != 0 || f[1] != 0 || f[4] != 0);
    }

    /** Documentation may stand in place of a name. */
    @Override
    boolean mustBeName(long[] f) {
      return f[0] != 0 && (f[3] & IS_DOCUMENTATION) == 0;
    }

    @Override
    OptionTable.Entry entry(String name, long[] f) {
      boolean option = (f[3] & IS_DOCUMENTATION) == 0;
      Option.Arity arity =
          f[2] == 0
              ? Option.Arity.NONE
              : (f[3] & OPTIONAL) != 0 ? Option.Arity.OPTIONAL : Option.Arity.REQUIRED;
      return new OptionTable.Entry(option ? name : "", option ? letter(f[1]) : 0, arity);
    }

    @Override
    boolean isTable(List<long[]> entries) {
      return entries.stream().anyMatch(f -> f[0] != 0 && f[1] != 0 && f[4] != 0);
    }
  },

  /** long_name, short_name, flags, arg, arg_data, description, arg_description. */
  GLIB(
      Option.Source.GLIB,
      "nciipet",
      "g_option_context_add_main_entries",
      "g_option_group_add_entries",
      "g_application_add_main_option_entries") {
    private static final int CALLBACK = 3;
    private static final int ARG_MAX = 8;
    private static final int FLAGS = 0x7f;
    private static final int NO_ARG = 1 << 3;
    private static final int OPTIONAL_ARG = 1 << 5;

    @Override
    boolean fits(long[] f) {
      return (f[2] & ~FLAGS) == 0
          && f[3] >= 0
          && f[3] <= ARG_MAX
          && f[4] != 0
          && (f[1] == 0 || letter(f[1]) != 0);
    }

    @Override
    OptionTable.Entry entry(String name, long[] f) {
      boolean none = f[3] == 0 || (f[3] == CALLBACK && (f[2] & NO_ARG) != 0);
      boolean optional = f[3] == CALLBACK && (f[2] & OPTIONAL_ARG) != 0;
      return new OptionTable.Entry(name, letter(f[1]), arity(none, optional));
    }

    @Override
    boolean isTable(List<long[]> entries) {
      return entries.stream().anyMatch(f -> f[5] != 0);
    }
  },

  /** longName, shortName, argInfo, arg, val, descrip, argDescrip. */
  POPT(Option.Source.POPT, "Ncipiet", "poptGetContext") {
    private static final int TYPE = 0xff;
    private static final int TYPE_MAX = 16;
    private static final int NONE = 0;
    private static final int STRING = 1;
    private static final int INCLUDE_TABLE = 4;
    private static final int VAL = 7;
    private static final int OPTIONAL = 0x10000000;

    @Override
    boolean fits(long[] f) {
      return (f[2] & TYPE) <= TYPE_MAX
          && (f[1] == 0 || letter(f[1]) != 0)
          && (f[0] != 0 || f[1] != 0 || (f[2] & TYPE) >= INCLUDE_TABLE);
    }

    @Override
    OptionTable.Entry entry(String name, long[] f) {
      long type = f[2] & TYPE;
      return new OptionTable.Entry(
          type == INCLUDE_TABLE ? "" : name,
          letter(f[1]),
          arity(type == NONE || type == VAL, (f[2] & OPTIONAL) != 0));
    }

    @Override
    boolean isTable(List<long[]> entries) {
      boolean documented = entries.stream().anyMatch(f -> f[0] != 0 && f[5] != 0);
      boolean telling = entries.stream().anyMatch(f -> f[1] != 0 || (f[2] & TYPE) >= STRING);
      return documented && telling;
    }
  };

  private static final Option.Arity[] GETOPT_ARITY = {
    Option.Arity.NONE, Option.Arity.REQUIRED, Option.Arity.OPTIONAL
  };

  private final Option.Source source;
  private final String fields;

  @SuppressWarnings("ImmutableEnumChecker") // never written
  private final String[] functions;

  OptionLayout(Option.Source source, String fields, String... functions) {
    this.source = source;
    this.fields = fields;
    this.functions = functions;
  }

  /** Whether the program asks a library for a function that takes such tables. */
  boolean isWantedBy(DynamicSection dynamic) {
    return dynamic.importsAnyOf(functions);
  }

  /** Whether the first field must be fit to be an option's name. */
  boolean mustBeName(long[] f) {
    return f[0] != 0;
  }

  Option.Source source() {
    return source;
  }

  String fields() {
    return fields;
  }

  /** Whether an entry's letter is an option; getopt's {@code val} may be a mere number. */
  boolean namesLetters() {
    return this != GETOPT_LONG;
  }

  /** Which field explains the option to users; -1 for none. */
  int explanation() {
    return fields.indexOf('e');
  }

  /** Where each field begins, as C aligns them; behind them the size of an entry. */
  int[] offsets(int wordSize) {
    int[] offsets = new int[fields.length() + 1];
    int at = 0;
    for (int i = 0; i < fields.length(); i++) {
      int size = size(fields.charAt(i), wordSize);
      at = (at + size - 1) / size * size;
      offsets[i] = at;
      at += size;
    }
    offsets[fields.length()] = (at + wordSize - 1) / wordSize * wordSize;
    return offsets;
  }

  static int size(char field, int wordSize) {
    return field == 'c' ? 1 : field == 'i' ? 4 : wordSize;
  }

  /** Whether the values of an entry's fields are possible together. */
  abstract boolean fits(long[] fields);

  abstract OptionTable.Entry entry(String name, long[] fields);

  /** Whether possible entries, up to one of zeros, are a table of this kind and not by chance. */
  abstract boolean isTable(List<long[]> entries);

  static char letter(long value) {
    return value > ' ' && value < 0x7f && value != '-' && value != ':' ? (char) value : 0;
  }

  private static Option.Arity arity(boolean none, boolean optional) {
    return none ? Option.Arity.NONE : optional ? Option.Arity.OPTIONAL : Option.Arity.REQUIRED;
  }
}
