package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.Option;
import org.tinyjail.cli.Surroundings.Entry;

/** Renders what {@code --help} prints. */
final class Help {
  private static final int WIDTH = 80;
  private static final int COLUMN = 26;
  private static final String HANGING = "    ";

  static final List<Command.Example> EXAMPLES =
      List.of(
          new Command.Example(
              "tiny-jail learn -- sqlite3 my.db 'select 1'",
              "watch a program and write sqlite3.policy.json"),
          new Command.Example(
              "tiny-jail run --policy sqlite3.policy.json -- sqlite3 my.db",
              "hold it to that; every denial is recorded"),
          new Command.Example("tiny-jail review", "read the denials and decide"));

  private Help() {}

  /** The page of one command. */
  static String of(Command command) {
    StringBuilder text = new StringBuilder();
    String before = "usage: ";
    for (String form : command.usage().split(" \\| ", -1)) {
      text.append(before).append("tiny-jail ").append(command.name()).append(' ').append(form);
      before = "\n       ";
    }
    text.append("\n\n").append(wrap(command.description(), "")).append('\n');
    if (!command.options().getOptions().isEmpty()) {
      text.append("\nOptions:\n");
      command.options().getOptions().forEach(option -> text.append(describe(option)));
    }
    examples(command.examples(), text);
    String codes =
        ExitCode.meanings(command).stream()
            .map(entry -> entry.name() + " " + entry.meaning())
            .collect(Collectors.joining("; "));
    return text.append('\n').append(wrap("Exit codes: " + codes + ".", "")).append('\n').toString();
  }

  /** The overview of all commands. */
  static String overview(List<Command> commands) {
    StringBuilder text =
        new StringBuilder(
            """
            usage: tiny-jail COMMAND [OPTION]...

            Learns what a Linux program needs from the kernel and holds the program to it.

            """);
    for (Command command : commands) {
      text.append(String.format("  %-10s %s%n", command.name(), command.summary()));
    }
    text.append(
        """

        "tiny-jail COMMAND --help" and tiny-jail-COMMAND(1) say more.
        """);
    examples(EXAMPLES, text);
    text.append("\nEnvironment:\n");
    for (Entry variable : Surroundings.ENVIRONMENT) {
      text.append(beside("  " + variable.name(), variable.meaning()));
    }
    return text.toString();
  }

  private static void examples(List<Command.Example> examples, StringBuilder text) {
    text.append("\nExamples:\n");
    for (Command.Example example : examples) {
      text.append("  ").append(example.line()).append("\n      ");
      text.append(example.purpose()).append('\n');
    }
  }

  private static String describe(Option option) {
    StringBuilder left = new StringBuilder("  ");
    if (option.getOpt() != null) {
      left.append('-').append(option.getOpt()).append(", ");
    }
    left.append("--").append(option.getLongOpt());
    if (option.hasArg()) {
      left.append(' ').append(option.getArgName());
    }
    return beside(left.toString(), option.getDescription());
  }

  private static String beside(String left, String text) {
    String right = wrap(text, " ".repeat(COLUMN)).stripLeading();
    if (left.length() >= COLUMN - 1) {
      return left + "\n" + " ".repeat(COLUMN) + right + "\n";
    }
    return left + " ".repeat(COLUMN - left.length()) + right + "\n";
  }

  /** Breaks a line between words where it is wider than {@code width}; what follows is indented. */
  static String hang(String text, int width) {
    StringBuilder all = new StringBuilder();
    int at = 0;
    for (String word : text.split(" ", -1)) {
      if (at > 0 && at + 1 + word.length() > width) {
        all.append("\n").append(HANGING);
        at = HANGING.length();
      } else if (!all.isEmpty()) {
        all.append(' ');
        at++;
      }
      all.append(word);
      at += word.length();
    }
    return all.toString();
  }

  /** Breaks paragraphs into lines of the terminal's width, each behind {@code indent}. */
  static String wrap(String text, String indent) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : text.split("\n", -1)) {
      StringBuilder line = new StringBuilder(indent);
      for (String word : paragraph.split(" ", -1)) {
        if (line.length() + word.length() > WIDTH && line.length() > indent.length()) {
          lines.add(line.toString().stripTrailing());
          line = new StringBuilder(indent);
        }
        line.append(word).append(' ');
      }
      lines.add(line.toString().stripTrailing());
    }
    return String.join("\n", lines);
  }
}
