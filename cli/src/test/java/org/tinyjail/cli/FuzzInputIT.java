package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
    assertThat(tinyJail.calls("p.json"))
        .contains("accept", "getppid", "getpgid", "getsid", "getpriority");
    assertThat(tinyJail.calls("p.json")).doesNotContain("connect", "mount", "setsockopt");
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
        .containsOnlyOnce(": it ends by signal SIGABRT\n")
        .containsOnlyOnce(": it does not end in time\n")
        .containsPattern("tiny-jail: [0-9]{2,} executions");
    assertThat(tinyJail.findings("SIGABRT"))
        .singleElement()
        .satisfies(file -> assertThat(file).content().contains("crash"));
    assertThat(tinyJail.findings("hang"))
        .singleElement()
        .satisfies(file -> assertThat(file).content().contains("hang"));
    assertThat(tinyJail.calls("p.json")).contains("getppid");
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
    assertThat(tinyJail.calls("p.json"))
        .contains("accept4", "epoll_wait", "recvfrom", "writev", "openat");
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
    assertThat(tinyJail.calls("p.json"))
        .contains("epoll_wait", "accept4", "read", "write", "rename");
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
    assertThat(tinyJail.calls("p.json"))
        .contains("listen", "accept4", "clone", "recvfrom", "sendto");
  }

  @Test
  void aProgramAtATerminalIsTypedIntoAndHungUp() throws Exception {
    compile("fuzz-terminal");
    corpus("call\n", "raw\n", "crash\n", "stay\n");
    TinyJail.Result result =
        fuzz("--tty --corpus mine --executions 200 --no-options", "./fuzz-terminal");
    assertThat(result.succeeded().err()).contains(": it ends by signal SIGABRT\n");
    assertThat(tinyJail.calls("p.json"))
        .contains("getppid", "getsid", "getpriority", "ioctl", "rt_sigreturn");
    assertThat(tinyJail.calls("p.json")).doesNotContain("setsid", "dup3");
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
    assertThat(tinyJail.calls("p.json")).contains("read", "write", "ioctl", "exit_group");
  }

  @Test
  void terminalsAndServersHaveOptionsToo() throws Exception {
    compile("fuzz-server");
    corpus("call\n");
    TinyJail.Result result =
        fuzz("--corpus mine --faults --executions 60 --input tcp:80", "./fuzz-server", "tcp:80");
    assertThat(result.succeeded().err()).containsPattern("tiny-jail: [0-9]{2,} executions");
    assertThat(tinyJail.calls("p.json")).contains("getppid", "getpriority");
  }
}
