package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exit codes, signals and the terminal: as if the shell had started the target. */
class LauncherExitTest {
  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail();
    jail.plan(
        PlanBytes.mode(PlanBytes.RECORDER)
            .on(PlanBytes.GETPPID, PlanBytes.ERRNO | 33)
            .flags(PlanBytes.QUIET));
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 125, 126, 127, 255})
  void exitCodeIsTheTargets(int code) throws Exception {
    assertThat(jail.run("/bin/sh", "-c", "exit " + code)).isEqualTo(new Jail.Result(code, "", ""));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 6, 9, 11, 13, 14, 15, 34, 64})
  void deathBySignalIsTheTargets(int signal) throws Exception {
    assertThat(jail.target("die", "" + signal).exit()).isEqualTo(128 + signal);
  }

  @ParameterizedTest
  @ValueSource(strings = {"no-such-command", "./missing", "/etc/passwd/x", ""})
  void missingCommandIs127AndStartsNoJava(String command) throws Exception {
    assertThat(jail.run(command).exit()).isEqualTo(127);
    assertThat(jail.javaStarts()).isZero();
  }

  @Test
  void missingCommandIsNamed() throws Exception {
    assertThat(jail.run("no-such").err()).isEqualTo("tiny-jail: no-such: command not found\n");
    assertThat(jail.run("no\u001b[31m").err()).isEqualTo("tiny-jail: no?[31m: command not found\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "/etc", "./plain"})
  void whatCannotBeExecutedIs126(String command) throws Exception {
    Files.createFile(jail.root.resolve("plain"));
    Jail.Result result = jail.run(command);
    assertThat(result.exit()).isEqualTo(126);
    assertThat(result.err()).isEqualTo("tiny-jail: " + command + ": Permission denied\n");
    assertThat(jail.javaStarts()).isZero();
  }

  /** As a user and in a directory that the user may enter. */
  private Jail.Result ofOrdinaryUser(String prepare) throws Exception {
    return jail.shell(
        "chmod 711 . && touch java.log && chmod 666 java.log && chmod 755 jdk/bin/java && cp /bin/true copy && "
            + prepare
            + " && chmod 700 spools && chown 65534 spools"
            + " && setpriv --reuid=65534 --regid=65534 --clear-groups"
            + " $TJ run --policy p.json -- ./copy");
  }

  @Test
  void setUserIdFileOfAnotherUserIsRefusedToAnOrdinaryUser() throws Exception {
    Jail.Result result = ofOrdinaryUser("chmod 4755 copy");
    assertThat(result.exit()).isEqualTo(126);
    assertThat(result.err())
        .contains("./copy: not started: it is set-user-ID to run as user 0", "no_new_privs")
        .hasLineCount(1);
    assertThat(jail.javaStarts()).isZero();
  }

  /** cap_net_raw, permitted and effective. */
  private static final String CAPABLE =
      "python3 -c \"import os; os.setxattr('copy', 'security.capability',"
          + " bytes.fromhex('0100000200200000' + 24 * '0'))\"";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "chmod 2755 copy | set-group-ID bit has no effect",
        CAPABLE + " | file capabilities have no effect"
      })
  void otherPrivilegesThatAFileGivesAreSaidToBeLost(String prepare, String said) throws Exception {
    Jail.Result result = ofOrdinaryUser(prepare);
    assertThat(result.exit()).isZero();
    assertThat(result.err()).contains("./copy: its " + said);
  }

  @Test
  void setUserIdFileIsNotRefusedToWhoeverItMakesNoStronger() throws Exception {
    Jail.Result own = ofOrdinaryUser("chown 65534 copy && chmod 4755 copy");
    assertThat(own).isEqualTo(new Jail.Result(0, "", ""));
    jail.shell("chown 0 copy spools; chmod 4755 copy");
    assertThat(jail.run("./copy")).isEqualTo(new Jail.Result(0, "", ""));
  }

  @Test
  void javasFailureIsPassedOn() throws Exception {
    jail.java("#!/bin/sh\necho why >&2; exit 4\n");
    assertThat(jail.run("/bin/true")).isEqualTo(new Jail.Result(4, "", "why\n"));
    jail.java("#!/bin/sh\nexit 0\n");
    assertThat(jail.run("/bin/false").exit()).isZero();
    jail.java("#!/bin/sh\nkill -9 $$\n");
    assertThat(jail.run("/bin/true").exit()).isEqualTo(125);
  }

  @Test
  void otherCommandsAreJavas() throws Exception {
    jail.java("#!/bin/sh\nshift $(($# - 2)); echo \"$@\"; exit 3\n");
    assertThat(jail.shell("$TJ review --json").out()).isEqualTo("review --json\n");
    assertThat(jail.shell("$TJ run --help -- x").out()).isEqualTo("-- x\n");
    assertThat(jail.shell("$TJ run --").exit()).isEqualTo(3);
  }

  @Test
  void startsThroughASymbolicLink() throws Exception {
    Files.createSymbolicLink(jail.root.resolve("link"), jail.launcher);
    assertThat(jail.shell("./link run --policy p.json -- sh -c 'exit 6'").exit()).isEqualTo(6);
  }

  @Test
  void signalFromOutsideIsPassedOn() throws Exception {
    Jail.Started started = jail.startTarget("catch", "12");
    started.pid();
    jail.shell("kill -12 " + started.process().pid());
    assertThat(started.finish().out()).endsWith("caught=12\n");
    assertThat(started.process().exitValue()).isEqualTo(3);
  }

  @Test
  void signalOfASiblingInTheProcessGroupIsPassedOnToo() throws Exception {
    Jail.Result result =
        jail.shell(
            "$TJ run --policy p.json -- $TARGET wait & sleep 0.5; kill -TERM $!; wait $!; echo $?");
    assertThat(result.out()).endsWith("143\n");
  }

  @Test
  void nohupTargetThatCatchesHangUpGetsIt() throws Exception {
    Jail.Started started =
        jail.startShell("trap '' HUP; exec $TJ run --policy p.json -- $TARGET catch 1");
    started.pid();
    jail.shell("kill -HUP " + started.process().pid());
    assertThat(started.finish().exit()).isEqualTo(3);
  }

  @Test
  void stopAndInterruptKeysWorkAtATerminal() throws Exception {
    Jail.Result result =
        jail.shell(Jail.program("terminal") + " $TJ run --policy p.json -- $TARGET wait");
    assertThat(result.out()).isEqualTo("stopped=1\nlauncher=T\nafter=S\ngo\nsignal=2\n");
  }

  @Test
  void denialsAreAnsweredWhileTheMainProcessIsStopped() throws Exception {
    Path go = jail.root.resolve("go");
    Jail.Started started = jail.startTarget("stop", go.toString());
    long target = started.pid();
    Jail.await("stopped", () -> state(started.process().pid()) == 'T');
    Files.createFile(go);
    Jail.await("answered", () -> started.out().contains("getppid=EDOM"));
    jail.shell("kill -CONT " + started.process().pid());
    assertThat(started.finish().exit()).isEqualTo(4);
    assertThat(state(target)).isEqualTo('?');
  }

  @Test
  void launcherGoesOnWhenSomebodyContinuesTheTargetAlone() throws Exception {
    Path go = Files.createFile(jail.root.resolve("go"));
    Jail.Started started = jail.startTarget("stop", go.toString());
    long target = started.pid();
    Jail.await("stopped", () -> state(started.process().pid()) == 'T');
    jail.shell("kill -CONT " + target);
    assertThat(started.finish().exit()).isEqualTo(4);
  }

  @Test
  void targetThatNeedsNoSpoolRunsWithFewDescriptors() throws Exception {
    assertThat(jail.shell("ulimit -n 24; $TJ run --policy p.json -- $TARGET calls 1").out())
        .isEqualTo("getppid=EDOM\n");
  }

  private static char state(long pid) {
    String stat = Jail.text(Path.of("/proc/" + pid + "/stat"));
    return stat.isEmpty() ? '?' : stat.charAt(stat.lastIndexOf(')') + 2);
  }

  @Test
  void directoryOfTheCallerIsTheTargets() throws Exception {
    Files.createDirectory(
        jail.root.resolve("sub"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    assertThat(jail.shell("cd sub; $TJ run --policy ../p.json -- pwd").out())
        .isEqualTo(jail.root + "/sub\n");
  }
}
