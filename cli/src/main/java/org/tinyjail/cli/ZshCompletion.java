package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Option;
import org.tinyjail.cli.Syntax.Completer;

/** The completion function for zsh. */
final class ZshCompletion {
  private static final String BEGIN =
      """
      #compdef tiny-jail
      # zsh completion for tiny-jail; made by "tiny-jail completion zsh"

      _tiny-jail-files() { # ENDING WORD...: files that end so, and words
        compadd -- "${@[2,-1]}"
        _files -g "*$1"
      }

      _tiny-jail-calls() { # calls and groups; behind a comma another one
        compset -P '*,'
        compadd -- ${=tiny_jail_calls}
      }

      _tiny-jail() {
        local -a subcommands
        subcommands=(
      """;
  private static final String SPLIT =
      """
        )
        if ((CURRENT == 2)); then
          _describe -t commands command subcommands
          return
        fi
        local command=$words[2]
        shift words
        ((CURRENT--))
        case $command in
      """;
  private static final String END =
      """
          help)
            _describe -t commands command subcommands ;;
        esac
      }

      # Sourced, it registers itself; autoloaded by compinit, it is the function's body.
      if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
        _tiny-jail "$@"
      else
        compdef _tiny-jail tiny-jail
      fi
      """;
  private static final String PROGRAM =
      """
            local -i dashes=${words[(i)--]}
            if ((dashes < CURRENT)); then
              shift $dashes words
              ((CURRENT -= dashes))
              _normal
              return
            fi
      """;

  private ZshCompletion() {}

  static String of(List<Command> commands) {
    StringBuilder out = new StringBuilder(BEGIN);
    out.insert(
        out.indexOf("_tiny-jail() {"), "tiny_jail_calls='" + Syntax.callsAndGroups() + "'\n\n");
    for (Command command : commands) {
      out.append("    ").append(quoted(command.name() + ":" + command.summary())).append('\n');
    }
    out.append(SPLIT);
    for (Command command : commands) {
      out.append("    ").append(command.name()).append(")\n");
      if (command.startsTarget()) {
        out.append(PROGRAM);
      }
      out.append("      _arguments ").append(String.join(" \\\n        ", specs(command)));
      out.append(" ;;\n");
    }
    return out.append(END).toString();
  }

  private static List<String> specs(Command command) {
    List<String> specs = new ArrayList<>(List.of(quoted("--help[describe the command]")));
    for (Option option : command.options().getOptions()) {
      for (String spelling : Syntax.spellings(option)) {
        specs.add(quoted(spec(option, spelling)));
      }
    }
    Completer operand = Syntax.operand(command);
    if (command.startsTarget()) {
      specs.add(quoted("1: :(--)"));
    } else if (!(operand instanceof Completer.Nothing)) {
      specs.add(quoted("*: :" + action(operand)));
    }
    return specs;
  }

  private static String spec(Option option, String spelling) {
    String often = OptionSet.mayRepeat(option) ? "*" : "";
    String text = often + spelling + "[" + escaped(firstLine(option)) + "]";
    return option.hasArg()
        ? text + ":" + escaped(option.getArgName()) + ":" + action(Syntax.value(option))
        : text;
  }

  private static String firstLine(Option option) {
    return option.getDescription().lines().findFirst().orElse("");
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:");
  }

  private static String action(Completer completer) {
    if (completer instanceof Completer.Choice choice) {
      return "(" + String.join(" ", choice.words()) + ")";
    }
    if (completer instanceof Completer.Calls) {
      return "_tiny-jail-calls";
    }
    if (completer instanceof Completer.Files files && !files.words().isEmpty()) {
      // Behind a blank zsh adds no words of its own.
      return " _tiny-jail-files " + files.ending() + " " + String.join(" ", files.words());
    }
    if (completer instanceof Completer.Files files) {
      return files.ending().isEmpty() ? "_files" : "_files -g \"*" + files.ending() + "\"";
    }
    return completer instanceof Completer.Directories ? "_files -/" : " ";
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
