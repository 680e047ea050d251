package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole campaigns on programs that attack what is around them ({@code fuzz-hostile.c}): nothing
 * outside is touched, nothing is left, and the campaign goes on to a policy. As root.
 */
class FuzzHostilityIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** What the program's calls mean. */
  private static final String TRIED = "getsid";

  private static final String CAME_THROUGH = "times";
  private static final String LEFT_OVER = "getpgrp";

  @TempDir Path directory;
  private TinyJail tinyJail;
  private Path outside = Path.of("/");

  /** What starts tiny-jail. */
  private List<String> around = List.of();

  private Process canary;

  @BeforeEach
  void makeCanaries() throws Exception {
    tinyJail = new TinyJail(directory);
    outside = Files.createTempDirectory(Path.of("/root"), "tiny-jail-canary");
    Files.writeString(outside.resolve("canary"), "canary");
    Files.writeString(directory.resolve("mine"), "canary");
    String node = directory.resolve("node").toString();
    assertThat(new ProcessBuilder("mknod", node, "b", "7", "250").start().waitFor()).isZero();
    canary = new ProcessBuilder("sleep", "600").start();
  }

  @AfterEach
  void end() throws Exception {
    canary.destroyForcibly();
    Files.deleteIfExists(outside.resolve("canary"));
    Files.deleteIfExists(outside);
  }

  private void checkCanaries() {
    assertThat(outside.resolve("canary")).hasContent("canary");
    assertThat(outside.toFile().list()).containsExactly("canary");
    assertThat(directory.resolve("mine")).hasContent("canary");
    assertThat(directory.toFile().list())
        .containsExactlyInAnyOrder("mine", "node", "home", "p.json", "p.why.json");
    assertThat(canary.isAlive()).isTrue();
  }

  private List<String> hostile(Path program, String mode) {
    return List.of(program.toString(), mode, "" + outside, "" + canary.pid());
  }

  private TinyJail.Result fuzz(String mode, int executions, String... more) throws Exception {
    return fuzz(hostile(Attacker.program("fuzz-hostile"), mode), executions, List.of(), more);
  }

  /** Started with a key in the keyring of its session, which is not the target's. */
  private TinyJail.Result fuzz(
      List<String> program, int executions, List<String> options, String... more) throws Exception {
    List<String> words =
        Stream.of(
                around.stream(),
                hostile(Attacker.program("fuzz-hostile"), "with-key").stream(),
                Stream.of(TinyJail.distribution().resolve("bin/tiny-jail").toString()),
                Stream.of(
                    "learn",
                    "--mode",
                    "strict",
                    "--fuzz",
                    "50s",
                    "--timeout",
                    "1s",
                    "--no-options"),
                Stream.of("--executions", "" + executions, "--out", "p.json"),
                options.stream(),
                Stream.of("--"),
                program.stream(),
                Stream.of(more))
            .flatMap(part -> part)
            .toList();
    return tinyJail.end(tinyJail.startOther(words, Map.of()), LIMIT);
  }

  /** Nothing of a campaign is left but the files of its result. */
  private void checkEnd() throws Exception {
    checkCanaries();
    Attacker.await("the end of all processes", () -> Attacker.runningIn(directory).isEmpty());
  }

  /** The executions that are wanted are few where each takes its whole time. */
  @ParameterizedTest
  @CsvSource({
    "daemons, 200, clone",
    "fork-bomb, 4, clone",
    "fill, 20, write",
    "delete-all, 60, unlink",
    "deep-tree, 60, mkdir",
    "sleep, 4, pause",
    "spin, 4, rt_sigaction",
    "eat, 60, mmap",
    "reboot, 200, reboot",
    "devices, 200, mknodat",
    "settings, 200, openat",
    "close-descriptors, 200, close_range",
    "flood, 20, write",
    "mount, 200, mount",
    "unshare, 60, unshare",
    "directory, 200, chdir",
    "board, 200, mprotect",
    "limits, 60, prlimit64",
    "kill-the-next, 60, kill",
    "keys, 20, add_key",
    "ipc, 200, shmget",
    "mode, 200, fchmod",
  })
  void whatAProgramDoesAroundItIsContainedAndTheCampaignGoesOn(
      String mode, int executions, String call) throws Exception {
    TinyJail.Result result = fuzz(mode, executions).succeeded();
    checkEnd();
    assertThat(tinyJail.calls("p.json"))
        .contains(call, TRIED)
        .doesNotContain(CAME_THROUGH, LEFT_OVER);
    assertThat(executionsIn(result)).as(result.err()).isGreaterThanOrEqualTo(executions);
    assertThat(result.err()).doesNotContain("fork server");
  }

  /** Each takes the server with it, which is started anew, as often as is sensible. */
  @ParameterizedTest
  @CsvSource({
    "signal-all, kill",
    "kill-parents, kill",
  })
  void aProgramThatEndsItsServerEveryTimeEndsTheCampaignInOneLine(String mode, String call)
      throws Exception {
    TinyJail.Result result = fuzz(mode, 1000).succeeded();
    checkEnd();
    assertThat(tinyJail.calls("p.json"))
        .contains(call, TRIED)
        .doesNotContain(CAME_THROUGH, LEFT_OVER);
    assertThat(result.err())
        .containsOnlyOnce("the program has ended its fork server 50 times in a row");
  }

  /** A server that is stopped is noticed by the time that it takes: hence few executions. */
  @ParameterizedTest
  @CsvSource({"stop-parents, kill", "trace-parent, ptrace"})
  void aServerThatIsStoppedIsStartedAnew(String mode, String call) throws Exception {
    TinyJail.Result result = fuzz(mode, 3).succeeded();
    checkEnd();
    assertThat(tinyJail.calls("p.json"))
        .contains(call, TRIED)
        .doesNotContain(CAME_THROUGH, LEFT_OVER);
    assertThat(executionsIn(result)).isGreaterThanOrEqualTo(3);
  }

  /** Which has no call of its own to wait in, but a terminal. */
  @Test
  void aServerThatIsStoppedGoesOnAfterARunAtATerminal() throws Exception {
    List<String> program = hostile(Attacker.program("fuzz-hostile"), "stop-parents");
    TinyJail.Result result = fuzz(program, 3, List.of("--tty")).succeeded();
    checkEnd();
    assertThat(tinyJail.calls("p.json")).contains("kill", TRIED).doesNotContain(CAME_THROUGH);
    assertThat(executionsIn(result)).isGreaterThanOrEqualTo(3);
  }

  /** One that the dynamic linker is not in is forked by a server outside, with more to be taken. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void descriptorsOfTheServerAreOfNoUseToAProgram(boolean linked) throws Exception {
    Path path = linked ? Attacker.program("fuzz-hostile") : Attacker.staticProgram("fuzz-hostile");
    TinyJail.Result result = fuzz(hostile(path, "descriptors"), 20, List.of()).succeeded();
    checkEnd();
    assertThat(tinyJail.calls("p.json"))
        .contains("pidfd_getfd", TRIED)
        .doesNotContain(CAME_THROUGH, LEFT_OVER);
    assertThat(executionsIn(result)).isGreaterThanOrEqualTo(20);
  }

  @Test
  void anInputFileThatIsRemovedAndReplacedIsThereAgain() throws Exception {
    fuzz("none", 200, "@@").succeeded();
    checkEnd();
    assertThat(tinyJail.calls("p.json")).contains("unlink", TRIED).doesNotContain(LEFT_OVER);
  }

  /** The kernel makes no overlay of such directories in a user namespace. */
  @Test
  void besideOtherFileSystemsWhatIsThereIsReadOnlyAndWhatIsMadeIsDropped() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    Path below = Files.createDirectory(directory.resolve("below"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("mine"));
    Path file = Files.writeString(below.resolve("file"), "canary");
    List<Path> sockets = List.of(below.resolve("socket"), directory.resolve("socket"));
    String mount = "mount -t tmpfs none \"$0\" && touch \"$0/mounted\" && exec \"$@\"";
    around = List.of("unshare", "--mount", "sh", "-ec", mount, other.toString());
    try (ServerSocketChannel one = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        ServerSocketChannel two = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      one.bind(UnixDomainSocketAddress.of(sockets.get(0)));
      two.bind(UnixDomainSocketAddress.of(sockets.get(1)));
      fuzz("beside-mounts", 200).succeeded();
    }
    assertThat(file).hasContent("canary");
    for (Path path : List.of(sockets.get(0), sockets.get(1), file, below, link, other)) {
      Files.delete(path);
    }
    checkEnd();
    assertThat(tinyJail.calls("p.json"))
        .contains("unlink", "mkdir", TRIED)
        .doesNotContain(CAME_THROUGH, LEFT_OVER);
  }

  private static long executionsIn(TinyJail.Result result) {
    String line =
        result.err().lines().filter(text -> text.contains(" executions, ")).findFirst().orElse("");
    return Long.parseLong(
        line.replaceAll("^tiny-jail: ([0-9,]+) executions.*", "$1").replace(",", ""));
  }
}
