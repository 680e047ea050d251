package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Rule;

/** {@code learn --fuzz} with Jazzer, the fork server and real targets. */
class FuzzIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  private Path compiled(String name, String... flags) throws Exception {
    Path program = directory.resolve(name);
    List<String> command =
        new ArrayList<>(
            List.of(
                "cc",
                "-O1",
                "-Wall",
                "-Werror",
                "-o",
                program.toString(),
                "src/test/c/" + name + ".c"));
    command.addAll(List.of(flags));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    return program;
  }

  private List<String> calls(String policy) throws Exception {
    return OciSeccompJson.read(directory.resolve(policy)).rules().stream()
        .filter(rule -> !rule.action().denies())
        .map(Rule::syscall)
        .distinct()
        .toList();
  }

  private static List<ProcessHandle> processesWith(String text) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains(text))
        .toList();
  }

  private static void awaitNone(String text) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!processesWith(text).isEmpty() && System.nanoTime() - end < 0) {
      Thread.sleep(50);
    }
    assertThat(processesWith(text)).isEmpty();
  }

  private Path campaign() throws IOException {
    try (Stream<Path> all = Files.list(tinyJail.home().resolve(".local/share/tiny-jail/fuzz"))) {
      return all.findFirst().orElseThrow();
    }
  }

  private TinyJail.Result fuzz(String executions, String out, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("learn", "--fuzz", "5m"));
    words.addAll(List.of("--executions", executions, "--out", out, "--"));
    words.addAll(List.of(command));
    return tinyJail.run(words.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-static"})
  void callsBehindBytesOfTheInputAreFound(String flag) throws Exception {
    compiled("fuzz-magic", flag.isEmpty() ? new String[0] : new String[] {flag});
    TinyJail.Result result = fuzz("4000", "m.json", "./fuzz-magic").succeeded();
    assertThat(calls("m.json")).contains("getppid", "getgid", "getsid");
    assertThat(result.err())
        .containsPattern("tiny-jail: [0-9,]+ executions, [0-9]+ kinds of calls")
        .contains("wrote m.json");
    assertThat(result.err().contains("no fork server inside the target"))
        .as(result.err())
        .isEqualTo(!flag.isEmpty());
    assertThat(Files.readString(directory.resolve("m.why.json"))).contains("fuzzed");
    assertThat(campaign().resolve("corpus")).isNotEmptyDirectory();
    awaitNone("fuzz-magic");

    Path input = Files.writeString(directory.resolve("input"), "b");
    TinyJail.Result held =
        tinyJail.end(
            tinyJail.startOther(
                List.of(
                    TinyJail.distribution() + "/bin/tiny-jail",
                    "run",
                    "--policy",
                    "m.json",
                    "--",
                    "./fuzz-magic"),
                Map.of(),
                Redirect.from(input.toFile())));
    assertThat(held.succeeded().err()).doesNotContain("denied");
  }

  @Test
  void optionsOfTheHelpAreTriedCrashesAreKeptAndNothingIsWritten() throws Exception {
    compiled("fuzz-options");
    TinyJail.Result result = fuzz("3000", "o.json", "./fuzz-options").succeeded();
    assertThat(calls("o.json")).contains("mkdir", "getuid");
    assertThat(result.err())
        .contains("found 2 options in the program's help")
        .containsOnlyOnce("an input ends the program by signal-6; kept in ")
        .doesNotContain("executables:");
    assertThat(campaign().resolve("findings/signal-6")).isNotEmptyFile();
    assertThat(directory.resolve("made")).doesNotExist();
  }

  @Test
  void aFileTakesThePlaceOfTheAts() throws Exception {
    fuzz("500", "c.json", "cat", "@@").succeeded();
    assertThat(calls("c.json")).contains("openat", "read", "write");
    assertThat(calls("c.json")).doesNotContain("mount", "clone", "wait4", "setsid");
  }

  @Test
  void anInterruptEndsTheCampaignAndThePolicyIsWritten() throws Exception {
    compiled("fuzz-magic");
    Process learn =
        tinyJail.start("learn", "--fuzz", "10m", "--out", "i.json", "--", "./fuzz-magic");
    Path corpus = awaitCorpus();
    new ProcessBuilder("kill", "-INT", String.valueOf(learn.pid())).start().waitFor();
    TinyJail.Result result = tinyJail.end(learn);
    assertThat(result.status()).as(result.err()).isEqualTo(130);
    assertThat(result.err()).contains("wrote i.json");
    assertThat(calls("i.json")).contains("read", "exit_group");
    assertThat(corpus).isNotEmptyDirectory();
    awaitNone("fuzz-magic");
  }

  @Test
  void nothingIsLeftRunningWhenTinyJailIsKilledAndWhatWasSeenIsKept() throws Exception {
    compiled("fuzz-magic");
    Process learn =
        tinyJail.start("learn", "--fuzz", "10m", "--out", "k.json", "--", "./fuzz-magic");
    awaitCorpus();
    Thread.sleep(3500); // what was observed is kept every three seconds
    learn.destroyForcibly().waitFor();
    awaitNone("fuzz-magic");
    assertThat(directory.resolve("k.json")).doesNotExist();
    Path program = directory.resolve("fuzz-magic").toRealPath();
    tinyJail.run("generate", "--program", program.toString(), "--out", "g.json").succeeded();
    assertThat(calls("g.json")).contains("read", "exit_group");
  }

  private Path awaitCorpus() throws Exception {
    File fuzz = tinyJail.home().resolve(".local/share/tiny-jail/fuzz").toFile();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (System.nanoTime() - end < 0) {
      File[] campaigns = fuzz.listFiles();
      if (campaigns != null && campaigns.length > 0) {
        String[] inputs = new File(campaigns[0], "corpus").list();
        if (inputs != null && inputs.length > 0) {
          return campaigns[0].toPath().resolve("corpus");
        }
      }
      Thread.sleep(50);
    }
    throw new AssertionError("no corpus");
  }
}
