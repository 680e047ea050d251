package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Option;
import org.tinyjail.cli.Syntax.Completer;

/** The completion script for bash; needs no bash-completion, and uses it where it is there. */
final class BashCompletion {
  private static final String BEGIN =
      """
      # bash completion for tiny-jail; made by "tiny-jail completion bash"

      _tiny_jail_words() { # WORDS: those that begin like the current one
        mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
        COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      }

      _tiny_jail_call() { # a call or a group
        _tiny_jail_words "$_tiny_jail_calls"
      }

      _tiny_jail_call_list() { # several with commas between
        local last=${current##*,}
        mapfile -t COMPREPLY < <(compgen -P "${current%"$last"}" -W "$_tiny_jail_calls" -- "$last")
        COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      }

      _tiny_jail_files() { # ENDING WORDS: files that end so, directories, and words
        if [[ $current == @* ]]; then
          _tiny_jail_words "$2"
          return
        fi
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "$2" -- "$current"; compgen -d -- "$current"
          compgen -f -X "!*$1" -- "$current" |
          while IFS= read -r file; do [[ -d $file ]] || printf '%s\\n' "$file"; done)
      }

      _tiny_jail_directories() {
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
      }

      _tiny_jail_program() { # INDEX: of the program's name
        if declare -F _command_offset >/dev/null; then
          _command_offset "$1"
        elif ((COMP_CWORD == $1)); then
          mapfile -t COMPREPLY < <(compgen -c -- "$current")
        else
          _tiny_jail_files '' ''
        fi
      }

      """;
  private static final String SPLIT =
      """
      _tiny_jail() {
        local current previous kept words=("${COMP_WORDS[0]}") i
        COMPREPLY=()
        # bash splits --option=value and a,@b; it puts in the place of what follows the last split,
        # with the @ before it.
        for i in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
          if [[ $i == =@ ]]; then
            words+=('=' '@')
          elif [[ ${words[-1]} == *@ || (${words[-1]} == *, && $i == @) ]]; then
            words[-1]+=$i
          else
            words+=("$i")
          fi
        done
        current=${words[-1]} previous=${words[-2]} kept=
        if [[ $current == = ]]; then
          current=
        elif [[ $previous == = ]]; then
          previous=${words[-3]}
        fi
        if [[ $current == *@* && $current != "${COMP_WORDS[COMP_CWORD]}" ]]; then
          kept=${current%@*}
        fi
      """;

  private BashCompletion() {}

  static String of(List<Command> commands) {
    StringBuilder out = new StringBuilder(BEGIN);
    out.append("_tiny_jail_calls='").append(Syntax.callsAndGroups()).append("'\n\n").append(SPLIT);
    List<String> first = new ArrayList<>(commands.stream().map(Command::name).toList());
    first.addAll(List.of("help", "--help", "--version"));
    out.append("  if ((COMP_CWORD == 1)); then\n    _tiny_jail_words '");
    out.append(String.join(" ", first)).append("'\n    return\n  fi\n");
    startsTargets(commands, out);
    out.append("  case \"${COMP_WORDS[1]} $previous\" in\n");
    commands.forEach(command -> values(command, out));
    out.append("  esac\n  case \"${COMP_WORDS[1]}\" in\n");
    commands.forEach(command -> words(command, out));
    out.append("    help) _tiny_jail_words '");
    out.append(String.join(" ", commands.stream().map(Command::name).toList()));
    out.append("' ;;\n  esac\n}\n\ncomplete -F _tiny_jail tiny-jail\n");
    return out.toString();
  }

  private static void startsTargets(List<Command> commands, StringBuilder out) {
    List<String> names =
        commands.stream().filter(Command::startsTarget).map(Command::name).toList();
    out.append("  case ${COMP_WORDS[1]} in\n    ").append(String.join("|", names)).append(")\n");
    out.append("      for ((i = 2; i < COMP_CWORD; i++)); do\n");
    out.append("        if [[ ${COMP_WORDS[i]} == -- ]]; then\n");
    out.append("          _tiny_jail_program $((i + 1))\n          return\n        fi\n");
    out.append("      done ;;\n  esac\n");
  }

  private static void values(Command command, StringBuilder out) {
    for (Option option : command.options().getOptions()) {
      if (option.hasArg()) {
        List<String> patterns =
            Syntax.spellings(option).stream()
                .map(word -> "'" + command.name() + " " + word + "'")
                .toList();
        out.append("    ").append(String.join(" | ", patterns)).append(")\n      ");
        out.append(action(Syntax.value(option))).append("\n      return ;;\n");
      }
    }
  }

  private static void words(Command command, StringBuilder out) {
    List<String> words = new ArrayList<>(List.of("--help"));
    command.options().getOptions().forEach(option -> words.addAll(Syntax.spellings(option)));
    out.append("    ").append(command.name()).append(")\n");
    Completer operand = Syntax.operand(command);
    if (!(operand instanceof Completer.Choice || operand instanceof Completer.Nothing)) {
      out.append("      if [[ $current == -* ]]; then _tiny_jail_words '");
      out.append(String.join(" ", words)).append("'; else ");
      out.append(action(operand)).append("; fi ;;\n");
      return;
    }
    if (operand instanceof Completer.Choice choice) {
      words.addAll(0, choice.words());
    }
    if (command.startsTarget()) {
      words.add("--");
    }
    out.append("      _tiny_jail_words '").append(String.join(" ", words)).append("' ;;\n");
  }

  private static String action(Completer completer) {
    if (completer instanceof Completer.Choice choice) {
      return "_tiny_jail_words '" + String.join(" ", choice.words()) + "'";
    }
    if (completer instanceof Completer.Files files) {
      return "_tiny_jail_files '%s' '%s'"
          .formatted(files.ending(), String.join(" ", files.words()));
    }
    if (completer instanceof Completer.Calls calls) {
      return calls.isList() ? "_tiny_jail_call_list" : "_tiny_jail_call";
    }
    return completer instanceof Completer.Directories ? "_tiny_jail_directories" : ":";
  }
}
