package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
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

/** Servers that start, and then serve under a smaller policy. */
class PhasesIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    Files.writeString(directory.resolve("p.json"), "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}");
    Files.writeString(
        directory.resolve("p.serving.json"),
        """
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
          {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}
        """);
    List<String> build = List.of("cc", "-Wall", "-Werror", "-o", "" + directory.resolve("phases"));
    List<String> words = new ArrayList<>(build);
    words.add("src/test/c/phases.c");
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
  }

  private static String freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return "" + socket.getLocalPort();
    }
  }

  private TinyJail.Result run(List<String> options, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("run", "--policy", "p.json", "--phases"));
    words.addAll(options);
    words.add("--");
    words.addAll(List.of(command));
    return tinyJail.run(words.toArray(String[]::new));
  }

  private void checkDenied() throws Exception {
    assertThat(tinyJail.run("review").succeeded().out()).contains("mkdir(\"service\", 0700)");
    assertThat(directory.resolve("service")).doesNotExist();
  }

  @Test
  void whatOnlyTheStartNeedsIsDeniedOnceTheProgramSaysThatItIsReady() throws Exception {
    TinyJail.Result result = run(List.of(), "./phases", "says").succeeded();
    assertThat(result.err()).contains("tiny-jail: ready (it says so)", "1 call denied");
    checkDenied();
  }

  @Test
  void itIsReadyWhenItListens() throws Exception {
    String port = freePort();
    TinyJail.Result result = run(List.of("--ready-port", port), "./phases", "x", port).succeeded();
    assertThat(result.err()).contains("ready (it listens)");
    checkDenied();
  }

  @Test
  void itIsReadyAfterSomeTime() throws Exception {
    TinyJail.Result result = run(List.of("--ready-after", "1s"), "./phases", "x").succeeded();
    assertThat(result.err()).contains("ready (time)");
    checkDenied();
  }

  @Test
  void aDaemonIsHeldToItAfterItsMainProcessHasEnded() throws Exception {
    String port = freePort();
    run(List.of("--ready-port", port), "./phases", "daemon", port).succeeded();
    Attacker.await("the end of its start", () -> !Files.exists(directory.resolve("start")));
    Attacker.await("the end of the daemon", () -> Attacker.runningIn(directory).isEmpty());
    checkDenied();
  }

  @Test
  void aProgramThatIsNeverReadyIsSaidToBe() throws Exception {
    TinyJail.Result result = run(List.of(), "./phases", "x");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.err()).contains("it never was ready: all that its start needs was allowed");
  }

  @Test
  void underComplainNothingIsDeniedAndAllIsRecorded() throws Exception {
    assertThat(run(List.of("--complain"), "./phases", "says").status()).isEqualTo(3);
    assertThat(tinyJail.run("review").succeeded().out()).contains("mkdir(\"service\", 0700)");
  }

  @Test
  void theServiceManagerOutsideIsToldToo() throws Exception {
    String script =
        """
        import os, socket, subprocess, sys
        outer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        outer.bind("outer")
        environment = dict(os.environ, NOTIFY_SOCKET=os.path.abspath("outer"))
        status = subprocess.run(sys.argv[1:], env=environment).returncode
        sys.exit(status or outer.recv(99) != b"STATUS=well\\nREADY=1\\n")
        """;
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    List<String> words = new ArrayList<>(List.of("python3", "-c", script, tool, "run", "--policy"));
    words.addAll(List.of("p.json", "--phases", "--", "./phases", "says"));
    tinyJail.end(tinyJail.startOther(words, Map.of())).succeeded();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --phases --ready-port 99999 | --ready-port wants a number from 1 to 65535, was "99999"
          --phases --ready-after soon | --ready-after wants a span of time
          --phases --watch            | --phases excludes --no-agent, --watch and --ask
          --ready-port 80             | --ready-port and --ready-after want --phases
          """)
  void wrongUseIsSaidAndNothingIsStarted(String options, String message) throws Exception {
    List<String> words = new ArrayList<>(List.of("run", "--policy", "p.json"));
    words.addAll(List.of(options.split(" ")));
    words.addAll(List.of("--", "./phases", "says"));
    TinyJail.Result result = tinyJail.run(words.toArray(String[]::new));
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err()).contains(message);
    assertThat(directory.resolve("start")).doesNotExist();
  }

  @Test
  void aPortThatIsTakenAndAPolicyWithoutItsPartAreRefused() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      String port = "" + socket.getLocalPort();
      TinyJail.Result taken = run(List.of("--ready-port", port), "./phases", "says");
      assertThat(taken.status()).isEqualTo(125);
      assertThat(taken.err()).contains("somebody listens on port " + port + " already");
    }
    Files.delete(directory.resolve("p.serving.json"));
    TinyJail.Result missing = run(List.of(), "./phases", "says");
    assertThat(missing.status()).isEqualTo(125);
    assertThat(missing.err()).contains("p.serving.json, which learn writes");
    assertThat(directory.resolve("start")).doesNotExist();
  }

  @Test
  void learnTellsWhatOnlyTheStartOfAServerNeeds() throws Exception {
    String port = freePort();
    List<String> server = List.of("redis-server", "--port", port, "--save", "", "--dir", ".");
    List<String> learn = new ArrayList<>(List.of("learn", "--out", "r.json", "--"));
    learn.addAll(server);
    TinyJail.Result learned = served(learn, port);
    assertThat(learned.err()).containsPattern("only its start needs \\d+ calls");
    List<String> all = tinyJail.calls("r.json");
    assertThat(tinyJail.calls("r.serving.json"))
        .contains("epoll_wait", "read", "write", "accept4")
        .doesNotContain("epoll_create", "umask")
        .isSubsetOf(all)
        .hasSizeLessThan(all.size());
    List<String> run = new ArrayList<>(List.of("run", "--policy", "r.json", "--phases"));
    run.addAll(List.of("--ready-port", port, "--"));
    run.addAll(server);
    assertThat(served(run, port).err()).contains("ready (it listens)").doesNotContain("denied;");
  }

  /** Started, used, and ended. */
  private TinyJail.Result served(List<String> words, String port) throws Exception {
    Process server = tinyJail.start(words.toArray(String[]::new));
    List<String> client = List.of("redis-cli", "-p", port);
    Attacker.await("redis", () -> client(client, "ping").equals("PONG"));
    List<String> benchmark =
        List.of("redis-benchmark", "-p", port, "-n", "500", "-q", "-t", "set,get");
    assertThat(tinyJail.end(tinyJail.startOther(benchmark, Map.of())).succeeded().out())
        .contains("requests per second");
    client(client, "shutdown");
    return tinyJail.end(server).succeeded();
  }

  private String client(List<String> client, String word) throws Exception {
    List<String> words = new ArrayList<>(client);
    words.add(word);
    return tinyJail.end(tinyJail.startOther(words, Map.of())).out().trim();
  }
}
