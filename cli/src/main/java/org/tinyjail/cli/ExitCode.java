package org.tinyjail.cli;

import java.util.List;
import org.tinyjail.cli.Surroundings.Entry;

/**
 * What tiny-jail's commands answer; those that start a target use {@link #FAILED} for all own
 * failures.
 */
final class ExitCode {
  static final int DONE = 0;
  static final int FINDINGS = 1;
  static final int USAGE = 2;
  static final int BAD_INPUT = 4;
  static final int STORE_UNAVAILABLE = 5;
  static final int FAILED = 125;

  private static final List<Entry> OF_TARGET =
      List.of(
          new Entry("0..255", "the program's own"),
          new Entry("128+n", "the program was ended by signal n"),
          new Entry("126", "it was found and cannot be executed"),
          new Entry("127", "it was not found"),
          new Entry("125", "tiny-jail itself failed, and says why on standard error"));
  private static final List<Entry> OF_OTHERS =
      List.of(
          new Entry("0", "done"),
          new Entry("1", "findings"),
          new Entry("2", "usage"),
          new Entry("4", "bad input file"),
          new Entry("5", "store unavailable"),
          new Entry("125", "tiny-jail itself failed"));

  private ExitCode() {}

  /** What the exit codes of a command mean. */
  static List<Entry> meanings(Command command) {
    return command.startsTarget() ? OF_TARGET : OF_OTHERS;
  }
}
