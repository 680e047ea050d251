package org.tinyjail.generator.elf;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Options named in a program's strings: those it compares with, and those its help shows. */
final class OptionText {
  /** A string that is one option and nothing else: {@code -x}, {@code -json}, {@code --all=}. */
  private static final Pattern WHOLE =
      Pattern.compile("(--?[A-Za-z0-9?][A-Za-z0-9?_.-]{0,62}?)(\\[?=)?");

  /** A long option with one dash, as sqlite3 takes: neither a number nor a reply of Redis. */
  private static final Pattern WORD = Pattern.compile("-[a-z][a-z0-9_-]+");

  /** A line of help that begins with options: {@code " -a, --all[=WHEN] text"}. */
  private static final Pattern LINE =
      Pattern.compile("[ \t]{0,16}(?=-)(-[A-Za-z0-9?][\\w-]*|--[A-Za-z0-9][\\w.-]*)(.*)");

  /** The next option of such a line. */
  private static final Pattern NEXT =
      Pattern.compile("(?: ?[,|/] ?| or )(-[A-Za-z0-9?]|--?[A-Za-z0-9][\\w.-]+)(.*)");

  /** In running text, where only two dashes tell an option from a word. */
  private static final Pattern INSIDE =
      Pattern.compile("(?<=[\\s\\[({|'\"`,])(--[a-z0-9][a-z0-9-]*[a-z0-9])(?![\\w.%-])");

  /** In a synopsis: {@code [-abc]}, {@code [-s signal]}. */
  private static final Pattern SYNOPSIS = Pattern.compile("\\[-([A-Za-z0-9?]+)(\\]| <?\\w)");

  /** A line with more options in it is another program's command line, such as a compiler's. */
  private static final int INSIDE_MAX = 3;

  /** Names of one option, at the beginning of a line. */
  private static final int ALTERNATIVES_MAX = 8;

  private static final int SYNOPSIS_LETTERS_MAX = 60;

  private final List<Option> found = new ArrayList<>();

  private OptionText() {}

  static List<Option> options(Iterable<String> strings) {
    OptionText text = new OptionText();
    for (String string : strings) {
      if (string.indexOf('-') >= 0 && text.found.size() < ElfLimits.OPTIONS) {
        text.read(string);
      }
    }
    return text.found;
  }

  private void read(String string) {
    Matcher whole = WHOLE.matcher(string);
    if (whole.matches()) {
      add(whole.group(1), whole.group(2) == null ? "" : "=");
      return;
    }
    for (String line : string.split("\n", -1)) {
      if (line.indexOf('-') >= 0) {
        readLine(line);
      }
    }
  }

  private void readLine(String line) {
    Matcher inside = INSIDE.matcher(line);
    List<String[]> mentioned = new ArrayList<>();
    while (inside.find()) {
      mentioned.add(
          new String[] {
            inside.group(1), line.substring(inside.end(), Math.min(line.length(), inside.end() + 2))
          });
    }
    boolean synopsis = line.indexOf('[') >= 0;
    if (mentioned.size() > INSIDE_MAX && !synopsis) {
      return;
    }
    mentioned.forEach(m -> add(m[0], m[1]));
    if (synopsis) {
      readSynopsis(line);
    }
    Matcher option = LINE.matcher(line);
    for (int i = 0; i < ALTERNATIVES_MAX && option.matches(); i++) {
      add(option.group(1), option.group(2));
      option = NEXT.matcher(option.group(2));
    }
  }

  private void readSynopsis(String line) {
    Matcher matcher = SYNOPSIS.matcher(line);
    while (matcher.find()) {
      String letters = matcher.group(1);
      boolean valued = !matcher.group(2).equals("]");
      if (valued && letters.length() == 1) {
        found.add(new Option("-" + letters, Option.Arity.REQUIRED, Option.Source.TEXT));
      } else if (!valued && letters.length() <= SYNOPSIS_LETTERS_MAX) {
        letters
            .chars()
            .distinct()
            .forEach(
                c -> found.add(new Option("-" + (char) c, Option.Arity.NONE, Option.Source.TEXT)));
      }
    }
  }

  private void add(String name, String rest) {
    if (name.endsWith("-") || name.endsWith(".") || name.length() > ElfLimits.OPTION_NAME) {
      return;
    }
    if (name.startsWith("--") || name.length() == 2 || WORD.matcher(name).matches()) {
      found.add(new Option(name, arity(rest), Option.Source.TEXT));
    }
  }

  private static Option.Arity arity(String rest) {
    if (rest.startsWith("[=") || rest.startsWith("=[")) {
      return Option.Arity.OPTIONAL;
    }
    return rest.startsWith("=") || rest.startsWith(" <")
        ? Option.Arity.REQUIRED
        : Option.Arity.UNKNOWN;
  }
}
