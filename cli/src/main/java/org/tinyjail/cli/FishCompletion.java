package org.tinyjail.cli;

import java.util.List;
import org.apache.commons.cli.Option;
import org.tinyjail.cli.Syntax.Completer;

/** The completion script for fish. */
final class FishCompletion {
  private static final String BEGIN =
      """
      # fish completion for tiny-jail; made by "tiny-jail completion fish"

      function __tiny_jail_needs_command
          test (count (commandline -opc)) -eq 1
      end

      function __tiny_jail_in # COMMAND, before any --
          set -l words (commandline -opc)
          test (count $words) -gt 1; and test $words[2] = $argv[1]; and not contains -- -- $words
      end

      function __tiny_jail_in_program
          set -l words (commandline -opc)
          contains -- -- $words
      end

      function __tiny_jail_program
          set -l words (commandline -opc) (commandline -ct)
          set -l dashes (contains -i -- -- $words)
          complete -C (string join ' ' -- (string escape -- $words[(math $dashes + 1)..-2]) "$words[-1]")
      end

      complete -c tiny-jail -f
      complete -c tiny-jail -n __tiny_jail_in_program -a '(__tiny_jail_program)'
      complete -c tiny-jail -n __tiny_jail_needs_command -l help -d 'list all commands'
      complete -c tiny-jail -n __tiny_jail_needs_command -l version -d 'say which version this is'
      complete -c tiny-jail -n __tiny_jail_needs_command -a help -d 'describe a command'
      """;

  private FishCompletion() {}

  static String of(List<Command> commands) {
    StringBuilder out = new StringBuilder(BEGIN);
    out.append("function __tiny_jail_calls\n    string split ' ' '");
    out.append(Syntax.callsAndGroups()).append("'\nend\n");
    for (Command command : commands) {
      line(out, "__tiny_jail_needs_command", "-a " + command.name(), command.summary());
    }
    String names = String.join(" ", commands.stream().map(Command::name).toList());
    line(out, "'__tiny_jail_in help'", "-a '" + names + "'", "");
    for (Command command : commands) {
      String condition = "'__tiny_jail_in " + command.name() + "'";
      line(out, condition, "-l help", "describe the command");
      String operand = action(Syntax.operand(command));
      if (!operand.isEmpty()) {
        line(out, condition, operand, "");
      }
      for (Option option : command.options().getOptions()) {
        String letter = option.getOpt() == null ? "" : "-s " + option.getOpt() + " ";
        String value = option.hasArg() ? " -x " + action(Syntax.value(option)) : "";
        String text = option.getDescription().lines().findFirst().orElse("");
        line(out, condition, letter + "-l " + option.getLongOpt() + value, text);
      }
    }
    return out.toString();
  }

  private static void line(StringBuilder out, String condition, String what, String text) {
    out.append("complete -c tiny-jail -n ").append(condition).append(' ').append(what.strip());
    if (!text.isEmpty()) {
      out.append(" -d '").append(text.replace("\\", "\\\\").replace("'", "\\'")).append('\'');
    }
    out.append('\n');
  }

  private static String action(Completer completer) {
    if (completer instanceof Completer.Choice choice) {
      return "-a '" + String.join(" ", choice.words()) + "'";
    }
    if (completer instanceof Completer.Calls calls) {
      return calls.isList()
          ? "-a '(__fish_complete_list , __tiny_jail_calls)'"
          : "-a '(__tiny_jail_calls)'";
    }
    if (completer instanceof Completer.Files files) {
      String words = String.join(" ", files.words()) + (files.words().isEmpty() ? "" : " ");
      return files.ending().isEmpty()
          ? "-a '(__fish_complete_path (commandline -ct))'"
          : "-a '" + words + "(__fish_complete_suffix " + files.ending() + ")'";
    }
    return completer instanceof Completer.Directories
        ? "-a '(__fish_complete_directories (commandline -ct))'"
        : "";
  }
}
