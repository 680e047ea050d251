package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The completions in the real shells. */
class CompletionTest {
  private static final Path DRIVERS = Path.of("src/test/sh").toAbsolutePath();

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'ru'                | run                    | learn",
        "'learn --args '     | all none safe          | --fast",
        "'run --pol'         | --policy               | --profile",
        "'run --policy '     | a.json d               | --quiet",
        "'explain '          | a.json d               | run",
        "'evidence '         | export forget list     | run",
        "'run --policy '     | @docker @nspawn @podman | @files",
        "'check '            | a.json d @docker       | @files",
        "'run --policy @d'   | @docker                | @podman",
        "'run --kill ptr'    | ptrace                 | @tracing",
        "'run --kill @trac'  | @tracing               | trace",
        "'groups @file-open-w'| @file-open-write      | write",
        "'groups --containing mprot' | mprotect       | @memory",
        "'compile --arch x8' | x86 x86_64             | aarch64",
        "'learn -- readli'   | readlink               | learn",
        "'completion '       | bash fish zsh          | run",
        "'help e'            | evidence explain       | run",
      })
  void wordsAreOfferedWhereTheyMayStand(String line, String offered, String not) throws Exception {
    Files.createFile(directory.resolve("a.json"));
    Files.createDirectory(directory.resolve("d"));
    for (String shell : CompletionCommand.SHELLS) {
      assertThat(complete(shell, line))
          .as("%s: tiny-jail %s", shell, line)
          .contains(offered.split(" "))
          .doesNotContain(not);
    }
  }

  @Test
  void bashTakesAValueBehindAnEqualsSign() throws Exception {
    assertThat(bash(List.of("learn", "--args", "=", "n"))).containsExactly("none");
    assertThat(bash(List.of("learn", "--args", "="))).containsExactly("all", "none", "safe");
  }

  /** zsh names what it adds, the others the whole word. */
  @Test
  void aListOfCallsAndGroupsGoesOnBehindAComma() throws Exception {
    for (String shell : CompletionCommand.SHELLS) {
      String before = shell.equals("zsh") ? "" : "read,@files,";
      assertThat(complete(shell, "run --log read,@files,@namespace-u"))
          .as(shell)
          .containsOnly(before + "@namespace-user", before + "@namespace-uts");
      assertThat(complete(shell, "trace --filter read,mprot"))
          .as(shell)
          .containsExactly(shell.equals("zsh") ? "mprotect" : "read,mprotect");
    }
  }

  /** Words as bash 5.2 splits them; it replaces what follows the last split, and the @ before. */
  @Test
  void bashCompletesBehindAnAtSign() throws Exception {
    assertThat(bash(List.of("run", "--policy", "@", "do"))).containsExactly("@docker");
    assertThat(bash(List.of("run", "--policy", "@")))
        .containsExactly("@docker", "@nspawn", "@podman");
    assertThat(bash(List.of("run", "--policy", "=@", "do"))).containsExactly("@docker");
    assertThat(bash(List.of("run", "--kill", "read,", "@", "files,", "@", "namespace-us")))
        .containsExactly("@namespace-user");
    assertThat(bash(List.of("run", "--kill", "@", "files,mprot")))
        .containsExactly("@files,mprotect");
  }

  @Test
  void theNamedPoliciesAreThoseOfTheDistribution() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("..", "corpora", "policies"))) {
      assertThat(files.map(file -> file.getFileName().toString()).filter(f -> f.endsWith(".json")))
          .map(name -> "@" + name.replace(".json", ""))
          .containsExactlyInAnyOrderElementsOf(PolicySource.BUILT_IN);
    }
  }

  @Test
  void everyCommandAndOptionIsOfferedByEveryShell() throws Exception {
    for (String shell : CompletionCommand.SHELLS) {
      String script = CompletionCommand.script(shell);
      for (Command command : Commands.all()) {
        assertThat(script).as(shell).contains(command.name());
        command
            .options()
            .getOptions()
            .forEach(
                option ->
                    assertThat(script)
                        .as(shell)
                        .contains((shell.equals("fish") ? "-l " : "--") + option.getLongOpt()));
      }
    }
  }

  private Set<String> complete(String shell, String line) throws Exception {
    return switch (shell) {
      case "bash" -> bash(List.of(line.split(" ", -1)));
      case "zsh" -> zsh("tiny-jail " + line);
      default -> fish("tiny-jail " + line);
    };
  }

  private Set<String> bash(List<String> words) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", driver("bash"), script("bash")));
    command.add("tiny-jail");
    command.addAll(words);
    return offered(output(command));
  }

  private Set<String> zsh(String line) throws Exception {
    Path results = Files.createTempFile(directory, "results", "");
    output(List.of("zsh", "-f", driver("zsh"), script("zsh"), results.toString(), line));
    return offered(Files.readAllLines(results));
  }

  private Set<String> fish(String line) throws Exception {
    String script = "source " + script("fish") + "; complete -C '" + line + "'";
    return offered(output(List.of("fish", "--no-config", "-c", script)));
  }

  private static String driver(String shell) {
    return DRIVERS.resolve("complete." + shell).toString();
  }

  private String script(String shell) throws Exception {
    Path file = directory.resolve("script." + shell);
    Files.writeString(file, CompletionCommand.script(shell));
    return file.toString();
  }

  /** Without descriptions, and without the slash behind a directory. */
  private static Set<String> offered(List<String> lines) {
    Set<String> offered = new TreeSet<>();
    for (String line : lines) {
      offered.add(line.split("\t", 2)[0].replaceFirst("/$", ""));
    }
    return offered;
  }

  private List<String> output(List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("HOME", directory.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return lines;
  }
}
