package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every part of a campaign is killed at any moment: nothing is left, and nothing is lost. */
class FuzzKillIT {
  /** As many as there is time for; {@code -Dtinyjail.kills=50} for more. */
  private static final int ROUNDS = Integer.getInteger("tinyjail.kills", 12);

  /**
   * Command (which the launcher has become), fuzzer, executor, warden, server, target: each the
   * child of the one before.
   */
  private static final int PARTS = 6;

  /** From here on the campaign goes on without the one that was killed. */
  private static final int EXECUTOR = 2;

  private static final int REPLACED_MAX = 3;

  @TempDir Path directory;

  private Path corpus(TinyJail tinyJail) throws Exception {
    Path fuzz = tinyJail.home().resolve(".local/share/tiny-jail/fuzz");
    if (!Files.isDirectory(fuzz)) {
      return fuzz;
    }
    try (Stream<Path> all = Files.list(fuzz)) {
      return all.findFirst().map(campaign -> campaign.resolve("corpus")).orElse(fuzz);
    }
  }

  private static List<String> names(Path corpus) {
    return Optional.ofNullable(corpus.toFile().list()).map(Arrays::asList).orElse(List.of());
  }

  /** The part so many generations below the command, or the last there is. */
  private static ProcessHandle part(ProcessHandle command, int generation) {
    ProcessHandle part = command;
    for (int i = 0; i < generation; i++) {
      Optional<ProcessHandle> child = part.children().findFirst();
      if (child.isEmpty()) {
        break;
      }
      part = child.get();
    }
    return part;
  }

  @Test
  void whoeverIsKilledNoProcessIsLeftNoPolicyIsHalfAndNoInputIsLost() throws Exception {
    TinyJail tinyJail = new TinyJail(directory);
    Path program = Files.copy(Attacker.program("fuzz-magic"), directory.resolve("app"));
    String[] learn = {"learn", "--fuzz", "10m", "--out", "k.json", "--", program.toString()};
    List<String> replayed = List.of();
    for (int round = 0; round < ROUNDS; round++) {
      byte[] old = policy();
      round(tinyJail, learn, new Random(round), round % PARTS);
      if (!Arrays.equals(old, policy())) {
        assertThat(tinyJail.calls("k.json")).contains("exit_group");
      }
      if (round % PARTS == PARTS - 1) {
        List<String> now = replayed(tinyJail, program);
        assertThat(now).as("what the corpus shows after round " + round).containsAll(replayed);
        replayed = now;
      }
    }
    assertThat(replayed).contains("getppid");
    tinyJail.run("evidence", "list").succeeded();
    String[] last = {"--executions", "200", "--out", "k.json", "--", program.toString()};
    tinyJail
        .run(
            Stream.concat(Stream.of("learn", "--fuzz", "1m"), Stream.of(last))
                .toArray(String[]::new))
        .succeeded();
    assertThat(tinyJail.calls("k.json")).containsAll(replayed);
  }

  private byte[] policy() throws Exception {
    Path file = directory.resolve("k.json");
    return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
  }

  private List<String> replayed(TinyJail tinyJail, Path program) throws Exception {
    tinyJail
        .run("learn", "--replay", "--fresh", "--out", "r.json", "--", program.toString())
        .succeeded();
    return tinyJail.calls("r.json");
  }

  private void round(TinyJail tinyJail, String[] learn, Random random, int generation)
      throws Exception {
    List<String> before = names(corpus(tinyJail));
    Process command = tinyJail.start(learn);
    try {
      // At first anywhere, from the start of the JVM on; where a server is to be killed, later.
      Thread.sleep(random.nextInt(1500));
      if (generation >= EXECUTOR) {
        Attacker.await(
            "the target's server", () -> command.descendants().anyMatch(FuzzKillIT::isProgram));
        Thread.sleep(300 + random.nextInt(500));
      }
      ProcessHandle part = part(command.toHandle(), generation);
      part.destroyForcibly();
      if (generation >= EXECUTOR) {
        Thread.sleep(random.nextInt(500));
        new ProcessBuilder("kill", "-INT", "" + command.pid()).start().waitFor(); // if it is there
      }
      TinyJail.Result result = tinyJail.end(command);
      assertThat(result.status()).as(result.err()).isIn(statuses(generation));
      Attacker.await("the end of all after " + part, () -> Attacker.runningIn(directory).isEmpty());
      List<String> lost = new ArrayList<>(before);
      lost.removeAll(names(corpus(tinyJail)));
      // libFuzzer replaces an input now and then, by a smaller one that shows the same.
      assertThat(lost).as("of " + before.size()).hasSizeLessThanOrEqualTo(REPLACED_MAX);
    } finally {
      command.destroyForcibly();
    }
  }

  private static boolean isProgram(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("/app"); // as it is seen inside
  }

  /**
   * As by an interrupt, or by SIGKILL; or failed: the fuzzer was killed, or the executor before the
   * program could be started.
   */
  private static Set<Integer> statuses(int generation) {
    return generation >= EXECUTOR ? Set.of(130, 125) : Set.of(137, 125);
  }
}
