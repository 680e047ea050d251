package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Rule;

/** {@code learn --fuzz} with servers and with programs at a terminal, real ones among them. */
class FuzzInputIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  private void compile(String name) throws Exception {
    Path source = Path.of("../notify-agent/src/test/c", name + ".c");
    List<String> command =
        List.of("cc", "-O1", "-o", directory.resolve(name).toString(), source.toString());
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private Path corpus(String... inputs) throws IOException {
    Path corpus = Files.createDirectories(directory.resolve("mine"));
    for (int i = 0; i < inputs.length; i++) {
      Files.writeString(corpus.resolve("input-" + i), inputs[i]);
    }
    return corpus;
  }

  private TinyJail.Result fuzz(String options, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("learn", "--fuzz", "2m", "--out", "p.json"));
    words.addAll(List.of(options.split(" ", -1)));
    words.add("--");
    words.addAll(List.of(command));
    return tinyJail.run(words.toArray(String[]::new));
  }

  private List<String> calls() throws Exception {
    return OciSeccompJson.read(directory.resolve("p.json")).rules().stream()
        .filter(rule -> !rule.action().denies())
        .map(Rule::syscall)
        .distinct()
        .toList();
  }

  private Path findings() throws IOException {
    try (Stream<Path> all = Files.list(tinyJail.home().resolve(".local/share/tiny-jail/fuzz"))) {
      return all.findFirst().orElseThrow().resolve("findings");
    }
  }

  @ParameterizedTest
  @CsvSource({"tcp:80, daemon", "unix:socket, ''", "unix:@name, workers"})
  void aServersAnswersToItsInputsAndItsWayToTheEndAreLearned(String where, String how)
      throws Exception {
    compile("fuzz-server");
    corpus("call\n", "call\n\0PAUSE\0call\n", "call\n\0AGAIN\0call\n");
    fuzz(
            "--corpus mine --executions 100 --no-options --input " + where,
            "./fuzz-server",
            where,
            how)
        .succeeded();
    assertThat(calls()).contains("accept", "getppid", "getpgid", "getsid", "getpriority");
    assertThat(calls()).doesNotContain("connect", "mount", "setsockopt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "daemon"})
  void anInputThatAServerDoesNotSurviveIsKeptAndTheCampaignGoesOn(String how) throws Exception {
    compile("fuzz-server");
    corpus("crash\n", "hang\n", "call\n", "leave\n");
    TinyJail.Result result =
        fuzz(
            "--corpus mine --executions 60 --timeout 1s --input tcp:80",
            "./fuzz-server",
            "tcp:80",
            how);
    assertThat(result.succeeded().err())
        .containsOnlyOnce("an input ends the program by signal-6; kept in ")
        .containsOnlyOnce("an input ends the program by hang; kept in ")
        .containsPattern("tiny-jail: [0-9]{2,} executions");
    assertThat(findings().resolve("signal-6")).content().contains("crash");
    assertThat(findings().resolve("hang")).content().contains("hang");
    assertThat(calls()).contains("getppid");
  }

  @Test
  void aServerThatNeverListensEndsTheCampaignWithAnErrorInTime() throws Exception {
    long begin = System.nanoTime();
    TinyJail.Result result = fuzz("--input tcp:80 --no-options", "sleep", "1000");
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err()).contains("the program does not listen on tcp:80 within 10 s");
    assertThat(System.nanoTime() - begin).isLessThan(Duration.ofSeconds(60).toNanos());
    assertThat(directory.resolve("p.json")).doesNotExist();
  }

  @Test
  void aServerThatEndsBeforeItListensIsQuoted() throws Exception {
    TinyJail.Result result =
        fuzz("--input tcp:80 --no-options", "sh", "-c", "echo no such; echo configuration >&2");
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err())
        .contains("the program ends and does not listen on tcp:80; it says: configuration\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"daemon on; worker_processes 2;", "daemon off; master_process off;"})
  void nginxIsAServer(String how) throws Exception {
    Files.writeString(directory.resolve("index.html"), "hello");
    String logs = "access_log log; client_body_temp_path b; proxy_temp_path p;";
    String more = "fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;";
    Files.writeString(
        directory.resolve("nginx.conf"),
        "user root; pid pid; error_log errors; events {} http { "
            + logs
            + more
            + " server { listen 80; root .; } }");
    String prefix = directory + "/";
    TinyJail.Result result =
        fuzz(
            "--input tcp:80 --executions 300 --no-options --timeout 5s",
            "nginx",
            "-p",
            prefix,
            "-c",
            "nginx.conf",
            "-g",
            how);
    assertThat(result.succeeded().err()).doesNotContain("an input ends the program");
    assertThat(calls()).contains("accept4", "epoll_wait", "recvfrom", "writev", "openat");
  }

  @Test
  void redisIsAServer() throws Exception {
    fuzz(
            "--input tcp:6379 --executions 300 --no-options --timeout 5s",
            "redis-server",
            "--port",
            "6379",
            "--save",
            "")
        .succeeded();
    assertThat(calls()).contains("epoll_wait", "accept4", "read", "write", "rename");
  }

  @Test
  void aServerInPythonIsAServer() throws Exception {
    fuzz(
            "--input tcp:8000 --executions 40 --no-options --timeout 5s",
            "python3",
            "-m",
            "http.server",
            "8000")
        .succeeded();
    assertThat(calls()).contains("listen", "accept4", "clone", "recvfrom", "sendto");
  }

  @Test
  void aProgramAtATerminalIsTypedIntoAndHungUp() throws Exception {
    compile("fuzz-terminal");
    corpus("call\n", "raw\n", "crash\n", "stay\n");
    TinyJail.Result result =
        fuzz("--tty --corpus mine --executions 200 --no-options", "./fuzz-terminal");
    assertThat(result.succeeded().err()).contains("an input ends the program by signal-6");
    assertThat(calls()).contains("getppid", "getsid", "getpriority", "ioctl", "rt_sigreturn");
    assertThat(calls()).doesNotContain("setsid", "dup3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash --norc -i", "bc", "sqlite3", "python3"})
  void interactiveProgramsReadFromTheirTerminal(String command) throws Exception {
    corpus("1\n", "select 1;\nquit\n");
    TinyJail.Result result =
        fuzz(
            "--tty --corpus mine --executions 10 --no-options --timeout 20s",
            command.split(" ", -1));
    assertThat(result.succeeded().err()).doesNotContain("an input ends the program");
    assertThat(Files.readString(directory.resolve("p.json"))).contains("ioctl");
    assertThat(calls()).contains("read", "write", "ioctl", "exit_group");
  }

  @Test
  void terminalsAndServersHaveOptionsToo() throws Exception {
    compile("fuzz-server");
    corpus("call\n");
    TinyJail.Result result =
        fuzz("--corpus mine --faults --executions 60 --input tcp:80", "./fuzz-server", "tcp:80");
    assertThat(result.succeeded().err()).containsPattern("tiny-jail: [0-9]{2,} executions");
    assertThat(calls()).contains("getppid", "getpriority");
  }
}
