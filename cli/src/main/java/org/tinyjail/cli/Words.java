package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.generator.json.Suggestion;

/** Small things done with words. */
final class Words {
  private Words() {}

  /** What an I/O failure means, with the file it is about. */
  static String of(IOException e) {
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + ": no such file";
    }
    if (e instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    if (e instanceof FileSystemException file && file.getReason() != null) {
      return file.getFile() + ": " + file.getReason();
    }
    return String.valueOf(e.getMessage());
  }

  /** A command line that a shell splits into just these words. */
  static String shell(List<String> words) {
    return words.stream().map(Words::shell).collect(Collectors.joining(" "));
  }

  private static String shell(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** {@code 1 call}, {@code 2 calls}. */
  static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  /** The value of an option that takes one of {@code known}. */
  static String choice(String option, String otherwise, List<String> known, CommandLine line)
      throws CommandException {
    String word = line.getOptionValue(option, otherwise);
    if (!word.equals(otherwise) && !known.contains(word)) {
      throw CommandException.usage(
          "unknown --"
              + option
              + " \""
              + word
              + "\""
              + Suggestion.ending(word, known, "one of " + String.join(", ", known)));
    }
    return word;
  }
}
