package org.tinyjail.fuzz;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.tinyjail.agent.RunInput;
import org.tinyjail.fuzz.Trail.Hit;

/**
 * An execution that ended badly, as kept beside its payload: lines that say what happened and how
 * to see it again.
 *
 * @param ending how it ended
 * @param when the faults without which it does not, in words; empty: it needs none
 * @param again what came of executing it once more at once
 * @param words its command line, with {@code @@1} and so on for {@link InputFiles}
 * @param variables those that the input has chosen; the others may hold secrets
 * @param faults those of {@code when}
 */
record Finding(
    String ending,
    String when,
    String again,
    List<byte[]> words,
    List<byte[]> variables,
    List<Fault> faults) {
  private static final String ENDING = "it: ";
  private static final String WHEN = "only when: ";
  private static final String AGAIN = "at once again: ";
  static final String REPLAY = "replay: ";
  private static final String WORD = "word: ";
  private static final String VARIABLE = "variable: ";
  private static final String FAULT = "fault: ";

  /**
   * @param files where the input files are seen inside
   */
  static Finding of(
      Ending ending, InputLayout.Choices chosen, List<Hit> hits, String again, List<Path> files) {
    return new Finding(
        ending.text(),
        hits.stream().map(Hit::text).collect(Collectors.joining("; ")),
        again,
        chosen.command().stream().map(word -> InputFiles.unnamed(word, files)).toList(),
        chosen.variables(),
        hits.stream().map(Hit::fault).toList());
  }

  /**
   * What an execution of it needs.
   *
   * @param files where the input files are seen inside
   */
  InputLayout.Choices choices(List<Path> files) {
    return new InputLayout.Choices(named(files), variables, faults);
  }

  private List<byte[]> named(List<Path> files) {
    return files.isEmpty()
        ? words
        : words.stream().map(word -> InputFiles.named(word, files)).toList();
  }

  /** One line: what it does. */
  String summary() {
    return ending + (when.isEmpty() ? "" : ", only when " + when);
  }

  /**
   * The file beside the payload.
   *
   * @param payload the file of the payload
   */
  String text(CampaignSpec spec, Path payload) {
    List<String> lines = new ArrayList<>();
    lines.add("# What the command does is done for real; the replay is contained.");
    lines.add(ENDING + ending);
    if (!when.isEmpty()) {
      lines.add(WHEN + when);
    }
    lines.add(AGAIN + again);
    lines.add("command: " + command(spec, payload));
    lines.add(REPLAY + replay(spec, String.valueOf(payload.getFileName())));
    words.forEach(word -> lines.add(WORD + QuotedBytes.of(word)));
    variables.forEach(variable -> lines.add(VARIABLE + QuotedBytes.of(variable)));
    faults.forEach(fault -> lines.add(FAULT + fault.line()));
    return String.join("\n", lines) + "\n";
  }

  /** The command that executes the finding of a name again. */
  static String replay(CampaignSpec spec, String name) {
    return "tiny-jail learn --replay --finding "
        + name
        + option(spec.input())
        + " -- "
        + ShellWords.of(spec.words());
  }

  private static String option(RunInput input) {
    return input instanceof RunInput.Terminal
        ? " --tty"
        : input.isConnection() ? " --input " + ShellWords.of(input.word()) : "";
  }

  /** What comes behind the words: a redirection, or a remark on what cannot be done by a shell. */
  private static String feeding(RunInput input, String payload) {
    if (input instanceof RunInput.Terminal) {
      return ") # and type " + payload;
    } else if (input.isConnection()) {
      return ") # and send " + payload + " to " + input.word();
    }
    return input instanceof RunInput.Standard ? " <" + payload + ")" : ")";
  }

  /** For a shell. */
  private String command(CampaignSpec spec, Path payload) {
    String limit = ending.contains("memory") ? "ulimit -v " + (Executions.MEMORY >> 10) + "; " : "";
    String environment = variables.isEmpty() ? "" : "env " + ShellWords.of(variables) + " ";
    int count = spec.input() instanceof RunInput.InFiles files ? files.paths().size() : 0;
    String line = ShellWords.of(named(InputFiles.kept(payload, count)));
    return "(cd "
        + ShellWords.of(spec.workingDirectory().toString())
        + "; "
        + limit
        + environment
        + line
        + feeding(spec.input(), ShellWords.of(payload.toString()));
  }

  /**
   * The opposite of {@link #text}.
   *
   * @throws IllegalArgumentException with the line that cannot be read
   */
  static Finding parse(List<String> lines) {
    return new Finding(
        String.join("", starting(lines, ENDING)),
        String.join("", starting(lines, WHEN)),
        String.join("", starting(lines, AGAIN)),
        starting(lines, WORD).stream().map(QuotedBytes::parse).toList(),
        starting(lines, VARIABLE).stream().map(QuotedBytes::parse).toList(),
        starting(lines, FAULT).stream().map(Fault::parse).toList());
  }

  private static List<String> starting(List<String> lines, String with) {
    return lines.stream()
        .filter(line -> line.startsWith(with))
        .map(line -> line.substring(with.length()))
        .toList();
  }
}
