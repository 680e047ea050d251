package org.tinyjail.cli;

import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.Arch;

/** The machines that {@code --arch} may name. */
final class Architectures {
  private static final List<String> KNOWN = List.of("x86_64", "x86", "aarch64");

  private Architectures() {}

  /** The option. */
  static Option option() {
    return Option.builder()
        .longOpt("arch")
        .hasArg()
        .argName(String.join("|", KNOWN))
        .desc("for this machine; default: this one")
        .get();
  }

  /** The machine that {@code --arch} names, else this one. */
  static Arch of(CommandLine line) throws CommandException {
    String word = line.getOptionValue("arch", Arch.current().label());
    if (!KNOWN.contains(word)) {
      throw CommandException.usage(
          "unknown --arch \""
              + word
              + "\""
              + Suggestion.ending(word, KNOWN, String.join(", ", KNOWN)));
    }
    return Arch.valueOf(word.toUpperCase(Locale.ROOT));
  }
}
