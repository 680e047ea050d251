package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.generator.oci.OciSeccompJson;

/**
 * Every part is killed at any moment: what is denied stays denied, nothing hangs, and no denial
 * that the program was told of is lost.
 */
class ReliabilityIT {
  private static final int ROUNDS = 50;
  private static final int RANDOM_ROUNDS = 10;
  private static final String ATTACKER = Attacker.program("attacker").toString();

  @TempDir Path directory;
  private TinyJail tinyJail;
  private final List<Long> started = java.util.Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    Files.writeString(directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR);
  }

  @AfterEach
  void endAll() {
    started.forEach(Attacker::kill);
  }

  private Process jailed(String... words) throws IOException {
    List<String> all = new ArrayList<>(List.of("run", "--policy", "p.json", "--quiet"));
    all.addAll(List.of(words));
    Process process = tinyJail.start(all.toArray(String[]::new));
    started.add(process.pid());
    return process;
  }

  /** A launcher, its agent and their target, which makes a denied call again and again. */
  private record Trio(Process launcher, long agent, long target, Path said, Path never) {
    /** How often the target was told that its call is denied. */
    long told() {
      return Attacker.text(said).chars().filter(c -> c == 'd').count();
    }

    void awaitMore() throws Exception {
      long now = told();
      Attacker.await("more answers", () -> told() > now + 3);
    }
  }

  private Trio trio(int round) throws Exception {
    Path said = directory.resolve("said-" + round);
    Path never = directory.resolve("never-" + round + "-");
    Process launcher =
        jailed(
            "--watch",
            "--",
            "sh",
            "-c",
            "exec \"$0\" deny \"$1\" >\"$2\"",
            ATTACKER,
            "" + never,
            "" + said);
    long target = Attacker.child(launcher.pid(), "attacker");
    started.add(target);
    long agent = Attacker.child(launcher.pid(), "java");
    started.add(agent);
    Trio trio = new Trio(launcher, agent, target, said, never);
    Attacker.await("first answers", () -> trio.told() > 3);
    return trio;
  }

  private static void killAgentFirst(Trio trio, Random random) throws Exception {
    Attacker.kill(trio.agent());
    Attacker.await("the agent's end", () -> !Attacker.alive(trio.agent()));
    trio.awaitMore(); // from the launcher, the call that the agent had received included
    Thread.sleep(random.nextInt(20));
    trio.launcher().destroyForcibly();
  }

  private static void killLauncherFirst(Trio trio) throws Exception {
    trio.launcher().destroyForcibly().waitFor();
    Attacker.kill(trio.agent());
  }

  /** Told denials by the path of the call. */
  private final Map<String, Long> told = new ConcurrentHashMap<>();

  private void checkEnd(Trio trio) throws Exception {
    Attacker.await("the target's end", () -> !Attacker.alive(trio.target()));
    assertThat(Attacker.text(trio.said())).doesNotContain("S", "?").endsWith("n");
    assertThat(trio.never()).doesNotExist();
    told.put(String.valueOf(trio.never().getFileName()), trio.told());
  }

  private void checkNothingLost() throws Exception {
    String json = tinyJail.run("review", "--json").succeeded().out();
    told.forEach(
        (path, count) ->
            assertThat(Attacker.recorded(json, path))
                .as(path)
                .isGreaterThanOrEqualTo(count)
                .isLessThanOrEqualTo(count + 2)); // recorded, not yet told: once for each kill
  }

  /** A part of a test that may fail. */
  private interface Round {
    void play(int number) throws Exception;
  }

  /** Two at a time: most of a round is waiting. */
  private static void play(int rounds, Round round) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        int number = i;
        all.add(
            pool.submit(
                () -> {
                  round.play(number);
                  return number;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void case69KilledBetweenReceivingAndSendingInFiftyRoundsLeavesAllDeniedAndRecorded()
      throws Exception {
    play(
        ROUNDS,
        number -> {
          Trio trio = trio(number);
          Attacker.stopBetweenReceivingAndSending(trio.agent());
          if (number % 2 == 0) {
            killAgentFirst(trio, new Random(number));
          } else {
            killLauncherFirst(trio);
          }
          checkEnd(trio);
          if (number % 10 == 9) {
            tinyJail.run("review", "--json").succeeded();
          }
        });
    checkNothingLost();
  }

  @Test
  void case02KilledAtRandomMomentsLeavesAllDeniedAndRecorded() throws Exception {
    play(
        RANDOM_ROUNDS,
        number -> {
          Random random = new Random(number);
          Trio trio = trio(number);
          Thread.sleep(random.nextInt(30));
          if (number % 2 == 0) {
            killAgentFirst(trio, random);
          } else {
            killLauncherFirst(trio);
          }
          checkEnd(trio);
        });
    checkNothingLost();
  }

  @Test
  void killedRecorderAtRandomMomentsLosesNothingThatWasTold() throws Exception {
    tinyJail.run("run", "--policy", "p.json", "--quiet", "--", "true").succeeded();
    play(
        ROUNDS,
        number -> {
          Path said = directory.resolve("said-" + number);
          Path never = directory.resolve("never-" + number + "-");
          String script = "exec \"$0\" deny \"$1\" >\"$2\"";
          Process launcher = jailed("--", "sh", "-c", script, ATTACKER, "" + never, "" + said);
          long target = Attacker.child(launcher.pid(), "attacker");
          started.add(target);
          Trio trio = new Trio(launcher, 0, target, said, never);
          Attacker.await("first answers", () -> trio.told() > 3);
          Thread.sleep(new Random(number).nextInt(10));
          launcher.destroyForcibly();
          checkEnd(trio);
        });
    checkNothingLost();
  }

  @Test
  void case66WhoeverLosesHisSupervisorCannotBecomeHisOwn() throws Exception {
    Path never = directory.resolve("never");
    Process launcher = jailed("--", ATTACKER, "relisten", never.toString());
    long target = Attacker.child(launcher.pid(), "attacker");
    started.add(target);
    Path out = tinyJail.outputOf(launcher);
    Attacker.await("first attempt", () -> Attacker.text(out).contains("mkdir="));
    launcher.destroyForcibly();
    Attacker.await("the target's end", () -> !Attacker.alive(target));
    assertThat(Attacker.text(out).lines())
        .filteredOn(line -> !line.startsWith("mkdir="))
        .hasSize(8)
        .allMatch(line -> line.endsWith("supervisor=EBUSY"));
    assertThat(Attacker.text(out).lines())
        .filteredOn(line -> line.startsWith("mkdir="))
        .containsExactly("mkdir=EDOM", "mkdir=ENOSYS");
    assertThat(never).doesNotExist();
  }

  @Test
  void case73DaemonStaysJailedAndItsDenialsAreRecordedLongAfterTheCommandHasReturned()
      throws Exception {
    Path said = directory.resolve("said");
    Path go = directory.resolve("go");
    Path never = directory.resolve("never");
    Process run = jailed("--", ATTACKER, "daemon", "" + said, "" + go, "" + never);
    assertThat(tinyJail.end(run).status()).isEqualTo(7);
    assertThat(tinyJail.run("review", "--json").succeeded().out()).startsWith("[]");
    Thread.sleep(2000);
    Files.createFile(go);
    Attacker.await("the denial", () -> Attacker.text(said).contains("mkdir="));
    assertThat(Attacker.text(said)).contains("mkdir=EDOM");
    Attacker.await("the keeper's end", () -> Attacker.supervisors().isEmpty());
    assertThat(tinyJail.run("review").succeeded().out()).contains("mkdir(\"" + never + "\"");
  }

  @ParameterizedTest
  @CsvSource({
    "INT, 'trap \"echo asked >end; exit\" TERM', while :; do sleep 0.05; done, asked",
    "TERM, 'trap \"\" TERM', exec sleep 60, killed",
  })
  void interruptedLearningEndsTheDaemonsThatAreLeftAndWritesThePolicy(
      String signal, String trap, String work, String end) throws Exception {
    String daemon = trap + "; echo $$ >daemon.new; mv daemon.new daemon; " + work;
    String script = "echo killed >end; echo $$ >main; sh -c '" + daemon + "' & exit 7";
    Process learn = tinyJail.start("learn", "--out", "l.json", "--", "sh", "-c", script);
    started.add(learn.pid());
    Attacker.await("the daemon", () -> Files.exists(directory.resolve("daemon")));
    long left = number(directory.resolve("daemon"));
    started.add(left);
    long main = number(directory.resolve("main"));
    Attacker.await("the main process's end", () -> !Files.exists(Path.of("/proc/" + main)));
    RealProgramsIT.signal(learn.pid(), signal);
    TinyJail.Result result = tinyJail.end(learn);
    assertThat(result.status()).isEqualTo(7);
    assertThat(result.err()).contains("ending what the program has left running", "wrote l.json");
    assertThat(Attacker.alive(left)).isFalse();
    assertThat(directory.resolve("end")).hasContent(end);
    assertThat(OciSeccompJson.read(directory.resolve("l.json")).rules()).isNotEmpty();
  }

  private static long number(Path file) throws IOException {
    return Long.parseLong(Files.readString(file).strip());
  }

  @Test
  void case73NginxAsADaemonServesJailedUntilItIsTold() throws Exception {
    Files.writeString(
        directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR.replace("mkdir", "ptrace"));
    int port = RealProgramsIT.freePort();
    RealProgramsIT.configureNginx(directory, port);
    String[] nginx = {"nginx", "-p", "" + directory, "-c", directory + "/nginx.conf"};
    Process run = jailed(Stream.concat(Stream.of("--"), Stream.of(nginx)).toArray(String[]::new));
    assertThat(tinyJail.end(run).status()).isZero();
    RealProgramsIT.awaitPort(port);
    long master = number(directory.resolve("nginx.pid"));
    started.add(master);
    for (int i = 0; i < 50; i++) {
      RealProgramsIT.get(port);
    }
    List<Long> workers =
        ProcessHandle.of(master).orElseThrow().children().map(ProcessHandle::pid).toList();
    started.addAll(workers); // they outlive a master that is killed
    assertThat(workers).hasSize(2);
    for (long pid : workers) {
      assertThat(Attacker.text(Path.of("/proc/" + pid + "/status"))).contains("Seccomp:\t2\n");
    }
    assertThat(Attacker.supervisors()).as("keeper").hasSize(1);
    List<String> quit = new ArrayList<>(List.of(nginx));
    quit.addAll(List.of("-s", "quit"));
    tinyJail.end(tinyJail.startOther(quit, Map.of())).succeeded();
    Attacker.await("the end of nginx", () -> !Attacker.alive(master));
    Attacker.await("the keeper's end", () -> Attacker.supervisors().isEmpty());
  }

  @Test
  void case64TwoJailsAndReviewsAtOnceLoseNothing() throws Exception {
    List<Process> all = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 2; i++) {
        all.add(jailed("--", ATTACKER, "many", "500", directory + "/never"));
      }
      all.add(tinyJail.start("review", "--json"));
    }
    for (Process process : all) {
      tinyJail.end(process).succeeded();
    }
    String json = tinyJail.run("review", "--json").succeeded().out();
    assertThat(Attacker.recorded(json, "never")).isEqualTo(6 * 500);
  }

  @Test
  void case63KilledReviewLeavesAWholeStoreAndAWholePolicy() throws Exception {
    byte[] old = Attacker.ALL_BUT_MKDIR.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    for (int round = 0; round < 10; round++) {
      Random random = new Random(round);
      Files.write(directory.resolve("p.json"), old);
      tinyJail.end(jailed("--", ATTACKER, "many", "10", directory + "/never")).succeeded();
      Process review = tinyJail.start("review", "--allow", "1", "--policy", "p.json");
      Thread.sleep(100 + random.nextInt(900));
      review.destroyForcibly().waitFor();
      String now = Files.readString(directory.resolve("p.json"));
      if (!now.equals(Attacker.ALL_BUT_MKDIR)) {
        assertThat(
                OciSeccompJson.read(directory.resolve("p.json")).rules().get(0).action().denies())
            .isFalse();
      }
    }
    String json = tinyJail.run("review", "--all", "--json").succeeded().out();
    assertThat(Attacker.recorded(json, "never")).isEqualTo(100);
  }

  @Test
  void case58KilledLearningLeavesAWholeStoreAndAWholePolicy() throws Exception {
    tinyJail.run("learn", "--out", "l.json", "--", "true").succeeded();
    byte[] old = Files.readAllBytes(directory.resolve("l.json"));
    for (int round = 0; round < 10; round++) {
      Random random = new Random(round);
      Process learn =
          tinyJail.start("learn", "--out", "l.json", "--", ATTACKER, "mkdir", "d" + round);
      started.add(learn.pid());
      Thread.sleep(100 + random.nextInt(1200));
      List<ProcessHandle> all = learn.descendants().toList();
      if (round % 2 == 0) {
        learn.destroyForcibly();
      }
      all.stream()
          .filter(process -> process.info().command().orElse("").endsWith("java"))
          .forEach(ProcessHandle::destroyForcibly);
      learn.waitFor();
      for (ProcessHandle process : all) {
        Attacker.await("the end of " + process, () -> !Attacker.alive(process.pid()));
      }
      byte[] now = Files.readAllBytes(directory.resolve("l.json"));
      if (!java.util.Arrays.equals(now, old)) {
        assertThat(OciSeccompJson.read(directory.resolve("l.json")).rules()).isNotEmpty();
      }
    }
    tinyJail.run("review", "--json").succeeded();
    tinyJail.run("learn", "--out", "l.json", "--", ATTACKER, "mkdir", "last").succeeded();
    assertThat(Files.readString(directory.resolve("l.json"))).contains("\"mkdir\"");
  }
}
