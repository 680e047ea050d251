package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The manual pages, as mandoc reads them. */
class ManualTest {
  private static final LocalDate DATE = LocalDate.of(2026, 11, 9);

  @TempDir Path directory;

  @Test
  void everyPageIsCleanMdocAndHasAllSections() throws Exception {
    for (Map.Entry<String, String> file : ShareFiles.contents(DATE).entrySet()) {
      if (!file.getKey().startsWith("man/")) {
        continue;
      }
      Path page = directory.resolve(Path.of(file.getKey()).getFileName());
      Files.writeString(page, file.getValue());
      assertThat(mandoc("-T", "lint", "-W", "style", page.toString()))
          .as(file.getKey())
          .allMatch(line -> line.contains("referenced manual not found"));
      assertThat(mandoc("-T", "ascii", page.toString()).stream().filter(ManualTest::isTitle))
          .as(file.getKey())
          .contains(
              "NAME",
              "SYNOPSIS",
              "DESCRIPTION",
              "ENVIRONMENT",
              "FILES",
              "EXIT STATUS",
              "EXAMPLES",
              "SEE ALSO");
    }
  }

  @Test
  void aPageHasEveryOptionAndExampleAsTheyAreTyped() throws Exception {
    for (Command command : Commands.all()) {
      Path page = directory.resolve("page.1");
      Files.writeString(page, Manual.of(command, DATE));
      String text = String.join("\n", mandoc("-T", "ascii", "-O", "width=200", page.toString()));
      for (Option option : command.options().getOptions()) {
        assertThat(text).as(command.name()).contains("--" + option.getLongOpt());
      }
      for (Command.Example example : command.examples()) {
        assertThat(text).as(command.name()).contains("\n           " + example.line() + "\n");
      }
    }
  }

  @Test
  void textThatLooksLikeARequestStaysText() throws Exception {
    Path page = directory.resolve("page.1");
    Files.writeString(page, Manual.of(new Odd(), DATE));
    assertThat(mandoc("-T", "lint", "-W", "style", page.toString()))
        .allMatch(line -> line.contains("referenced manual not found"));
    assertThat(String.join("\n", mandoc("-T", "ascii", page.toString())))
        .contains("tiny-jail odd list FILE ...")
        .contains("tiny-jail odd --all [CALL]")
        .contains(".Sh is 'not' a \\request here, ~nor `there`.")
        .contains("November 9, 2026");
  }

  private static boolean isTitle(String line) {
    return line.matches("[A-Z][A-Z ]+");
  }

  /** Lines of what it prints, without overstriking. */
  private static List<String> mandoc(String... words) throws Exception {
    String[] command = new String[words.length + 1];
    command[0] = "mandoc";
    System.arraycopy(words, 0, command, 1, words.length);
    Process process = new ProcessBuilder(command).start();
    List<String> lines = process.inputReader().lines().toList();
    process.waitFor();
    return lines.stream().map(line -> line.replaceAll(".\b", "")).toList();
  }

  /** A command whose texts have what mdoc gives a meaning to. */
  private static final class Odd implements Command {
    @Override
    public String name() {
      return "odd";
    }

    @Override
    public String summary() {
      return "is odd";
    }

    @Override
    public String usage() {
      return "list FILE... | --all [CALL]";
    }

    @Override
    public String description() {
      return ".Sh is 'not' a \\request here, ~nor `there`.";
    }

    @Override
    public org.apache.commons.cli.Options options() {
      return new OptionSet().flag("all", "'all' of it. Even more").build();
    }

    @Override
    public List<Example> examples() {
      return List.of(new Example("'quoted' \\ .dots", ".begins with a dot"));
    }

    @Override
    public int run(org.apache.commons.cli.CommandLine line, Context context) {
      throw new UnsupportedOperationException();
    }
  }
}
