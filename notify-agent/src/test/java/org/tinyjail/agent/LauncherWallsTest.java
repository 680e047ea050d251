package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps the target from its supervisor, and what is refused where a wall is missing. */
class LauncherWallsTest {
  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail();
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  private static PlanBytes recorder(int... flags) {
    return PlanBytes.mode(PlanBytes.RECORDER)
        .on(PlanBytes.CONNECT, PlanBytes.ERRNO | 33)
        .flags(flags);
  }

  private static final String ATTACK = "-- /bin/sh -c 'exec $TARGET attack $PPID'";

  @Test
  void targetCanNeitherKillNorWriteItsSupervisor() throws Exception {
    Jail.Result result = jail.plan(recorder()).shell("$TJ run --policy p.json " + ATTACK);
    assertThat(result.exit()).isZero();
    assertThat(result.out()).contains("open=EACCES", "writev=EPERM", "kill=EPERM");
  }

  @Test
  void targetKillsItsSupervisorWhereTheWallIsMissing() throws Exception {
    jail.plan(recorder(PlanBytes.BEST_EFFORT)).with("TINY_JAIL_TEST_WITHOUT", "landlock");
    Jail.Result result = jail.shell("$TJ run --policy p.json " + ATTACK);
    assertThat(result.exit()).isEqualTo(128 + 9);
    assertThat(result.out()).contains("open=ok", "writev=ok");
  }

  @Test
  void missingLandlockIsRefusedForRootUnlessPartialEnforcementIsAskedFor() throws Exception {
    jail.with("TINY_JAIL_TEST_WITHOUT", "landlock");
    assertThat(jail.plan(recorder()).run("/bin/true"))
        .satisfies(result -> assertThat(result.exit()).isEqualTo(125))
        .satisfies(result -> assertThat(result.err()).contains("Landlock"));
    assertThat(jail.plan(recorder(PlanBytes.BEST_EFFORT)).run("/bin/true").exit()).isZero();
  }

  @Test
  void missingUserNotificationIsRefusedUnlessPartialEnforcementIsAskedFor() throws Exception {
    jail.with("TINY_JAIL_TEST_WITHOUT", "user_notif");
    assertThat(jail.plan(recorder()).run("/bin/true"))
        .satisfies(result -> assertThat(result.exit()).isEqualTo(125))
        .satisfies(result -> assertThat(result.err()).contains("user notification"));
    Jail.Result partial = jail.plan(recorder(PlanBytes.BEST_EFFORT)).target("connect", "127.0.0.1");
    assertThat(partial.out()).isEqualTo("connect=EDOM\n");
    assertThat(partial.err()).contains("audit log").hasLineCount(1);
    assertThat(jail.spools()).isEmpty();
  }

  @Test
  void whatOnlyASupervisorCanDoIsNotEnforcedInstead() throws Exception {
    jail.with("TINY_JAIL_TEST_WITHOUT", "user_notif");
    int complain = PlanBytes.BEST_EFFORT | PlanBytes.COMPLAIN;
    assertThat(jail.plan(recorder(complain)).run("/bin/true"))
        .satisfies(result -> assertThat(result.exit()).isEqualTo(125))
        .satisfies(result -> assertThat(result.err()).doesNotContain("best-effort"));
  }

  @Test
  void missingUserNotificationIsRefusedForAnAgent() throws Exception {
    jail.with("TINY_JAIL_TEST_WITHOUT", "user_notif");
    PlanBytes plan =
        PlanBytes.mode(PlanBytes.AGENT).on(1, PlanBytes.ALLOW).flags(PlanBytes.BEST_EFFORT);
    assertThat(jail.plan(plan).run("/bin/true").exit()).isEqualTo(125);
  }

  @ParameterizedTest
  @ValueSource(strings = {"log", "wait_killable", "sync_wake_up", "log,wait_killable,sync_wake_up"})
  void olderKernelsEnforceAllTheSame(String missing) throws Exception {
    jail.with("TINY_JAIL_TEST_WITHOUT", missing).plan(recorder());
    assertThat(jail.target("connect", "127.0.0.1").out()).isEqualTo("connect=EDOM\n");
    assertThat(jail.spool().denials()).hasSize(1);
  }

  @Test
  void withoutSyncWakeUpTheTargetsAffinityIsItsOwn() throws Exception {
    jail.with("TINY_JAIL_TEST_WITHOUT", "sync_wake_up").plan(recorder());
    String bare = jail.shell("grep Cpus_allowed: /proc/self/status").out();
    assertThat(jail.run("/bin/grep", "Cpus_allowed:", "/proc/self/status").out()).isEqualTo(bare);
  }

  @Test
  void jailInAJailEnforcesNativelyAndSaysSo() throws Exception {
    jail.plan(recorder(PlanBytes.CACHEABLE));
    Jail.Result result =
        jail.shell(
            "$TJ run --policy p.json -- $TJ run --policy p.json -- $TARGET connect 127.0.0.1");
    assertThat(result.out()).isEqualTo("connect=EDOM\n");
    assertThat(result.err()).contains("no supervisor");
    assertThat(result.exit()).isZero();
  }

  @Test
  void jailInAJailThatNeedsItsSupervisorIsRefusedNamingExecve() throws Exception {
    jail.plan(recorder(PlanBytes.FREE_EXEC).on(PlanBytes.EXECVE, PlanBytes.ALLOW));
    Jail.Result result =
        jail.shell("$TJ run --policy p.json -- $TJ run --policy p.json -- /bin/echo started");
    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.err()).contains("execve");
    assertThat(result.out()).isEmpty();
  }

  @Test
  void mountsStayPossibleInsideTheSupervisorsDomain() throws Exception {
    Jail.Result bare =
        jail.shell("unshare -m mount -t tmpfs none " + jail.root + "/cache; echo $?");
    Jail.Result jailed =
        jail.plan(recorder())
            .run(
                "/bin/sh", "-c", "unshare -m mount -t tmpfs none " + jail.root + "/cache; echo $?");
    assertThat(jailed.out()).isEqualTo(bare.out());
  }
}
