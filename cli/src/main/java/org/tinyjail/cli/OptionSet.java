package org.tinyjail.cli;

import java.util.List;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Builds the options of a command, one a line. */
final class OptionSet {
  /** Marks, in the parser's own terms, what takes a list of values. */
  private static final Class<?> REPEATED = List.class;

  private final Options options = new Options();

  /** A switch. */
  OptionSet flag(String name, String description) {
    options.addOption(Option.builder().longOpt(name).desc(description).get());
    return this;
  }

  /** An option with one value. */
  OptionSet value(String name, String argument, String description) {
    options.addOption(
        Option.builder().longOpt(name).hasArg().argName(argument).desc(description).get());
    return this;
  }

  /** An option with one value that may be given several times. */
  OptionSet values(String name, String argument, String description) {
    options.addOption(
        Option.builder()
            .longOpt(name)
            .hasArg()
            .argName(argument)
            .type(REPEATED)
            .desc(description + "; may be repeated")
            .get());
    return this;
  }

  /** Whether {@code option} may be given several times, each time with another value. */
  static boolean mayRepeat(Option option) {
    return REPEATED.equals(option.getType());
  }

  /** An option that others share. */
  OptionSet add(Option option) {
    options.addOption(option);
    return this;
  }

  Options build() {
    return options;
  }
}
