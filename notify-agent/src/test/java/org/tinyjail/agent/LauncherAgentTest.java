package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The launcher beside an agent, which src/test/c/agent.c plays. */
class LauncherAgentTest {
  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail();
    jail.plan(plan());
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  private static PlanBytes plan(int... flags) {
    return PlanBytes.mode(PlanBytes.AGENT)
        .on(PlanBytes.GETPPID, PlanBytes.ERRNO | 33)
        .on(PlanBytes.EXECVE, PlanBytes.ERRNO | 1)
        .flags(flags);
  }

  @Test
  void agentAnswersAndTheLaunchsOwnExecveNeverReachesIt() throws Exception {
    Jail.Result result = jail.agent("answer").target("calls", "3");
    assertThat(result.out()).isEqualTo("getppid=ECHILD\nagent ends\n");
    assertThat(result.exit()).isZero();
    assertThat(jail.spools()).isEmpty();
  }

  @Test
  void launcherWaitsForTheAgentAndItsFailureIsOurs() throws Exception {
    assertThat(jail.agent("fail").target("calls", "1").exit()).isEqualTo(125);
  }

  @Test
  void notificationThatADeadAgentHeldIsAnsweredByTheVerdict() throws Exception {
    Jail.Result result = jail.agent("die").target("calls", "50");
    assertThat(result.out()).isEqualTo("getppid=EDOM\n");
    assertThat(jail.spool().denials().stream().mapToLong(RawSpool.Denial::count).sum())
        .isEqualTo(50);
    assertThat(result.err().lines())
        .containsOnlyOnce(
            "tiny-jail: the agent was killed by signal 9: the policy holds and denials are"
                + " recorded, but no longer shown");
  }

  @Test
  void agentThatClosesItsSocketIsReplaced() throws Exception {
    assertThat(jail.agent("close").target("calls", "5").out()).startsWith("getppid=EDOM\n");
  }

  @Test
  void targetOfALearnRunIsKilledWhenTheAgentDies() throws Exception {
    jail.plan(plan(PlanBytes.LEARN, PlanBytes.FOLLOW)).agent("die");
    Jail.Result result = jail.target("calls", "5");
    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.err()).contains("the agent has ended before its time").hasLineCount(1);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void learningAgentMayLeaveWhatOutlivesTheMainChild() throws Exception {
    jail.plan(plan(PlanBytes.LEARN, PlanBytes.FOLLOW, PlanBytes.LEAVE)).agent("leave");
    Jail.Result result = jail.target("daemon", "said", "go-on");
    assertThat(result).isEqualTo(new Jail.Result(7, "agent ends\n", ""));
    Files.createFile(jail.root.resolve("go-on"));
    Jail.await("answer", () -> Jail.text(jail.root.resolve("said")).endsWith("getppid=EDOM\n"));
  }

  @Test
  void learningAgentThatWasNotToLeaveEndsWhatOutlivesTheMainChild() throws Exception {
    jail.plan(plan(PlanBytes.LEARN, PlanBytes.FOLLOW)).agent("leave");
    Jail.Result result = jail.target("daemon", "said", "go-on");
    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.err()).contains("the agent has ended before its time").hasLineCount(1);
    Jail.await("nobody left", () -> jail.processes().isEmpty());
  }

  @Test
  void agentCanStopTheTarget() throws Exception {
    long start = System.nanoTime();
    Jail.Result result = jail.agent("stop").run("/bin/sleep", "30");
    assertThat(result.exit()).isEqualTo(128 + 15);
    assertThat(System.nanoTime() - start).isLessThan(8_000_000_000L);
  }

  @Test
  void targetThatIgnoresTheStopIsKilled() throws Exception {
    Jail.Result result =
        jail.plan(PlanBytes.mode(PlanBytes.AGENT).on(PlanBytes.CONNECT, PlanBytes.ERRNO | 1))
            .agent("stop")
            .run("/bin/sh", "-c", "trap '' TERM; sleep 30; sleep 30");
    assertThat(result.exit()).isEqualTo(128 + 9);
  }

  @Test
  void followingRunWaitsForTheLastProcess() throws Exception {
    jail.plan(plan(PlanBytes.FOLLOW)).agent("answer");
    Jail.Result result = jail.target("daemon", "said", "go-on");
    assertThat(result.exit()).isEqualTo(7);
    assertThat(Jail.text(jail.root.resolve("said"))).endsWith("getppid=ECHILD\n");
  }

  @Test
  void failedExecLeavesNoAgentBehind() throws Exception {
    jail.shell("echo text > script; chmod +x script");
    Jail.Result result = jail.agent("answer").run("./script");
    assertThat(result.exit()).isEqualTo(126);
    Jail.await("agent ends", () -> jail.processes().isEmpty());
  }
}
