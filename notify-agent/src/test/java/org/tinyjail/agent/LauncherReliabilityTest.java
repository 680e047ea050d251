package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/**
 * The launcher, its keeper or the target die at any moment: what is denied stays denied, nothing
 * hangs.
 */
class LauncherReliabilityTest {
  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail();
    jail.plan(
        PlanBytes.mode(PlanBytes.RECORDER)
            .on(PlanBytes.GETPPID, PlanBytes.ERRNO | 33)
            .flags(PlanBytes.CACHEABLE, PlanBytes.QUIET));
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  private static boolean alive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  @Test
  void daemonStaysJailedAndItsDenialsRecordedAfterTheCommandHasReturned() throws Exception {
    Path said = jail.root.resolve("said");
    Jail.Started started = jail.startTarget("daemon", said.toString(), "go");
    assertThat(started.finish()).isEqualTo(new Jail.Result(7, "", ""));
    Jail.await("daemon", () -> Jail.text(said).contains("pid="));
    Thread.sleep(1000);
    assertThat(jail.launchers()).hasSize(1);
    Files.createFile(jail.root.resolve("go"));
    Jail.await("denial", () -> Jail.text(said).contains("getppid=EDOM"));
    Jail.await("keeper ends", () -> jail.launchers().isEmpty());
    RawSpool spool = jail.spool();
    assertThat(spool.denials()).hasSize(1);
    assertThat(spool.ends()).containsExactly(7 << 8);
    assertThat(spool.closed()).isTrue();
  }

  @Test
  void readerOfADaemonsStarterSeesTheEnd() throws Exception {
    assertThat(jail.shell("x=$($TJ run --policy p.json -- $TARGET daemon said go); echo $?").out())
        .isEqualTo("7\n");
    Files.createFile(jail.root.resolve("go"));
  }

  @Test
  void spoolNamesTheKeeperAsItsWriter() throws Exception {
    jail.shell("$TJ run --policy p.json -- /bin/sh -c '$TARGET calls 1; $TARGET daemon said go'");
    assertThat(jail.launchers()).hasSize(1);
    assertThat(jail.spool().writer()).isEqualTo((int) jail.launchers().get(0).pid());
    assertThat(jail.spool().closed()).isFalse();
    Files.createFile(jail.root.resolve("go"));
  }

  @Test
  void launcherKilledBeforeTheTargetIsExecutedLeavesNobodyWaitingForIt() throws Exception {
    assertThat(jail.run("/bin/true").exit()).isZero();
    Random random = new Random(1);
    for (int round = 0; round < 150; round++) {
      Process launcher = jail.start("/bin/true").process();
      LockSupport.parkNanos(random.nextInt(3_000_000));
      launcher.destroyForcibly().waitFor();
    }
    Jail.await("all are gone", () -> jail.launchers().stream().noneMatch(this::waitsUnreceived));
    jail.launchers().forEach(ProcessHandle::destroyForcibly);
  }

  /**
   * In the state S. A notification that the launcher had received makes its caller wait in D: for
   * the microseconds up to the answer nothing but SIGKILL can end it.
   */
  private boolean waitsUnreceived(ProcessHandle process) {
    byte[] stat = new ProcFiles(JnaLinuxC.load()).file((int) process.pid(), "stat");
    return stat != null && new String(stat, StandardCharsets.ISO_8859_1).contains(") S ");
  }

  @Test
  void killedLauncherLeavesDeniedCallsDenied() throws Exception {
    Jail.Started started = jail.startTarget("late", "go");
    long target = started.pid();
    kill(started.process().pid());
    started.process().waitFor();
    Files.createFile(jail.root.resolve("go"));
    Jail.await("answer", () -> started.out().contains("getppid="));
    assertThat(started.out()).endsWith("getppid=ENOSYS\n");
    Jail.await("end", () -> !alive(target));
  }

  @RepeatedTest(20)
  void killedLauncherInTheMiddleOfCallsHangsNothing(RepetitionInfo round) throws Exception {
    Jail.Started started = jail.startTarget("calls", "2000000");
    Jail.await("first denial", () -> spoolFiles() == 1);
    Thread.sleep(2L * round.getCurrentRepetition());
    kill(started.process().pid());
    started.process().waitFor();
    Jail.await("end", () -> started.out().contains("getppid=ENOSYS"));
    Jail.await("nobody left", () -> jail.processes().isEmpty());
    assertThat(jail.spool().denials().get(0).count()).isPositive();
  }

  private int spoolFiles() {
    String[] names = jail.spools.toFile().list();
    return names == null ? 0 : names.length;
  }

  @RepeatedTest(20)
  void killedTargetEndsTheLauncher(RepetitionInfo round) throws Exception {
    Jail.Started started = jail.startTarget("loop");
    long target = started.pid();
    Thread.sleep(3L * round.getCurrentRepetition());
    kill(target);
    assertThat(started.finish().exit()).isEqualTo(128 + 9);
    assertThat(jail.spool().closed()).isTrue();
  }

  @Test
  void interruptEndsATargetThatNotifiesAllTheTime() throws Exception {
    Jail.Started started = jail.startTarget("loop");
    started.pid();
    Thread.sleep(300);
    jail.shell("kill -INT " + started.process().pid());
    assertThat(started.finish().exit()).isEqualTo(128 + 2);
  }

  @Test
  void killedKeeperIsReplacedByItsLauncher() throws Exception {
    Path go = jail.root.resolve("go");
    Jail.Started started = jail.startTarget("stop", go.toString());
    started.pid();
    Jail.await("keeper", () -> jail.launchers().size() == 2);
    jail.launchers().stream()
        .filter(process -> process.pid() != started.process().pid())
        .forEach(ProcessHandle::destroyForcibly);
    Jail.await(
        "stopped",
        () -> Jail.text(Path.of("/proc/" + started.process().pid() + "/stat")).contains(") T "));
    jail.shell("kill -CONT " + started.process().pid());
    Files.createFile(go);
    assertThat(started.finish().out()).contains("getppid=EDOM").endsWith("continued\n");
  }

  @Test
  void launcherOfAManyTimesForkingTargetKeepsUp() throws Exception {
    Jail.Result result =
        jail.run("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do $TARGET calls 300 & done; wait");
    assertThat(result.out()).isEqualTo("getppid=EDOM\n".repeat(8));
    assertThat(jail.spool().denials().stream().mapToLong(RawSpool.Denial::count).sum())
        .isEqualTo(8 * 300 + 1);
  }
}
