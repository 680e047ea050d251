package org.tinyjail.cli;

import java.io.IOException;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** One command: what it is called, what it takes and what it does. */
interface Command {
  /** The word after {@code tiny-jail}. */
  String name();

  /** One line, without a full stop. */
  String summary();

  /** What follows the name, such as {@code [OPTION]... -- CMD...}. */
  String usage();

  /** What it does, in short paragraphs. */
  String description();

  /** What it takes. */
  Options options();

  /** At least one. */
  List<Example> examples();

  /** Whether it starts a target: then every failure of tiny-jail itself is 125. */
  default boolean startsTarget() {
    return false;
  }

  /** Whether this line of it does. */
  default boolean startsTarget(CommandLine line) {
    return startsTarget();
  }

  /** Runs it and answers the exit code. */
  int run(CommandLine line, Context context) throws CommandException, IOException;

  /**
   * A command line and what it is good for.
   *
   * @param line without a prompt
   * @param purpose one line
   */
  record Example(String line, String purpose) {}
}
