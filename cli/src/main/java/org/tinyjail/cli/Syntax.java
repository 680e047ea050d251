package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.apache.commons.cli.Option;
import org.tinyjail.generator.groups.Groups;
import org.tinyjail.model.SyscallTable;

/** What may stand on a command line, read from the texts that {@code --help} shows. */
final class Syntax {
  private Syntax() {}

  /** What completes a word. */
  sealed interface Completer {
    /** One of these. */
    record Choice(List<String> words) implements Completer {}

    /** Files, those that end so, or all; directories always lead on. Words may stand instead. */
    record Files(String ending, List<String> words) implements Completer {}

    /** A call or a group of calls, or several of them with commas between. */
    record Calls(boolean isList) implements Completer {}

    /** Directories. */
    record Directories() implements Completer {}

    /** Nothing that is known here. */
    record Nothing() implements Completer {}
  }

  /** What completes the value of an option: told by the name of its argument. */
  static Completer value(Option option) {
    return completer(option.getArgName(), option.getLongOpt().equals("policy"));
  }

  private static Completer completer(String argument, boolean policy) {
    if (argument.contains("|")) {
      return new Completer.Choice(List.of(argument.split("\\|", -1)));
    }
    return switch (argument) {
      case "FILE" -> new Completer.Files(policy ? ".json" : "", List.of());
      case "POLICY" -> new Completer.Files(".json", PolicySource.BUILT_IN);
      case "GROUP" -> new Completer.Choice(List.copyOf(Groups.builtIn().names()));
      case "CALL" -> new Completer.Calls(false);
      case "CALL[,CALL]...", "EXPR" -> new Completer.Calls(true);
      case "DIR" -> new Completer.Directories();
      default -> new Completer.Nothing();
    };
  }

  /**
   * What completes a word of a command that is no option: the words in small letters of its usage
   * if it has some, else files, if it takes any.
   */
  static Completer operand(Command command) {
    List<String> literal = new ArrayList<>();
    Completer files = new Completer.Nothing();
    String before = "";
    for (String word : plainWords(command)) {
      boolean ofOption = before.startsWith("-");
      before = word;
      if (ofOption || word.startsWith("-")) {
        continue;
      }
      if (word.equals(word.toLowerCase(Locale.ROOT))) {
        literal.addAll(List.of(word.split("\\|", -1)));
      } else if (files instanceof Completer.Nothing) {
        files = completer(word, false);
      }
    }
    return literal.isEmpty() ? files : new Completer.Choice(List.copyOf(literal));
  }

  /** The words of the usage up to the program that is started, without brackets and dots. */
  private static List<String> plainWords(Command command) {
    List<String> words = new ArrayList<>();
    for (String word : command.usage().split(" ", -1)) {
      if (word.equals("--")) {
        break;
      }
      String plain = word.replace("[", "").replace("]", "").replace("...", "");
      if (!plain.equals("|") && !plain.isEmpty()) {
        words.add(plain);
      }
    }
    return words;
  }

  /** All groups and calls that may be named, with blanks between. */
  static String callsAndGroups() {
    List<String> words = new ArrayList<>(Groups.builtIn().names());
    words.addAll(new TreeSet<>(SyscallTable.knownNames()));
    return String.join(" ", words);
  }

  /** {@code --name}, and {@code -n} where it has a letter. */
  static List<String> spellings(Option option) {
    return option.getOpt() == null
        ? List.of("--" + option.getLongOpt())
        : List.of("-" + option.getOpt(), "--" + option.getLongOpt());
  }
}
