package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tinyjail.agent.PlanBytes.CACHEABLE;
import static org.tinyjail.agent.PlanBytes.COMPLAIN;
import static org.tinyjail.agent.PlanBytes.CONNECT;
import static org.tinyjail.agent.PlanBytes.EACCES;
import static org.tinyjail.agent.PlanBytes.EDOM;
import static org.tinyjail.agent.PlanBytes.ERRNO;
import static org.tinyjail.agent.PlanBytes.EXEC;
import static org.tinyjail.agent.PlanBytes.EXECVE;
import static org.tinyjail.agent.PlanBytes.FREE_EXEC;
import static org.tinyjail.agent.PlanBytes.GETPPID;
import static org.tinyjail.agent.PlanBytes.KILL;
import static org.tinyjail.agent.PlanBytes.MKDIR;
import static org.tinyjail.agent.PlanBytes.QUIET;
import static org.tinyjail.agent.PlanBytes.RECORDER;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LauncherRecorderTest {
  private static final int STRING = 1;
  private static final int SIZED_BY_THIRD = 3 | 2 << 8;
  private static final int VECTOR = 4 | 8 << 8;
  private static final int DESCRIPTOR = 6;
  private static final int UNUSED = 8;
  private static final int COMPLAINED = 1;
  private static final int UNREADABLE = 2;
  private static final int KILLED = 4;
  private static final int EFAULT = 14;

  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail();
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  private static PlanBytes denying(int nr, int error) {
    return PlanBytes.mode(RECORDER).on(nr, ERRNO | error);
  }

  @Test
  void deniedCallFailsWithThePolicysErrno() throws Exception {
    assertThat(jail.plan(denying(GETPPID, EDOM)).target("calls", "1").out())
        .isEqualTo("getppid=EDOM\n");
  }

  @Test
  void errnoZeroSkipsTheCall() throws Exception {
    Jail.Result result = jail.plan(denying(MKDIR, 0)).target("mkdir", "never");
    assertThat(result.out()).isEqualTo("mkdir=ok\n");
    assertThat(jail.root.resolve("never")).doesNotExist();
  }

  @Test
  void errnoIsCappedAsInTheKernel() throws Exception {
    jail.plan(denying(GETPPID, 0xffff)).target("calls", "1");
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(d -> assertThat(d.verdict()).isEqualTo(ERRNO | 0xffff));
  }

  @Test
  void unknownVerdictDenies() throws Exception {
    PlanBytes plan = PlanBytes.mode(RECORDER).on(GETPPID, 0x7fc10000);
    assertThat(jail.plan(plan).target("calls", "1").out()).isEqualTo("getppid=EPERM\n");
  }

  @Test
  void verdictToAllowCarriesTheCallOut() throws Exception {
    PlanBytes plan = PlanBytes.mode(RECORDER).on(GETPPID, PlanBytes.ALLOW);
    Jail.Result result = jail.plan(plan).target("calls", "3");
    assertThat(result.out()).isEqualTo("getppid=ok\n");
    assertThat(jail.spools()).isEmpty();
  }

  @Test
  void runWithoutDenialLeavesNoFileAndSaysNothing() throws Exception {
    assertThat(jail.plan(denying(GETPPID, EDOM)).run("/bin/true"))
        .isEqualTo(new Jail.Result(0, "", ""));
    assertThat(jail.spools).isEmptyDirectory();
  }

  @Test
  void equalDenialsAreOneRecordWithTheirNumber() throws Exception {
    Jail.Result result =
        jail.plan(
                denying(GETPPID, EDOM)
                    .pointers(GETPPID, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED))
            .target("calls", "5000");
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(d -> assertThat(d.count()).isEqualTo(5000));
    assertThat(result.err())
        .isEqualTo("tiny-jail: 5000 calls denied; \"tiny-jail review\" shows them\n");
  }

  @Test
  void quietRunHasNeitherNoteNorClosingLine() throws Exception {
    assertThat(said(denying(GETPPID, EDOM).flags(QUIET))).isEmpty();
    assertThat(said(denying(GETPPID, EDOM))).startsWith(Jail.NOTE).contains("2 calls denied");
  }

  private String said(PlanBytes plan) throws Exception {
    Jail.Started started = jail.plan(plan).startTarget("calls", "2");
    started.finish();
    return Jail.text(started.errFile());
  }

  @Test
  void spoolSaysWhatWasStartedAndHowItEnded() throws Exception {
    jail.plan(denying(GETPPID, EDOM)).run(Jail.program("target").toString(), "calls", "1");
    RawSpool spool = jail.spool();
    assertThat(spool.start().get(RawSpool.WORD))
        .containsExactly(Jail.program("target").toString(), "calls", "1");
    assertThat(spool.start().get(RawSpool.PROFILE)).containsExactly("a profile");
    assertThat(spool.ends()).containsExactly(0);
    assertThat(spool.closed()).isTrue();
    assertThat(spool.lost()).isZero();
  }

  @Test
  void pathBehindAPointerIsRecorded() throws Exception {
    jail.plan(denying(MKDIR, EACCES).pointers(MKDIR, STRING)).target("mkdir", "/some/\u00e9 dir");
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(
            d ->
                assertThat(d.blocks())
                    .containsExactly(new RawSpool.Block(0, 1, 0, latin("/some/\u00e9 dir"))));
  }

  private static String latin(String text) {
    return new String(
        text.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  @Test
  void stringAtTheEndOfItsMappingIsReadAndAnUnmappedOneIsSaidToBeUnreadable() throws Exception {
    jail.plan(denying(MKDIR, EACCES).pointers(MKDIR, STRING)).target("page-end");
    List<RawSpool.Denial> denials = jail.spool().denials();
    assertThat(denials.get(0).blocks()).containsExactly(new RawSpool.Block(0, 1, 0, "/end"));
    assertThat(denials.get(1).blocks()).containsExactly(new RawSpool.Block(0, 1, EFAULT, ""));
    assertThat(denials.get(1).flags()).isEqualTo(UNREADABLE);
  }

  @Test
  void socketAddressAndDescriptorAreRecorded() throws Exception {
    jail.plan(denying(CONNECT, EACCES).pointers(CONNECT, DESCRIPTOR, SIZED_BY_THIRD))
        .target("connect", "10.1.2.3");
    List<RawSpool.Block> blocks = jail.spool().denials().get(0).blocks();
    assertThat(blocks.get(0).bytes()).startsWith("socket:[");
    assertThat(blocks.get(1).bytes())
        .hasSize(16)
        .startsWith("\u0002\u0000\u0012g\n\u0001\u0002\u0003");
  }

  @Test
  void executableMappingsAreRecordedOncePerExec() throws Exception {
    jail.plan(denying(GETPPID, EDOM))
        .run("/bin/sh", "-c", "$TARGET calls 2; $TARGET calls 3; exec $TARGET calls 4");
    RawSpool spool = jail.spool();
    List<String> programs =
        spool.images().stream().map(image -> image.field(RawSpool.EXECUTABLE)).toList();
    String target = Jail.program("target").toString();
    assertThat(programs).contains(target, "/usr/bin/dash");
    assertThat(spool.images().get(0).field(RawSpool.MAPS)).contains("r-xp", "libc.so.6");
    assertThat(spool.denials().stream().mapToLong(RawSpool.Denial::count).sum())
        .isEqualTo(2 + 3 + 4 + 1);
    assertThat(spool.images().stream().map(RawSpool.Image::number)).doesNotHaveDuplicates();
    RawSpool.Denial last = spool.denials().get(spool.denials().size() - 1);
    assertThat(
            programs.get(
                spool.images().stream().map(RawSpool.Image::number).toList().indexOf(last.image())))
        .isEqualTo(target);
  }

  @Test
  void everyThreadIsRecorded() throws Exception {
    jail.plan(denying(GETPPID, EDOM)).target("threads");
    assertThat(jail.spool().denials().stream().mapToLong(RawSpool.Denial::count).sum())
        .isEqualTo(1600);
    assertThat(jail.spool().denials().stream().map(RawSpool.Denial::thread).distinct()).hasSize(8);
    assertThat(jail.spool().images()).hasSize(1);
  }

  @Test
  void complainRecordsAndCarriesOut() throws Exception {
    Jail.Result result = jail.plan(denying(MKDIR, EACCES).flags(COMPLAIN)).target("mkdir", "made");
    assertThat(result.out()).isEqualTo("mkdir=ok\n");
    assertThat(jail.root.resolve("made")).isDirectory();
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(d -> assertThat(d.flags()).isEqualTo(COMPLAINED));
    assertThat(result.err()).contains("1 call would have been denied");
  }

  @Test
  void launchsOwnExecvePassesOnceAndTheNextIsDenied() throws Exception {
    PlanBytes plan = denying(EXECVE, EACCES).flags(FREE_EXEC).pointers(EXECVE, STRING, VECTOR);
    assertThat(jail.plan(plan).target("exec", "/bin/echo", "escaped").out())
        .isEqualTo("execve=EACCES\n");
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(
            d ->
                assertThat(d.blocks())
                    .containsExactly(
                        new RawSpool.Block(0, 1, 0, "/bin/echo"),
                        new RawSpool.Block(1, 4, 0, "/bin/echo\u0000escaped")));
  }

  @Test
  void execveWithoutTheFreeOneIsDeniedFromTheStart() throws Exception {
    Jail.Result result = jail.plan(denying(EXECVE, EACCES)).run("/bin/true");
    assertThat(result.exit()).isEqualTo(126);
    assertThat(result.err()).contains("/bin/true: Permission denied");
  }

  @Test
  void killVerdictOnANotifiedCallEndsTheProcessAsBySigsys() throws Exception {
    PlanBytes plan = PlanBytes.mode(RECORDER).on(EXECVE, KILL).flags(FREE_EXEC);
    Jail.Result result = jail.plan(plan).target("exec", "/bin/true");
    assertThat(result.exit()).isEqualTo(128 + 31);
    assertThat(jail.spool().denials())
        .singleElement()
        .satisfies(d -> assertThat(d.flags()).isEqualTo(KILLED));
  }

  @Test
  void nativeKillIsNamed() throws Exception {
    PlanBytes plan = denying(MKDIR, EACCES).natively(GETPPID, KILL);
    Jail.Result result = jail.plan(plan).target("calls", "1");
    assertThat(result.exit()).isEqualTo(128 + 31);
    assertThat(result.err()).contains("killed by the policy (SIGSYS)");
  }

  @Test
  void filterThatNotifiesEverythingStartsAndEndsItsTarget() throws Exception {
    PlanBytes plan = denying(GETPPID, EDOM).notifyingAll();
    assertThat(jail.plan(plan).run("/bin/sh", "-c", "/bin/echo a | cat; exit 5"))
        .satisfies(result -> assertThat(result.exit()).isEqualTo(5))
        .satisfies(result -> assertThat(result.out()).isEqualTo("a\n"));
  }

  @Test
  void failedExecUnderAFilterThatNotifiesEverythingEndsWith126() throws Exception {
    Files.writeString(jail.root.resolve("script"), "no interpreter");
    assertThat(jail.root.resolve("script").toFile().setExecutable(true)).isTrue();
    Jail.Result result =
        jail.plan(denying(GETPPID, EDOM).notifyingAll().flags(FREE_EXEC)).run("./script");
    assertThat(result.exit()).isEqualTo(126);
    assertThat(result.err()).isEqualTo("tiny-jail: ./script: Exec format error\n");
  }

  @Test
  void execModeLeavesNothingBehind() throws Exception {
    PlanBytes plan = PlanBytes.mode(EXEC).on(GETPPID, ERRNO | EDOM);
    Jail.Started started = jail.plan(plan).startTarget("late", "go");
    assertThat(started.pid()).isEqualTo(started.process().pid());
    Files.createFile(jail.root.resolve("go"));
    assertThat(started.finish().out()).endsWith("getppid=EDOM\n");
  }

  @Test
  void unusableSpoolDirectoryIsRefusedBeforeTheStart() throws Exception {
    jail.plan(denying(GETPPID, EDOM).flags(CACHEABLE));
    Files.setPosixFilePermissions(
        jail.spools, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(jail.run("/bin/echo", "started"))
        .satisfies(result -> assertThat(result.exit()).isEqualTo(125))
        .satisfies(result -> assertThat(result.out()).isEmpty())
        .satisfies(result -> assertThat(result.err()).contains("writable by nobody else"));
    Files.delete(jail.spools);
    assertThat(jail.run("/bin/true").exit()).isEqualTo(125);
  }

  @Test
  void fullDiskDeniesAllTheSameAndSaysSo() throws Exception {
    jail.plan(denying(GETPPID, EDOM));
    Jail.Result result = jail.shell("ulimit -f 1; $TJ run --policy p.json -- $TARGET calls 3");
    assertThat(result.out()).isEqualTo("getppid=EDOM\n");
    assertThat(result.err())
        .contains("3 denied calls could not be recorded")
        .endsWith("tiny-jail: 3 calls denied\n");
  }

  @Test
  void diskThatHasRoomAgainTakesTheDenialsToComeAndTheNumberOfThoseLost() throws Exception {
    jail.plan(denying(GETPPID, EDOM));
    Jail.Started run =
        jail.startShell(
            "ulimit -S -f 1; exec $TJ run --policy p.json -- "
                + "/bin/sh -c '$TARGET calls 3; exec $TARGET late go'");
    run.pid();
    assertThat(jail.spools.toFile().list()).isEmpty();
    jail.shell("prlimit --fsize=unlimited --pid " + run.process().pid());
    Thread.sleep(150); // the launcher tries again ten times a second
    Files.createFile(jail.root.resolve("go"));

    assertThat(run.finish().err()).contains("denied calls could not be recorded");
    assertThat(jail.spool().lost()).isGreaterThanOrEqualTo(3);
    assertThat(jail.spool().denials()).hasSize(1);
    assertThat(jail.spool().images()).hasSize(1);
  }
}
