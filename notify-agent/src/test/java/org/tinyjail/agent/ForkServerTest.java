package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tinyjail.agent.ForkServerSetting.Kind;
import org.tinyjail.agent.ForkServerSetting.Limits;
import org.tinyjail.agent.ForkServerSetting.Tells;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Observation;

/** The fork server on the real kernel: what a run sees, does, and cannot do. As root. */
class ForkServerTest {
  private static final Path HOME = Path.of("target/executor").toAbsolutePath();
  private static final Duration SHORT = Duration.ofMillis(400);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int ESRCH = 3;
  private static final int ENOMEM = 12;
  private static final int EACCES = 13;
  private static final int ENOSPC = 28;
  private static final int EROFS = 30;
  private static final int ECONNREFUSED = 111;

  @TempDir static Path programs;
  @TempDir Path directory;
  private Path outside = Path.of("/");
  private final List<ForkServer> servers = new ArrayList<>();
  private final RecordingDecider recorder =
      new RecordingDecider(ArgumentScope.NONE, Set.of(), Clock.systemUTC());

  @BeforeAll
  static void compile() throws Exception {
    for (String kind : List.of("dynamic", "static")) {
      String source = Path.of("src/test/c/fuzz-target.c").toAbsolutePath().toString();
      List<String> words =
          List.of("cc", "-O1", "-Wall", "-Werror", "-o", programs.resolve(kind).toString(), source);
      List<String> command = new ArrayList<>(words);
      if (kind.equals("static")) {
        command.add("-static");
      }
      assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
  }

  @BeforeEach
  void makeCanaries() throws IOException {
    outside = Files.createTempDirectory(Path.of("/root"), "tiny-jail-canary");
    Files.writeString(outside.resolve("file"), "canary");
    Files.writeString(directory.resolve("file"), "canary");
  }

  @AfterEach
  void end() throws IOException {
    servers.forEach(ForkServer::close);
    Files.deleteIfExists(outside.resolve("file"));
    Files.deleteIfExists(outside);
  }

  private ForkServerSetting setting(Kind kind, Path program) {
    return setting(kind, program, new RunInput.Standard());
  }

  private ForkServerSetting setting(Kind kind, Path program, RunInput input) {
    return new ForkServerSetting(
        program,
        directory,
        List.of(bytes("target"), bytes("given")),
        List.of(bytes("PATH=/usr/bin:/bin"), bytes("KEPT=yes")),
        OwnCalls.notifyAllBut(),
        OwnCalls.TOKEN,
        input,
        new Limits(1L << 30, 16 << 20, 32 << 20, 64),
        kind,
        Tells.NOTHING,
        true,
        false);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private ForkServer server(Kind kind) throws Exception {
    return server(setting(kind, programs.resolve(kind == Kind.PLAIN ? "static" : "dynamic")));
  }

  private ForkServer server(ForkServerSetting setting) throws Exception {
    ForkServer server = ForkServer.start(HOME, setting, recorder);
    servers.add(server);
    return server;
  }

  /** The exit code of a run that must end in order. */
  private static int run(ForkServer server, String input) {
    ForkServer.End end = Objects.requireNonNull(server.run(bytes(input), LONG), "server is gone");
    assertThat(end.timedOut()).isFalse();
    return WaitStatus.exitCode(end.status());
  }

  private static List<ProcessHandle> running(Path program) {
    return ProcessHandle.allProcesses()
        .filter(p -> p.info().command().filter(c -> c.equals(program.toString())).isPresent())
        .toList();
  }

  @ParameterizedTest
  @EnumSource
  void aRunReadsItsInputAndItsExitCodeIsTold(Kind kind) throws Exception {
    ForkServer server = server(kind);
    assertThat(run(server, "exists file")).isZero();
    assertThat(run(server, "exists no-such-file")).isEqualTo(ENOENT);
    assertThat(run(server, "call")).isZero();
    assertThat(Objects.requireNonNull(server.run(bytes("crash"), LONG)).status() & 0x7f)
        .as("SIGABRT")
        .isEqualTo(6);
  }

  @ParameterizedTest
  @EnumSource
  void aRunReadsEachOfItsInputFilesAlsoAfterChangesWereDropped(Kind kind) throws Exception {
    List<Path> inputs =
        IntStream.range(0, FuzzWire.INPUTS_MAX).mapToObj(i -> Path.of("/run/in" + i)).toList();
    Path program = programs.resolve(kind == Kind.PLAIN ? "static" : "dynamic");
    ForkServer server = server(setting(kind, program, new RunInput.InFiles(inputs)));
    server.words(Stream.of("target", "--from", "/run/in0").map(ForkServerTest::bytes).toList());
    assertThat(run(server, "first /run/in1\n@@\n2nd\n@@\n3rd")).isEqualTo('2');
    assertThat(run(server, "first /run/in7\n@@\n2nd")).as("empty").isEqualTo(97);
    assertThat(run(server, "remove /run/in2\n@@\n\n@@\n3rd")).isZero();
    assertThat(run(server, "first /run/in7" + "\n@@\n".repeat(7) + "8th")).isEqualTo('8');
    assertThat(run(server, "first /run/in2\n@@\n\n@@\n3rd")).isEqualTo('3');
    assertThat(run(server, "first /dev/stdin")).as("empty").isEqualTo(97);
  }

  @ParameterizedTest
  @EnumSource
  void wordsAndEnvironmentAreThoseThatWereAskedFor(Kind kind) throws Exception {
    ForkServer server = server(kind);
    run(server, "words");
    assertThat(server.output()).asString().isEqualTo("given\n");
    server.words(List.of(bytes("target"), bytes("--other"), bytes("\377")));
    run(server, "words");
    assertThat(server.output()).startsWith("--other\n".getBytes(StandardCharsets.UTF_8));
    server.words(List.of());
    run(server, "variable KEPT");
    assertThat(server.output()).asString().startsWith("yes\n");
    for (String ours : List.of("LD_PRELOAD", "LD_BIND_NOW")) {
      run(server, "variable " + ours);
      assertThat(server.output()).asString().startsWith("(none)\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRunMayWriteOverItsWordsAndTheNextHasThemWhole(Kind kind) throws Exception {
    ForkServer server = server(kind);
    server.words(List.of(bytes("target"), bytes("word")));
    server.variables(List.of(bytes("ADDED=yes")));
    for (int i = 0; i < 3; i++) {
      assertThat(run(server, "overwrite ADDED")).isZero();
      run(server, "words");
      assertThat(server.output()).asString().isEqualTo("word\n");
      run(server, "variable ADDED");
      assertThat(server.output()).asString().startsWith("yes\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aScriptKeepsItsInterpretersWords(Kind kind) throws Exception {
    Path script = directory.resolve("script");
    Files.writeString(script, "#!" + programs.resolve("dynamic") + " --of-script\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    ForkServer server = server(setting(kind, script));
    String before = "--of-script\n" + script + "\n";
    run(server, "words");
    assertThat(server.output()).asString().isEqualTo(before + "given\n");
    server.words(List.of(bytes("target"), bytes("one"), bytes("two")));
    run(server, "words");
    assertThat(server.output()).asString().isEqualTo(before + "one\ntwo\n");
    server.words(List.of(bytes("target")));
    run(server, "words");
    assertThat(server.output()).asString().isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void onlyTheTargetsOwnCallsAreEvidence(Kind kind) throws Exception {
    Path program = programs.resolve(kind == Kind.PLAIN ? "static" : "dynamic");
    ForkServer server = server(setting(kind, program));
    for (int i = 0; i < 3; i++) {
      assertThat(run(server, "call")).isZero();
    }
    Set<String> calls =
        recorder.observations().stream().map(Observation::syscall).collect(Collectors.toSet());
    assertThat(calls).contains("read", "getppid", "exit_group", "rt_sigaction");
    assertThat(calls)
        .doesNotContain(
            "execve", "clone", "wait4", "getpid", "setpgid", "lseek", "prctl", "syscall_7629313");
    assertThat(
            recorder.observations().stream()
                .filter(seen -> seen.syscall().equals("getppid"))
                .mapToLong(Observation::count)
                .sum())
        .isEqualTo(3);
    assertThat(recorder.observations())
        .extracting(Observation::executable)
        .containsOnly(program.toString());
  }

  @ParameterizedTest
  @EnumSource
  void whatARunWritesIsGoneInTheNextAndNeverOutside(Kind kind) throws Exception {
    ForkServer server = server(kind);
    assertThat(run(server, "create made")).isZero();
    assertThat(run(server, "exists made")).isEqualTo(ENOENT);
    assertThat(run(server, "remove file")).isZero();
    assertThat(run(server, "exists file")).isZero();
    assertThat(run(server, "create /tmp/tiny-jail-made")).isZero();
    assertThat(run(server, "exists /tmp/tiny-jail-made")).isEqualTo(ENOENT);
    assertThat(run(server, "fill big")).isEqualTo(ENOSPC);
    assertThat(run(server, "create made")).isZero();
    assertThat(directory.resolve("made")).doesNotExist();
    assertThat(directory.resolve("file")).exists();
    assertThat(Path.of("/tmp/tiny-jail-made")).doesNotExist();
  }

  @ParameterizedTest
  @EnumSource
  void canariesOutsideSurvive(Kind kind) throws Exception {
    ForkServer server = server(kind);
    assertThat(run(server, "remove " + outside.resolve("file"))).isEqualTo(EROFS);
    assertThat(outside.resolve("file")).exists();
    Process canary = new ProcessBuilder("sleep", "60").start();
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(run(server, "kill " + canary.pid())).isEqualTo(ESRCH);
      assertThat(run(server, "connect " + listening.getLocalPort())).isEqualTo(ECONNREFUSED);
      assertThat(canary.isAlive()).isTrue();
    } finally {
      canary.destroyForcibly();
    }
    assertThat(run(server, "reboot")).as("EINVAL if it were allowed").isEqualTo(EPERM);
  }

  @ParameterizedTest
  @EnumSource
  void devicesOfTheHostCannotBeOpened(Kind kind) throws Exception {
    Path node = directory.resolve("node");
    Process made =
        new ProcessBuilder("mknod", node.toString(), "b", "7", "250").inheritIO().start();
    assertThat(made.waitFor()).isZero();
    ForkServer server = server(kind);
    assertThat(run(server, "open node")).isEqualTo(EACCES);
    assertThat(run(server, "open /dev/null")).isZero();
    assertThat(run(server, "open /dev/vda")).isEqualTo(ENOENT);
  }

  @ParameterizedTest
  @EnumSource
  void aRunThatDoesNotEndIsKilledAndTheNextGoesOn(Kind kind) throws Exception {
    ForkServer server = server(kind);
    ForkServer.End end = Objects.requireNonNull(server.run(bytes("sleep"), SHORT));
    assertThat(end.timedOut()).isTrue();
    assertThat(end.status() & 0x7f).isEqualTo(9);
    assertThat(run(server, "call")).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void daemonsEndWithTheirRun(Kind kind) throws Exception {
    ForkServer server = server(kind);
    for (int i = 0; i < 20; i++) {
      assertThat(run(server, "daemon")).isZero();
    }
    assertThat(run(server, "call")).isZero();
    Path program = programs.resolve(kind == Kind.PLAIN ? "static" : "dynamic");
    // The server and what waits for the next run; a plain one is not the target yet.
    assertThat(running(program)).hasSize(kind == Kind.PLAIN ? 0 : 2);
  }

  @ParameterizedTest
  @EnumSource
  void memoryIsLimited(Kind kind) throws Exception {
    assertThat(run(server(kind), "eat")).isEqualTo(ENOMEM);
  }

  @ParameterizedTest
  @EnumSource
  void aRunThatKillsAllItSeesTakesTheServerWithItAndNothingElse(Kind kind) throws Exception {
    ForkServer server = server(kind);
    assertThat(server.run(bytes("kill -1"), LONG)).isNull();
    server.close();
    servers.clear();
    assertThat(run(server(kind), "call")).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void theEndOfTheExecutorIsTheEndOfAll(Kind kind) throws Exception {
    ForkServer server = server(kind);
    Stream<ProcessHandle> executors =
        ProcessHandle.current()
            .children()
            .filter(child -> child.info().command().orElse("").endsWith("/executor"));
    ProcessHandle executor = executors.findFirst().orElseThrow();
    List<ProcessHandle> all = executor.descendants().toList();
    assertThat(all).hasSizeGreaterThanOrEqualTo(2);
    executor.destroyForcibly();
    assertThat(server.run(bytes("call"), LONG)).isNull();
    for (ProcessHandle process : all) {
      Jail.await("the end of " + process.pid(), () -> !process.isAlive());
    }
  }

  @Test
  void aStaticTargetIsNotServedFromWithin() {
    assertThatThrownBy(() -> server(setting(Kind.PRELOAD, programs.resolve("static"))))
        .isInstanceOf(ForkServer.CannotServe.class)
        .hasMessageContaining("before main");
  }

  @Test
  void aTargetThatCannotBeExecutedIsSaidSo() throws IOException {
    Path text = Files.writeString(directory.resolve("text"), "not a program");
    assertThat(text.toFile().setExecutable(true)).isTrue();
    assertThatThrownBy(() -> server(setting(Kind.PRELOAD, text)))
        .isInstanceOf(ForkServer.CannotServe.class);
  }
}
