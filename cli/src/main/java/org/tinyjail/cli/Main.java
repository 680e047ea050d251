package org.tinyjail.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;
import org.tinyjail.agent.AgentException;
import org.tinyjail.agent.LauncherGoneException;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.EvidenceException;

/** The entry: finds the command, runs it, turns failures into one line and an exit code. */
public final class Main {
  private Main() {}

  /** Runs the command that {@code words} begin with. */
  public static void main(String[] words) {
    System.exit(run(words, Context.ofProcess()));
  }

  static int run(String[] words, Context context) {
    if (words.length == 0) {
      context.err().print(Help.overview(Commands.all()));
      return ExitCode.USAGE;
    }
    switch (words[0]) {
      case "--help", "-h", "help" -> {
        return help(words, context);
      }
      case "--version", "version" -> {
        context.out().println("tiny-jail " + Version.text());
        return ExitCode.DONE;
      }
      case "share-files" -> { // the build's
        return ShareFiles.write(Path.of(words[1]), context);
      }
      case "warm-up" -> {
        return WarmUp.run(context);
      }
      default -> {
        return Commands.named(words[0])
            .map(command -> run(command, Arrays.copyOfRange(words, 1, words.length), context))
            .orElseGet(() -> unknown(words[0], context));
      }
    }
  }

  private static int help(String[] words, Context context) {
    Optional<Command> command = words.length > 1 ? Commands.named(words[1]) : Optional.empty();
    if (words.length > 1 && command.isEmpty()) {
      return unknown(words[1], context);
    }
    context.out().print(command.map(Help::of).orElseGet(() -> Help.overview(Commands.all())));
    return ExitCode.DONE;
  }

  private static int unknown(String word, Context context) {
    List<String> names = Commands.all().stream().map(Command::name).toList();
    context.say(
        "unknown command \""
            + word
            + "\""
            + Suggestion.ending(word, names, "one of " + String.join(", ", names)));
    return ExitCode.USAGE;
  }

  private static int run(Command command, String[] words, Context context) {
    if (Arrays.asList(words).contains("--help") || Arrays.asList(words).contains("-h")) {
      context.out().print(Help.of(command));
      return ExitCode.DONE;
    }
    int code = tried(command, words, context);
    boolean ownFailure = code == ExitCode.USAGE || code >= ExitCode.BAD_INPUT;
    return command.startsTarget() && ownFailure ? ExitCode.FAILED : code;
  }

  private static int tried(Command command, String[] words, Context context) {
    try {
      boolean launched = Boolean.getBoolean("tinyjail.launched");
      if (!launched) {
        checkDashes(command, words);
      }
      CommandLine line = parse(command, words, false);
      checkValues(line);
      if (launched && !line.getArgList().isEmpty()) {
        throw CommandException.usage(
            "unexpected \""
                + line.getArgList().get(0)
                + "\"; wanted options here, and the program to start after \"--\"");
      }
      if (command.startsTarget(line) && !launched) {
        // The launcher starts a target only where there is one.
        throw CommandException.usage("wants \"-- CMD...\" at the end: the program to start");
      }
      return command.run(line, context);
    } catch (ParseException e) {
      context.say(
          command.name()
              + ": "
              + explain(e, command.options())
              + "; see \"tiny-jail "
              + command.name()
              + " --help\"");
      return ExitCode.USAGE;
    } catch (CommandException e) {
      context.say(command.name() + ": " + e.getMessage());
      return e.exitCode();
    } catch (PolicyFormatException e) {
      context.say(String.valueOf(e.getMessage()));
      return ExitCode.BAD_INPUT;
    } catch (LauncherGoneException e) {
      return ExitCode.FAILED; // nobody waits for an answer any more
    } catch (AgentException e) {
      context.say(command.name() + ": " + e.getMessage());
      return ExitCode.FAILED;
    } catch (EvidenceException e) {
      context.say(String.valueOf(e.getMessage()));
      return ExitCode.STORE_UNAVAILABLE;
    } catch (IOException e) {
      return failed(command, e, context);
    } catch (UncheckedIOException e) {
      return failed(command, Objects.requireNonNull(e.getCause()), context);
    }
  }

  private static int failed(Command command, IOException e, Context context) {
    context.say(command.name() + ": " + Words.of(e));
    return ExitCode.BAD_INPUT;
  }

  private static CommandLine parse(Command command, String[] words, boolean stopAtNonOption)
      throws ParseException {
    return DefaultParser.builder()
        .setAllowPartialMatching(false)
        .get()
        .parse(command.options(), words, stopAtNonOption);
  }

  /** Without "--" the options of the program would be taken for those of the command. */
  private static void checkDashes(Command command, String[] words)
      throws CommandException, ParseException {
    CommandLine line = parse(command, words, true);
    List<String> program = line.getArgList();
    if (!command.startsTarget(line) || program.isEmpty() || program.get(0).startsWith("-")) {
      return;
    }
    List<String> corrected = new ArrayList<>(List.of("tiny-jail", command.name()));
    corrected.addAll(List.of(words).subList(0, words.length - program.size()));
    corrected.add("--");
    corrected.addAll(program);
    throw CommandException.usage(
        "\"--\" is missing before the program to start; did you mean: " + Words.shell(corrected));
  }

  /** The parser takes the first value and forgets the others, which were meant; and takes "". */
  private static void checkValues(CommandLine line) throws CommandException {
    Set<String> seen = new HashSet<>();
    for (Option option : line.getOptions()) {
      String name = "--" + option.getLongOpt();
      if (option.hasArg() && option.getValuesList().contains("")) {
        throw CommandException.usage(name + " is empty; wanted " + option.getArgName());
      }
      if (!seen.add(name) && option.hasArg() && !OptionSet.mayRepeat(option)) {
        throw CommandException.usage(name + " is given twice; wanted one " + option.getArgName());
      }
    }
  }

  private static String explain(ParseException e, Options options) {
    if (e instanceof UnrecognizedOptionException unknown) {
      List<String> names =
          options.getOptions().stream().map(option -> "--" + option.getLongOpt()).toList();
      return "unknown option "
          + unknown.getOption()
          + Suggestion.nearest(unknown.getOption(), names)
              .map(near -> "; did you mean " + near + "?")
              .orElse("");
    }
    if (e instanceof MissingArgumentException missing && missing.getOption() != null) {
      return "--" + missing.getOption().getLongOpt() + " wants " + missing.getOption().getArgName();
    }
    return String.valueOf(e.getMessage());
  }
}
