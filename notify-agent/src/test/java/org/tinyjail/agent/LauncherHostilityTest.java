package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tinyjail.agent.PlanBytes.AGENT;
import static org.tinyjail.agent.PlanBytes.BEST_EFFORT;
import static org.tinyjail.agent.PlanBytes.COMPLAIN;
import static org.tinyjail.agent.PlanBytes.EDOM;
import static org.tinyjail.agent.PlanBytes.ERRNO;
import static org.tinyjail.agent.PlanBytes.EXECVE;
import static org.tinyjail.agent.PlanBytes.GETPPID;
import static org.tinyjail.agent.PlanBytes.KILL;
import static org.tinyjail.agent.PlanBytes.MKDIR;
import static org.tinyjail.agent.PlanBytes.QUIET;
import static org.tinyjail.agent.PlanBytes.RECORDER;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher against targets and agents that do the wrong thing at the worst moment. */
class LauncherHostilityTest {
  private static final int RENAME = 82;
  private static final int STRING = 1;
  private static final int UNREADABLE = 2;
  private static final int KILLED = 4;

  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail();
    jail.plan(denying(RECORDER));
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  private static PlanBytes denying(int mode, int... flags) {
    return PlanBytes.mode(mode)
        .on(GETPPID, ERRNO | EDOM)
        .on(MKDIR, ERRNO | EDOM)
        .on(RENAME, ERRNO | EDOM)
        .pointers(MKDIR, STRING)
        .pointers(RENAME, STRING, STRING)
        .flags(QUIET)
        .flags(flags);
  }

  private Jail.Started start(String... words) throws IOException {
    Stream<String> program = Stream.of(Jail.program("hostile").toString());
    return jail.start(Stream.concat(program, Stream.of(words)).toArray(String[]::new));
  }

  private Jail.Result hostile(String... words) throws Exception {
    return start(words).finish();
  }

  private long recorded() throws IOException {
    return jail.spool().denials().stream().mapToLong(RawSpool.Denial::count).sum();
  }

  private static int slotsInUse(ProcessHandle agent) {
    // As the agent has them mapped: shared memory has no other name.
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + agent.pid() + "/fd"))) {
      for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
        if (Files.readSymbolicLink(descriptor).startsWith("/memfd:slots (deleted)")) {
          return slotsInUse(Files.readAllBytes(descriptor));
        }
      }
    } catch (IOException e) {
      return 0; // it is not there yet
    }
    return 0;
  }

  private static int slotsInUse(byte[] slots) {
    int used = 0;
    for (int at = 0; at < slots.length; at += Wire.SLOT_SIZE) {
      used += Little.word(slots, at) != 0 ? 1 : 0;
    }
    return used;
  }

  /** An agent that has received the calls of eight threads and answers none. */
  private Jail.Started heldUp() throws Exception {
    jail.plan(denying(AGENT)).agent("hold");
    Jail.Started started = start("waiters", "8");
    started.pid();
    Jail.await("eight notifications", () -> slotsInUse(agent(started)) == 8);
    assertThat(started.out()).doesNotContain("getppid");
    return started;
  }

  private static ProcessHandle agent(Jail.Started started) {
    return started
        .process()
        .children()
        .filter(child -> child.info().command().orElse("").endsWith("/java"))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> results(String out) {
    return out.lines().filter(line -> line.startsWith("getppid=")).toList();
  }

  @Test
  void case02AgentKilledWithCallsThatWaitLeavesThemToTheLauncher() throws Exception {
    Jail.Started started = heldUp();
    agent(started).destroyForcibly();
    assertThat(results(started.finish().out())).hasSize(8).containsOnly("getppid=EDOM");
    assertThat(recorded()).isEqualTo(8);
  }

  @Test
  void case03CallsThatWaitWhenTheListenerIsClosedFailWithEnosys() throws Exception {
    Jail.Started started = heldUp();
    ProcessHandle agent = agent(started);
    started.process().destroyForcibly().waitFor();
    assertThat(results(started.out())).isEmpty();
    agent.destroyForcibly();
    Jail.await("answers", () -> results(started.out()).size() == 8);
    assertThat(results(started.out())).containsOnly("getppid=ENOSYS");
    Jail.await("nobody left", () -> jail.processes().isEmpty());
  }

  @Test
  void case05SlotsFullOfRubbishAreNotTakenForNotifications() throws Exception {
    jail.plan(denying(AGENT)).agent("dirty");
    assertThat(results(hostile("results", "3").out())).hasSize(3).containsOnly("getppid=EDOM");
    assertThat(recorded()).isEqualTo(3);
  }

  @Test
  void case06CallOfATargetThatIsKilledBeforeTheAnswerIsNotRecorded() throws Exception {
    Jail.Result result = hostile("killed");
    assertThat(result.exit()).isEqualTo(128 + 9);
    assertThat(jail.spools()).allSatisfy(spool -> assertThat(spool.denials()).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"'', false", "'', true", "wait_killable, false", "wait_killable, true"})
  void case07CallThatASignalReachesBeforeItsAnswerIsDoneOnce(String missing, boolean complain)
      throws Exception {
    jail.plan(complain ? denying(RECORDER, COMPLAIN) : denying(RECORDER))
        .with("TINY_JAIL_TEST_WITHOUT", missing);
    // Twice, a directory that is there would be EEXIST.
    assertThat(hostile("signalled", "made").out().lines())
        .containsExactly(
            complain ? "mkdir=ok" : "mkdir=EDOM",
            "handled=1",
            "handled in between=" + (missing.isEmpty() ? 0 : 1));
    assertThat(Files.exists(jail.root.resolve("made"))).isEqualTo(complain);
    assertThat(recorded()).isEqualTo(1);
  }

  @Test
  void case08StormOfSignalsNeitherLosesNorDoublesADenial() throws Exception {
    assertThat(hostile("storm", "30000").out()).isEqualTo("wrong=0\nsignals=many\n");
    assertThat(recorded()).isEqualTo(30000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"log", "wait_killable", "sync_wake_up", "archive", "landlock"})
  void case09OlderKernelsHandOverToTheAgentAllTheSame(String missing) throws Exception {
    jail.plan(denying(AGENT, BEST_EFFORT)).agent("answer").with("TINY_JAIL_TEST_WITHOUT", missing);
    assertThat(results(hostile("results", "3").out())).hasSize(3).containsOnly("getppid=ECHILD");
  }

  @Test
  void case11CallThatADeadAgentHadAnsweredIsNotAnsweredAgain() throws Exception {
    jail.plan(denying(AGENT)).agent("late");
    assertThat(results(hostile("results", "3").out()))
        .containsExactly("getppid=ECHILD", "getppid=EDOM", "getppid=EDOM");
    assertThat(recorded()).isEqualTo(2);
  }

  @Test
  void case13JailWithinAPidNamespaceServesItAsOutside() throws Exception {
    Jail.Result result =
        jail.shell(
            "unshare --pid --fork --mount-proc $TJ run --policy p.json -- "
                + Jail.program("hostile")
                + " results 2");
    assertThat(result.out()).isEqualTo("getppid=EDOM\ngetppid=EDOM\n");
    assertThat(recorded()).isEqualTo(2);
    assertThat(jail.spool().images().get(0).field(RawSpool.EXECUTABLE)).endsWith("/hostile");
  }

  @Test
  void case13ProcOfAnotherPidNamespaceIsRefusedSinceItNamesStrangers() throws Exception {
    Jail.Result result =
        jail.shell("unshare --pid --fork $TJ run --policy p.json -- /bin/echo started");
    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.err()).contains("another pid namespace").hasLineCount(1);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void case13TargetInAPidNamespaceOfItsOwnIsNamedAsTheLauncherSeesIt() throws Exception {
    Jail.Result result =
        jail.run("unshare", "--pid", "--fork", Jail.program("hostile").toString(), "results", "2");
    assertThat(result.out()).isEqualTo("getppid=EDOM\ngetppid=EDOM\n");
    RawSpool spool = jail.spool();
    RawSpool.Image image =
        spool.images().stream()
            .filter(one -> one.field(RawSpool.EXECUTABLE).endsWith("/hostile"))
            .findFirst()
            .orElseThrow();
    assertThat(spool.denials())
        .anySatisfy(denial -> assertThat(denial.image()).isEqualTo(image.number()));
    assertThat(image.process()).isGreaterThan(1);
  }

  @Test
  void case14ListenerIsServedUntilTheLastThreadOfAllHasEnded() throws Exception {
    Jail.Started started = start("without-leader", "go");
    long target = started.pid();
    Jail.await("the main thread's end", () -> state(target) == 'Z');
    Files.createFile(jail.root.resolve("go"));
    Jail.Result result = started.finish();
    assertThat(results(result.out())).containsExactly("getppid=EDOM");
    assertThat(result.exit()).isEqualTo(3);
    assertThat(jail.spool().closed()).isTrue();
  }

  private static char state(long pid) {
    String stat = Jail.text(Path.of("/proc/" + pid + "/stat"));
    return stat.charAt(stat.lastIndexOf(')') + 2);
  }

  @Test
  void case16TreeOfAThousandProcessesAtOnceIsServedInBoundedMemory() throws Exception {
    Jail.Started started = start("bomb", "9", "go");
    started.pid();
    assertThat(started.out()).startsWith("failed=0\n");
    String status = Jail.text(Path.of("/proc/" + started.process().pid() + "/status"));
    long kibibytes = Long.parseLong(status.replaceAll("(?s).*\nRssAnon:\\s+(\\d+) kB.*", "$1"));
    assertThat(kibibytes).isLessThan(8 << 10);
    Files.createFile(jail.root.resolve("go"));
    assertThat(started.finish().exit()).isZero();
    assertThat(recorded()).isEqualTo(10 * 1023);
  }

  @Test
  void case16FloodOfDenialsThatDifferFillsOneSpoolAndTheRestIsCounted() throws Exception {
    int calls = 70_000;
    assertThat(hostile("ever-new", "" + calls).out()).isEqualTo("wrong=0\n");
    RawSpool spool = jail.spool();
    assertThat(spool.lost()).isPositive();
    assertThat(spool.denials().size() + spool.lost()).isEqualTo(calls);
    assertThat(spool.closed()).isTrue();
  }

  @Test
  void case17WhoeverGetsTheCallersProcessIdIsNotReadInItsPlace() throws Exception {
    Jail.Result result = hostile("reused-id", "target");
    assertThat(result.out()).isEqualTo("rename=EDOM\nreused=1\n");
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(
            denial ->
                assertThat(denial.blocks())
                    .extracting(RawSpool.Block::bytes)
                    .containsExactly("one-more", "target"));
  }

  @Test
  void case18VerdictToKillOnAThreadsCallEndsItsProcess() throws Exception {
    jail.plan(PlanBytes.mode(RECORDER).on(GETPPID, KILL));
    Jail.Result result = hostile("by-thread");
    assertThat(result.exit()).isEqualTo(128 + 31);
    assertThat(result.out()).isEmpty();
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(denial -> assertThat(denial.flags()).isEqualTo(KILLED))
        .satisfies(
            denial ->
                assertThat(denial.thread()).isNotEqualTo(jail.spool().images().get(0).process()));
  }

  @Test
  void case19CallWhoseMemoryCannotBeReadIsDeniedAndRecordedAsUnreadable() throws Exception {
    String script =
        "exec setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace $TJ run --policy p.json -- "
            + Jail.program("hostile")
            + " unreadable never";
    assertThat(jail.shell(script).out()).isEqualTo("mkdir=EDOM\n");
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(denial -> assertThat(denial.flags()).isEqualTo(UNREADABLE))
        .satisfies(
            denial ->
                assertThat(denial.blocks())
                    .containsExactly(new RawSpool.Block(0, STRING, PlanBytes.EPERM, "")));
  }

  @Test
  void case24AgentThatSendsNoMessageIsReplacedByTheLauncher() throws Exception {
    jail.plan(denying(AGENT)).agent("babble");
    assertThat(results(hostile("results", "3").out())).hasSize(3).containsOnly("getppid=EDOM");
    assertThat(recorded()).isEqualTo(3);
  }

  @Test
  void case25NoDescriptorReachesATargetWithAnAgent() throws Exception {
    jail.plan(denying(AGENT).on(EXECVE, PlanBytes.ALLOW)).agent("answer");
    String inherited = "exec 7</dev/null; exec ";
    String bare = jail.shell(inherited + "$TARGET state").out();
    String jailed = jail.shell(inherited + "$TJ run --policy p.json -- $TARGET state").out();
    assertThat(descriptors(jailed)).isEqualTo(descriptors(bare)).contains("fd 7");
  }

  private static List<String> descriptors(String state) {
    return state.lines().filter(line -> line.startsWith("fd ")).toList();
  }

  /** What a kernel says: notifications of these sizes, responses, and calls' data. */
  @ParameterizedTest
  @CsvSource({
    "80, 24, 64, 0",
    "96, 32, 64, 0",
    "256, 256, 64, 0",
    "257, 24, 64, 125",
    "80, 257, 64, 125",
    "80, 24, 72, 125",
    "0, 0, 0, 125",
  })
  void case26KernelWithOtherStructuresIsServedWhereTheyFitAndElseRefused(
      int notification, int response, int data, int exit) throws Exception {
    StringBuilder sizes = new StringBuilder();
    for (int size : new int[] {notification, response, data}) {
      sizes.append(String.format("%02x%02x", size & 0xff, size >>> 8));
    }
    String lie = "inject=seccomp:poke_exit=@arg3=" + sizes + ":when=3";
    Jail.Result result =
        jail.shell(
            "strace -o /dev/null -e trace=seccomp -e "
                + lie
                + " $TJ run --policy p.json -- "
                + Jail.program("hostile")
                + " results 1");
    assertThat(result.exit()).as(result.err()).isEqualTo(exit);
    if (exit == 0) {
      assertThat(result.out()).isEqualTo("getppid=EDOM\n");
    } else {
      assertThat(result.err()).contains("user notification");
    }
  }
}
