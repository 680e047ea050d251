package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Option;

/** Renders what {@code --help} prints. */
final class Help {
  private static final int WIDTH = 80;
  private static final int COLUMN = 26;

  private static final String OF_TARGET =
      """
      the target's own; 128+n for signal n; 126, 127 as a shell;
      125 for every failure of tiny-jail itself.
      """;
  private static final String OF_OTHERS =
      """
      0 done, 1 findings, 2 usage, 4 bad input file, 5 store unavailable.
      """;

  private Help() {}

  /** The page of one command. */
  static String of(Command command) {
    StringBuilder text = new StringBuilder();
    text.append("usage: tiny-jail ").append(command.name()).append(' ').append(command.usage());
    text.append("\n\n").append(wrap(command.description(), "")).append('\n');
    if (!command.options().getOptions().isEmpty()) {
      text.append("\nOptions:\n");
      command.options().getOptions().forEach(option -> text.append(describe(option)));
    }
    text.append("\nExamples:\n");
    for (Command.Example example : command.examples()) {
      text.append("  ").append(example.line()).append("\n      ");
      text.append(example.purpose()).append('\n');
    }
    text.append("\nExit codes: ").append(command.startsTarget() ? OF_TARGET : OF_OTHERS);
    return text.toString();
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

        Examples:
          tiny-jail learn -- sqlite3 my.db 'select 1'
              watch a program and write sqlite3.policy.json
          tiny-jail run --policy sqlite3.policy.json -- sqlite3 my.db
              hold it to that; every denial is recorded
          tiny-jail review
              read the denials and decide

        "tiny-jail COMMAND --help" says more. Environment: TINY_JAIL_STORE names the
        directory of the evidence store (default: $XDG_DATA_HOME/tiny-jail, else
        ~/.local/share/tiny-jail); NO_COLOR turns colours off; TINY_JAIL_TEST_WITHOUT
        takes kernel features away, for tests: user_notif, log, wait_killable,
        landlock, sync_wake_up.
        """);
    return text.toString();
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
    String right = wrap(option.getDescription(), " ".repeat(COLUMN)).stripLeading();
    if (left.length() >= COLUMN - 1) {
      return left + "\n" + " ".repeat(COLUMN) + right + "\n";
    }
    return left + " ".repeat(COLUMN - left.length()) + right + "\n";
  }

  private static String wrap(String text, String indent) {
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
