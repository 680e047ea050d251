package org.tinyjail.cli;

import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.json.Suggestion;

/** {@code completion}: what a shell needs to complete tiny-jail's words. */
final class CompletionCommand implements Command {
  static final List<String> SHELLS = List.of("bash", "zsh", "fish");

  @Override
  public String name() {
    return "completion";
  }

  @Override
  public String summary() {
    return "print the completion of commands and options for a shell";
  }

  @Override
  public String usage() {
    return String.join("|", SHELLS);
  }

  @Override
  public String description() {
    return "Prints a script that makes the shell complete commands, options, their values, and"
        + " behind -- the program's own words. The distribution holds the same scripts under"
        + " share/, where packages and system-wide installations expect them.";
  }

  @Override
  public Options options() {
    return new OptionSet().build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("source <(tiny-jail completion bash)", "in ~/.bashrc"),
        new Example(
            "tiny-jail completion zsh >~/.zfunc/_tiny-jail",
            "where ~/.zshrc has fpath+=(~/.zfunc) before compinit"),
        new Example(
            "tiny-jail completion fish >~/.config/fish/completions/tiny-jail.fish",
            "from the next shell on"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException {
    List<String> words = line.getArgList();
    if (words.size() != 1) {
      throw CommandException.usage("wants one of " + String.join(", ", SHELLS));
    }
    context.out().print(script(words.get(0)));
    return ExitCode.DONE;
  }

  /** The script for a shell. */
  static String script(String shell) throws CommandException {
    return switch (shell) {
      case "bash" -> BashCompletion.of(Commands.all());
      case "zsh" -> ZshCompletion.of(Commands.all());
      case "fish" -> FishCompletion.of(Commands.all());
      default ->
          throw CommandException.usage(
              "no completion for \""
                  + shell
                  + "\""
                  + Suggestion.ending(shell, SHELLS, "one of " + String.join(", ", SHELLS)));
    };
  }
}
