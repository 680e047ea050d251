package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;

/** The manual and the completions, as files of the distribution; the build has them written. */
final class ShareFiles {
  private ShareFiles() {}

  /** Writes them below {@code share}, which packages install as it stands. */
  static int write(Path share, Context context) {
    try {
      for (Map.Entry<String, String> file : contents(date(context)).entrySet()) {
        Path path = share.resolve(file.getKey());
        Files.createDirectories(path.getParent());
        Files.writeString(path, file.getValue());
      }
      return ExitCode.DONE;
    } catch (IOException | CommandException e) {
      context.say("share-files: " + e);
      return ExitCode.FAILED;
    }
  }

  /** Each file's path below {@code share}, and its text. */
  static Map<String, String> contents(LocalDate date) throws CommandException {
    Map<String, String> files = new TreeMap<>();
    files.put("man/man1/tiny-jail.1", Manual.overview(Commands.all(), date));
    for (Command command : Commands.all()) {
      files.put("man/man1/tiny-jail-" + command.name() + ".1", Manual.of(command, date));
    }
    files.put("bash-completion/completions/tiny-jail", CompletionCommand.script("bash"));
    files.put("zsh/site-functions/_tiny-jail", CompletionCommand.script("zsh"));
    files.put("fish/vendor_completions.d/tiny-jail.fish", CompletionCommand.script("fish"));
    return files;
  }

  /** Today's, or the one that a reproducible build sets. */
  private static LocalDate date(Context context) {
    String epoch = context.environment().get("SOURCE_DATE_EPOCH");
    Instant at =
        epoch == null ? context.clock().instant() : Instant.ofEpochSecond(Long.parseLong(epoch));
    return LocalDate.ofInstant(at, ZoneOffset.UTC);
  }
}
