package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a campaign finds beside calls: crashes, hangs, hunger for memory. */
class FuzzFindingsIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    Files.copy(Attacker.program("fuzz-findings"), directory.resolve("app"));
    Files.createDirectory(directory.resolve("mine"));
  }

  private void input(String name, String text) throws Exception {
    Files.writeString(directory.resolve("mine").resolve(name), text);
  }

  private TinyJail.Result fuzz(int executions, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("learn", "--fuzz", "1m", "--corpus", "mine"));
    words.addAll(List.of("--executions", "" + executions, "--no-options", "--out", "p.json"));
    words.addAll(List.of(options));
    words.addAll(List.of("--", "./app"));
    return tinyJail.run(words.toArray(String[]::new)).succeeded();
  }

  private TinyJail.Result replay(String finding) throws Exception {
    return tinyJail.run(
        "learn", "--replay", "--finding", finding, "--out", "r.json", "--", "./app");
  }

  private Path file(String name) throws IOException {
    return tinyJail.campaign().resolve("findings").resolve(name);
  }

  /** The names of those that end in a way. */
  private List<String> found(String way) throws Exception {
    return tinyJail.findings(way).stream().map(file -> file.getFileName().toString()).toList();
  }

  private String line(String finding, String start) throws Exception {
    return Files.readAllLines(file(finding + ".txt")).stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .findFirst()
        .orElse("");
  }

  private int statusOf(String command) throws Exception {
    Process shell = tinyJail.startOther(List.of("bash", "-c", command), Map.of());
    return tinyJail.end(shell).status();
  }

  @ParameterizedTest
  @CsvSource({
    "a, SIGABRT, it ends by signal SIGABRT, 134",
    "s, SIGSEGV, it ends by signal SIGSEGV, 139",
    "h, hang, it does not end in time, 124",
    "m, memory, 'it asks for more memory than it may have, and ends with exit code 7', 7",
  })
  void eachIsSaidKeptAndSeenAgainByItsCommandAndByReplay(
      String input, String way, String said, int status) throws Exception {
    input("one", input);
    TinyJail.Result result = fuzz(20, "--timeout", "1s");
    String name = found(way).get(0);
    assertThat(result.err())
        .containsOnlyOnce("tiny-jail: found " + name + ": " + said)
        .containsPattern("tiny-jail: [0-9]+ findings?, each with a command to see it: ")
        .contains("wrote p.json");
    assertThat(file(name)).content().startsWith(input);
    String limit = way.equals("hang") ? "timeout 2 bash -c " : "bash -c ";
    String command = "'" + line(name, "command: ").replace("'", "'\\''") + "'";
    assertThat(statusOf(limit + command)).isEqualTo(status);
    assertThat(line(name, "replay: "))
        .isEqualTo("tiny-jail learn --replay --finding " + name + " -- ./app");
    assertThat(replay(name).succeeded().err()).contains(name + said.substring(2) + ", as before");
    assertThat(fuzz(20, "--timeout", "1s").err())
        .doesNotContain("found " + name)
        .containsPattern("[0-9]+ findings?, [0-9]+ of them new, each with");
  }

  @Test
  void aFindingThatIsNoMoreIsSaidToBe() throws Exception {
    input("one", "a");
    fuzz(20);
    String name = found("SIGABRT").get(0);
    TinyJail.Result other =
        tinyJail.run(
            "learn", "--replay", "--finding", name, "--out", "r.json", "--", "./app", "@@");
    assertThat(other.status()).isEqualTo(125);
    assertThat(other.err())
        .contains("was found with another command line; replay it so: " + line(name, "replay: "));
    assertThat(directory.resolve("r.json")).doesNotExist();
    Files.writeString(file(name), "fine");
    assertThat(replay(file(name) + ".txt").succeeded().err())
        .contains(name + " ends with exit code 0; it was: ends by signal SIGABRT")
        .contains("1 execution,");
  }

  @Test
  void whatHappensOnlyWithAFaultIsLabelledAndReplayedWithIt() throws Exception {
    input("one", "fine");
    TinyJail.Result result = fuzz(1200, "--faults");
    assertThat(result.err())
        .containsPattern(
            "found SIGABRT-fault-[0-9a-f]{8}: it ends by signal SIGABRT, only when call [0-9]+, read,"
                + " fails with [A-Z]+");
    String name = found("SIGABRT-fault").get(0);
    assertThat(line(name, "only when: ")).contains(" read, fails with ");
    assertThat(line(name, "at once again: ")).isEqualTo("without, ends with exit code 0");
    assertThat(statusOf(line(name, "command: "))).isZero();
    assertThat(replay(name).succeeded().err()).contains(", as before");
  }

  @Test
  void whatHappensWithoutAFaultTooIsNotLabelled() throws Exception {
    input("one", "s");
    fuzz(1200, "--faults");
    assertThat(found("SIGSEGV")).isNotEmpty();
    for (String name : found("SIGSEGV")) {
      assertThat(line(name, "only when: ")).as(name).isEmpty();
      assertThat(line(name, "at once again: ")).isEqualTo("ends by signal SIGSEGV");
    }
    assertThat(found("SIGSEGV-fault")).isEmpty();
  }

  @Test
  void whatEndsInEverNewWaysIsBounded() throws Exception {
    for (int i = 0; i < 200; i++) {
      Files.write(directory.resolve("mine").resolve("v" + i), new byte[] {'v', (byte) i});
    }
    TinyJail.Result result = fuzz(400);
    assertThat(found("SIGFPE")).hasSize(16);
    assertThat(result.err().lines().filter(line -> line.contains("found SIGFPE"))).hasSize(16);
  }

  @Test
  void aNameThatWasNotFoundIsRefusedWithThoseThatWere() throws Exception {
    input("one", "a");
    fuzz(20);
    TinyJail.Result result = replay("SIGABRT-00000000");
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .contains("--finding wants one of " + found("SIGABRT").get(0))
        .contains("was \"SIGABRT-00000000\"");
  }
}
