package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.agent.ForkServerSetting.Kind;
import org.tinyjail.agent.ForkServerSetting.Limits;
import org.tinyjail.agent.ForkServerSetting.Tells;
import org.tinyjail.agent.ServedTarget.Start;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Observation;

/** Targets that listen, and targets at a terminal, on the real kernel. As root. */
class ForkServerInputTest {
  private static final Path HOME = Path.of("target/executor").toAbsolutePath();
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(400);
  private static final RunInput TCP = new RunInput.Tcp(80);
  private static final RunInput TERMINAL = new RunInput.Terminal();
  private static final int SIGABRT = 6;
  private static final int SIGKILL = 9;

  @TempDir static Path programs;
  @TempDir Path directory;
  private final List<ForkServer> servers = new ArrayList<>();
  private final RecordingDecider recorder =
      new RecordingDecider(ArgumentScope.NONE, Set.of(), Clock.systemUTC());

  @BeforeAll
  static void compile() throws Exception {
    for (String name : List.of("fuzz-server", "fuzz-terminal")) {
      Path source = Path.of("src/test/c/" + name + ".c");
      Path program = programs.resolve(name);
      List<String> command =
          List.of("cc", "-O1", "-Wall", "-Werror", "-o", program.toString(), source.toString());
      assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
  }

  @AfterEach
  void end() {
    servers.forEach(ForkServer::close);
  }

  private ForkServer started(Kind kind, String program, RunInput input, String... words)
      throws Exception {
    ForkServerSetting setting =
        new ForkServerSetting(
            programs.resolve(program),
            directory,
            Stream.concat(Stream.of(program), Stream.of(words)).map(w -> bytes(w)).toList(),
            List.of(bytes("PATH=/usr/bin:/bin")),
            OwnCalls.notifyAllBut(),
            OwnCalls.TOKEN,
            input,
            Limits.DEFAULT,
            kind,
            Tells.NOTHING,
            false,
            false);
    ForkServer server = ForkServer.start(HOME, setting, recorder);
    servers.add(server);
    return server;
  }

  private ForkServer listening(RunInput input, String... words) throws Exception {
    String[] all = Stream.concat(Stream.of(input.word()), Stream.of(words)).toArray(String[]::new);
    ForkServer server = started(Kind.PRELOAD, "fuzz-server", input, all);
    assertThat(server.served().start(LONG)).isEqualTo(Start.LISTENS);
    return server;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ForkServer.End send(ForkServer server, String input) {
    return Objects.requireNonNull(server.served().send(bytes(input), LONG), "server is gone");
  }

  private static ForkServer.End run(ForkServer server, String input) {
    return Objects.requireNonNull(server.run(bytes(input), LONG), "server is gone");
  }

  private static int signal(ForkServer.End end) {
    return end.status() & 0x7f;
  }

  private Set<String> calls() {
    return recorder.observations().stream().map(Observation::syscall).collect(Collectors.toSet());
  }

  private long count(String call) {
    return recorder.observations().stream()
        .filter(seen -> seen.syscall().equals(call))
        .mapToLong(Observation::count)
        .sum();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp:80", "tcp:50000", "unix:@name", "unix:/tmp/fuzz-server-socket"})
  void aServerIsStartedOnceForManyInputs(String where) throws Exception {
    ForkServer server = listening(RunInput.of(where));
    for (int i = 0; i < 50; i++) {
      ForkServer.End end = send(server, "call\n");
      assertThat(end.status()).isZero();
      assertThat(end.timedOut()).isFalse();
    }
    assertThat(count("listen")).isEqualTo(1);
    assertThat(count("getppid")).isEqualTo(50);
    assertThat(server.served().isRunning()).isTrue();
    assertThat(calls()).doesNotContain("connect", "wait4", "clone", "getpriority");
  }

  @Test
  void allThatAnInputBringsAboutIsCountedForIt() throws Exception {
    ForkServer server = listening(TCP);
    send(server, "call\n");
    send(server, "call\n"); // calls getsid as well
    int calls = send(server, "call\n").calls();
    assertThat(calls).as("read, getppid, write, read, close, accept").isEqualTo(6);
    for (int i = 0; i < 100; i++) {
      assertThat(send(server, "call\n").calls()).isEqualTo(calls);
    }
  }

  @Test
  void anInputMayHaveSeveralMessagesAndConnections() throws Exception {
    ForkServer server = listening(TCP);
    send(server, "call\n\0PAUSE\0call\n");
    assertThat(count("getpgid")).as("two messages").isEqualTo(1);
    assertThat(count("getsid")).as("one connection").isZero();
    send(server, "call\n\0AGAIN\0call\n");
    assertThat(count("getsid")).as("three connections").isEqualTo(1);
    assertThat(count("getppid")).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatCrashesIsSaidToAndStartsAnew(Kind kind) throws Exception {
    ForkServer server = started(kind, "fuzz-server", TCP, TCP.word());
    for (int i = 0; i < 5; i++) {
      assertThat(server.served().start(LONG)).isEqualTo(Start.LISTENS);
      assertThat(send(server, "call\n").status()).isZero();
      assertThat(signal(send(server, "crash\n"))).isEqualTo(SIGABRT);
      assertThat(server.served().isRunning()).isFalse();
    }
  }

  @Test
  void aServerThatEndsByItselfHasItsExitCode() throws Exception {
    ForkServer server = listening(TCP);
    assertThat(WaitStatus.exitCode(send(server, "leave\n").status())).isEqualTo(3);
    assertThat(server.served().isRunning()).isFalse();
  }

  @Test
  void aServerThatHangsIsEndedAndStartsAnew() throws Exception {
    ForkServer server = listening(TCP);
    ForkServer.End end = server.served().send(bytes("hang\n"), SHORT);
    assertThat(Objects.requireNonNull(end).timedOut()).isTrue();
    assertThat(server.served().start(LONG)).isEqualTo(Start.LISTENS);
    assertThat(send(server, "call\n").timedOut()).isFalse();
  }

  @Test
  void whatItAnswersIsDroppedHoweverMuchItIs() throws Exception {
    ForkServer server = listening(TCP);
    assertThat(send(server, "flood\n").timedOut()).isFalse();
    assertThat(count("write")).isGreaterThanOrEqualTo(101);
  }

  @Test
  void anInputThatIsNeverReadHoldsNothingUp() throws Exception {
    ForkServer server = listening(new RunInput.UnixSocket("@deaf"), "deaf");
    assertThat(send(server, "x".repeat(2_000_000)).timedOut()).isFalse();
    assertThat(server.served().isRunning()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"daemon", "workers"})
  void daemonsAndServersOfSeveralProcessesAreServers(String how) throws Exception {
    ForkServer server = listening(TCP, how);
    for (int round = 0; round < 3; round++) {
      assertThat(send(server, "call\n").status()).isZero();
      assertThat(server.served().isRunning()).isTrue();
      assertThat(server.served().end()).isTrue();
      assertThat(server.served().start(LONG)).isEqualTo(Start.LISTENS);
    }
    assertThat(count("getppid")).isEqualTo(3);
    assertThat(calls()).as("at SIGTERM").contains("getpriority");
  }

  @Test
  void aDaemonThatCrashesIsSaidTo() throws Exception {
    ForkServer server = listening(TCP, "daemon");
    assertThat(signal(send(server, "crash\n"))).isEqualTo(SIGABRT);
    assertThat(server.served().isRunning()).isFalse();
    assertThat(server.served().start(LONG)).isEqualTo(Start.LISTENS);
  }

  @ParameterizedTest
  @EnumSource
  void aRunIsAStartOneInputAndTheWayToTheEnd(Kind kind) throws Exception {
    ForkServer server = started(kind, "fuzz-server", TCP, TCP.word());
    for (int i = 0; i < 3; i++) {
      assertThat(WaitStatus.exitCode(run(server, "call\n").status())).isEqualTo(7);
    }
    assertThat(List.of(count("listen"), count("getppid"), count("getpriority")))
        .containsExactly(3L, 3L, 3L);
  }

  @Test
  void aServerThatDoesNotListenIsSaidSoInTime() throws Exception {
    ForkServer mute = started(Kind.PRELOAD, "fuzz-server", TCP, TCP.word(), "mute");
    long begin = System.nanoTime();
    assertThat(mute.served().start(SHORT)).isEqualTo(Start.SILENT);
    assertThat(System.nanoTime() - begin).isLessThan(Duration.ofSeconds(5).toNanos());
    ForkServer elsewhere = started(Kind.PRELOAD, "fuzz-server", TCP, "tcp:81");
    assertThat(elsewhere.served().start(SHORT)).isEqualTo(Start.SILENT);
    assertThat(elsewhere.run(bytes("call\n"), LONG)).isNotNull();
    ForkServer ends = started(Kind.PRELOAD, "fuzz-server", TCP, "unix:/nowhere/socket");
    assertThat(ends.served().start(LONG)).isEqualTo(Start.ENDED);
  }

  @Test
  void aServerOutsideGetsNothing() throws Exception {
    Path socket = Path.of("/root", "tiny-jail-" + ProcessHandle.current().pid() + ".socket");
    try (ServerSocketChannel outside = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      outside.bind(UnixDomainSocketAddress.of(socket));
      RunInput input = new RunInput.UnixSocket(socket.toString());
      ForkServer server = started(Kind.PRELOAD, "fuzz-server", input, input.word(), "mute");
      assertThat(server.served().start(SHORT)).isEqualTo(Start.OUTSIDE);
    } finally {
      Files.deleteIfExists(socket);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTerminalIsTypedInto(Kind kind) throws Exception {
    ForkServer server = started(kind, "fuzz-terminal", TERMINAL);
    for (int i = 0; i < 20; i++) {
      ForkServer.End end = run(server, "call\ncall\n");
      assertThat(end.timedOut()).isFalse();
      assertThat(WaitStatus.exitCode(end.status())).as("0: it has read to the end").isZero();
    }
    assertThat(count("getppid")).isEqualTo(40);
    assertThat(count("getsid")).isEqualTo(20);
    assertThat(calls()).doesNotContain("dup3", "setsid", "lseek", "getpriority");
  }

  @Test
  void howARunAtATerminalEndsIsTold() throws Exception {
    ForkServer server = started(Kind.PRELOAD, "fuzz-terminal", TERMINAL);
    assertThat(WaitStatus.exitCode(run(server, "leave\ncall\n").status())).isEqualTo(6);
    assertThat(signal(run(server, "crash\n"))).isEqualTo(SIGABRT);
    assertThat(WaitStatus.exitCode(run(server, "call without an end of line").status())).isZero();
    assertThat(count("getppid")).isEqualTo(1);
  }

  @Test
  void aProgramThatIgnoresTheEndOfItsInputIsHungUp() throws Exception {
    ForkServer server = started(Kind.PRELOAD, "fuzz-terminal", TERMINAL);
    assertThat(WaitStatus.exitCode(run(server, "stay\n").status())).isEqualTo(7);
    assertThat(WaitStatus.exitCode(run(server, "raw\n").status())).isEqualTo(7);
    assertThat(WaitStatus.exitCode(run(server, "").status())).as("cooked again").isZero();
    assertThat(calls()).contains("getpriority");
  }

  @Test
  void outputThatNobodyReadsDoesNotBlock() throws Exception {
    ForkServer server = started(Kind.PRELOAD, "fuzz-terminal", TERMINAL);
    assertThat(WaitStatus.exitCode(run(server, "flood\n").status())).isZero();
    assertThat(count("write")).isEqualTo(10_000);
  }

  @Test
  void manyLinesAndLongOnesEndInTime() throws Exception {
    ForkServer server = started(Kind.PRELOAD, "fuzz-terminal", TERMINAL);
    ForkServer.End end =
        Objects.requireNonNull(server.run(bytes("\n".repeat(65_000)), Duration.ofSeconds(4)));
    assertThat(end.timedOut()).isFalse();
    assertThat(WaitStatus.exitCode(end.status())).isZero();
    assertThat(WaitStatus.exitCode(run(server, "x".repeat(60_000)).status())).isZero();
  }

  @Test
  void whatStillRunsAtATerminalIsKilledWhenItsTimeIsUp() throws Exception {
    ForkServer server = started(Kind.PRELOAD, "fuzz-terminal", TERMINAL);
    ForkServer.End end = Objects.requireNonNull(server.run(bytes("hold\n"), SHORT));
    assertThat(end.timedOut()).isTrue();
    assertThat(signal(end)).isEqualTo(SIGKILL);
    assertThat(WaitStatus.exitCode(run(server, "call\n").status())).isZero();
  }
}
