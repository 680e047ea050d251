package org.tinyjail.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Words of a program's strings that may be worth putting into its input. */
public final class Tokens {
  private static final int LENGTH_MIN = 2;
  private static final int LENGTH_MAX = 32;
  private static final int TOKENS_MAX = 512;

  /** What no input holds: looked for anywhere in a string. */
  private static final Pattern USELESS =
      Pattern.compile(
          String.join(
              "|",
              "%[-+ #0-9.*]*(?:hh?|ll?|[zjtL])?[diouxXeEfFgGaAcspn]", // a format of printf
              "\\$\\{?\\w+/", // a path of the build
              "^\\.\\.?/|/\\.\\./",
              "^[\\w./+-]+\\.(?:c|h|cc|cpp|cxx|hh|hpp|S|rs|go|java|py)(?::\\d+)?$", // a source
              "^[\\w.+-]+\\.so(?:\\.[\\d.]+)?$", // a library
              "^_(?:Z|R)\\w+$|^_ITM_|^\\w+@@?\\w+$", // a mangled name, a versioned one
              "^(?:GLIBC|GLIBCXX|GCC|CXXABI)_",
              "^_\\w*[^_]$", // of the language's implementation
              "^N?S?t?[0-9]+[A-Za-z_]\\w*[0-9]\\w+E?$", // the name of a C++ type
              "AWAV|AVAU|AUAT|ATUS|UATU|A\\\\A|\\[\\]A|\\]A\\\\", // machine code
              "^[US]?A[R-W](?:A[R-W]|[USHDLIQP1])*$|^[A-Z]{2,4}(?:E1|[DHL]9)$|^A[XY]A[XYZ]",
              "^\\.(?:text|data|bss|rodata|interp|init|fini|dyn|eh_frame|shstrtab|symtab|strtab|got|plt"
                  + "|comment|note|gnu|rela|tbss|tdata)(?:[._a-z]\\S*)?$", // a section
              "^(?:GCC|GNU|clang|rustc): ?\\(?",
              "^(.)\\1{3,}$"));

  /** What is looked for in a string, the most useful first. */
  private enum Kind {
    KEYWORD("(?=.{4})[A-Z]{2,}(?:[_-]?[A-Z0-9]+)*(?: [A-Z]{2,}){0,2}"),
    MARKED_WORD("[A-Za-z][A-Za-z0-9-]+(?:[:=(]|/[0-9.]*)"),
    MARK("[<&#%@$!.*-][<&#%@$!?/.*-]{0,3}(?:[a-z]{2}|[A-Z]{2}|[A-Z][a-z])[A-Za-z0-9_-]*[>;:=(/-]?"),
    WORD("[a-z]{4,}[0-9]{0,2}"),
    PHRASE("[a-z][a-z0-9]*(?:[-_.+:/][a-z0-9]+)+"),
    NAME("(?=.{4})(?:[a-z]{2,}|[A-Z][a-z]+)[0-9]?(?:[-]?[A-Z][a-z]+[0-9]{0,2})*"),
    PUNCTUATION("[\\p{Punct}]{2,4}"),
    /** Often machine code. */
    SHORT("[a-z]{2,3}|[A-Z][A-Z0-9]{1,2}|[A-Z][a-z]{2}|[a-z]{1,2}[0-9]{1,2}"),
    FILE("/[\\w.+-]+(?:/[\\w.+-]+)*/?"),
    NUMBER("[0-9]+(?:[.:-][0-9]+)*");

    private final Pattern pattern;

    Kind(String pattern) {
      this.pattern = Pattern.compile(pattern);
    }
  }

  private Tokens() {}

  /**
   * Picks words of 2 to 32 printable bytes, at most 512: keywords, magic words, values. Formats,
   * sentences, names of sources and of symbols are left out. The most useful ones come first; the
   * order of the strings does not matter.
   */
  public static List<byte[]> of(Collection<String> strings) {
    Map<String, Kind> kinds = new HashMap<>();
    for (String string : strings) {
      String word = string.strip();
      if (word.length() >= LENGTH_MIN
          && word.length() <= LENGTH_MAX
          && !USELESS.matcher(word).find()) {
        Arrays.stream(Kind.values())
            .filter(kind -> kind.pattern.matcher(word).matches())
            .findFirst()
            .ifPresent(kind -> kinds.put(word, kind));
      }
    }
    return kinds.keySet().stream()
        .sorted(
            Comparator.<String, Kind>comparing(kinds::get)
                .thenComparing(String::length)
                .thenComparing(Comparator.naturalOrder()))
        .limit(TOKENS_MAX)
        .map(word -> word.getBytes(StandardCharsets.US_ASCII))
        .toList();
  }
}
