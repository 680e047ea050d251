package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** The file that {@code -o} names, or standard output. */
final class Outputs {
  private Outputs() {}

  /** The option; {@code what} is written. */
  static Option option(String what) {
    return Option.builder("o")
        .longOpt("output")
        .hasArg()
        .argName("FILE")
        .desc("write " + what + " to FILE; - for standard output")
        .get();
  }

  /** Writes {@code bytes} where {@code -o} says. */
  static void write(CommandLine line, Context context, byte[] bytes)
      throws CommandException, IOException {
    if (line.getOptionValue("o", "-").equals("-")) {
      context.out().write(bytes);
      context.out().flush();
      return;
    }
    Path out = context.resolve(line.getOptionValue("o"));
    AtomicFile.checkWritable(out);
    AtomicFile.write(out, bytes);
  }
}
