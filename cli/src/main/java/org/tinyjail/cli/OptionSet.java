package org.tinyjail.cli;

import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Builds the options of a command, one a line. */
final class OptionSet {
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

  /** An option that others share. */
  OptionSet add(Option option) {
    options.addOption(option);
    return this;
  }

  Options build() {
    return options;
  }
}
