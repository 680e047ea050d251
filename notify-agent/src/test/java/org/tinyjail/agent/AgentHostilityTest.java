package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/** The Java agent where the kernel refuses, a target does the wrong thing, or nobody answers. */
@Timeout(60)
class AgentHostilityTest {
  private static final Verdict CONTINUE = Verdict.unsafeContinue("a test");
  private static final int O_RDWR = 2;
  private static final int O_NOCTTY = 0x100;

  private final List<Denial> denied = Collections.synchronizedList(new ArrayList<>());
  private final SpoolWriter spool;

  AgentHostilityTest(@TempDir Path directory) {
    spool =
        new SpoolWriter(
            directory, new SpoolWriter.Start("p", "", "", "", List.of()), Clock.systemUTC());
  }

  @AfterEach
  void closeSpool() {
    spool.close();
  }

  private EnforcingDecider denying(String syscall, Action action) {
    Policy policy = Policy.of(Action.ALLOW, List.of(new Rule(syscall, List.of(), action)));
    return new EnforcingDecider(
        policy::actionFor, PointerTable.of(List.of(Arch.current())), spool, false, denied::add);
  }

  private static JailedProgram hostile(String calls, String... words) {
    return hostile(JnaLinuxC.load(), calls, words);
  }

  private static JailedProgram hostile(LinuxC linux, String calls, String... words) {
    List<String> command = new ArrayList<>(List.of(Jail.program("hostile").toString()));
    command.addAll(List.of(words));
    return JailedProgram.start(linux, calls, List.of("--wait-killable"), command);
  }

  private static JailedProgram results(LinuxC linux, int calls) {
    return JailedProgram.start(
        linux, "getppid", List.of(), JailedProgram.targetCommand("results", "" + calls));
  }

  @ParameterizedTest
  @CsvSource({"dirty, 22", "not mapped, 14"})
  void case05BufferThatTheKernelRefusesEndsTheSession(String how, int errno) {
    LinuxC linux =
        TamperedLinux.with(
            (method, arguments, real) -> {
              boolean receives = method.equals("ioctl") && arguments[1].equals(TamperedLinux.RECV);
              if (receives && how.equals("dirty")) {
                new Pointer((long) arguments[2]).setInt(12, 1);
              } else if (receives) {
                arguments[2] = 4096L;
              }
              return real.make();
            });
    try (JailedProgram program = results(linux, 1)) {
      assertThatThrownBy(() -> program.serveAll(call -> CONTINUE))
          .isInstanceOf(AgentException.class)
          .hasMessageContaining("errno " + errno);
    }
  }

  @ParameterizedTest
  @CsvSource({"8, 7", "16, -5"})
  void case10ContinueThatCarriesAValueOrAnErrorDeniesTheCall(long at, int what) {
    LinuxC linux =
        TamperedLinux.withIoctl(
            TamperedLinux.SEND,
            (response, real) -> {
              if (response.getInt(20) == 1) {
                response.setInt(at, what);
              }
              return real.make();
            });
    try (JailedProgram program = results(linux, 1)) {
      program.serveAll(call -> CONTINUE);
      assertThat(program.output()).containsExactly("-1 22");
    }
  }

  @Test
  void case11SecondAnswerChangesNothing() {
    LinuxC linux =
        TamperedLinux.withIoctl(
            TamperedLinux.SEND,
            (response, real) -> {
              var first = real.make();
              response.setLong(8, -response.getLong(8));
              assertThat((int) real.make()).isNegative();
              return first;
            });
    try (JailedProgram program = results(linux, 3)) {
      long[] value = {40};
      program.serveAll(call -> Verdict.value(++value[0]));
      assertThat(program.output()).containsExactly("41 0", "42 0", "43 0");
    }
  }

  @Test
  void case12DescriptorForATargetThatCanHaveNoMoreFailsAndTheNextArrives() {
    try (JailedProgram program = JailedProgram.target("getppid", "full")) {
      program.serveAll(call -> Verdict.descriptor(1));
      assertThat(program.output()).containsExactly("-1 24", "added");
    }
  }

  @Test
  void case12DescriptorWithFlagsThatTheKernelDoesNotKnowFails() {
    LinuxC linux =
        TamperedLinux.withIoctl(
            TamperedLinux.ADDFD,
            (descriptor, real) -> {
              descriptor.setInt(8, 0x80);
              return real.make();
            });
    try (JailedProgram program = results(linux, 1)) {
      program.serveAll(call -> Verdict.descriptor(1));
      assertThat(program.output()).containsExactly("-1 22");
    }
  }

  /** The kernel names a thread 0 where the agent's pid namespace has no number for it. */
  private static LinuxC withoutThreadIds() {
    return TamperedLinux.withIoctl(
        TamperedLinux.RECV,
        (notification, real) -> {
          Object result = real.make();
          notification.setInt(8, 0);
          return result;
        });
  }

  @Test
  void case13CallerWithoutANumberIsDeniedUnreadAndCannotBeKilled() {
    for (Action action : List.of(Action.fail(33), Action.KILL_PROCESS)) {
      try (JailedProgram program = hostile(withoutThreadIds(), "mkdir", "unreadable", "never")) {
        program.serveAll(denying("mkdir", action));
        assertThat(program.output())
            .containsExactly(action.equals(Action.KILL_PROCESS) ? "mkdir=EPERM" : "mkdir=EDOM");
      }
    }
    assertThat(denied)
        .hasSize(2)
        .allSatisfy(
            denial -> {
              assertThat(denial.executable()).isEmpty();
              assertThat(denial.arguments()).matches("mkdir\\(0x[0-9a-f]+, 0700\\)");
            });
  }

  @Test
  void case13CallsOfACallerWithoutANumberAreLearned() throws Exception {
    RecordingDecider learning =
        new RecordingDecider(ArgumentScope.DANGEROUS, Set.of(), Clock.systemUTC());
    try (JailedProgram program = results(withoutThreadIds(), 3)) {
      program.serveAll(learning);
    }
    assertThat(learning.observations()).extracting(Observation::count).containsExactly(3L);
  }

  @Test
  void case15SilentPersonsCallIsDeniedWhenTimeIsUp() {
    Duration patience = Duration.ofMillis(400);
    LinuxC linux = JnaLinuxC.load();
    byte[] path = "/dev/ptmx\0".getBytes(StandardCharsets.UTF_8);
    Memory name = new Memory(path.length);
    name.write(0, path, 0, path.length);
    int terminal = linux.open(Pointer.nativeValue(name), O_RDWR | O_NOCTTY);
    AskingDecider asking =
        new AskingDecider(
            denying("getppid", Action.fail(33)), new Terminal(linux, terminal), patience);
    try (JailedProgram program = JailedProgram.target("getppid", "results", "2")) {
      long start = System.nanoTime();
      program.serveAll(asking);
      assertThat(System.nanoTime() - start).isGreaterThan(2 * patience.toNanos());
      assertThat(program.output()).containsExactly("-1 33", "-1 33");
    } finally {
      linux.close(terminal);
    }
    assertThat(asking.failure()).isNull();
    assertThat(denied).hasSize(2);
  }

  /** Types only when all calls that may not wait have been denied. */
  private final class PersonWhoIsSlow implements Prompt {
    private final int others;

    PersonWhoIsSlow(int others) {
      this.others = others;
    }

    @Override
    public boolean show(String text) {
      return true;
    }

    @Override
    public void dropTyped() {}

    @Override
    public Optional<String> readLine(Duration patience) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (denied.size() < others && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      return denied.size() < others ? Optional.empty() : Optional.of("d");
    }
  }

  @Test
  void case16FloodOfQuestionsIsDeniedBeyondThoseThatMayWait() {
    int threads = 200;
    // One is being asked, a queue of others waits.
    PersonWhoIsSlow person = new PersonWhoIsSlow(threads - 1 - AskingDecider.QUEUE_MAX);
    AskingDecider asking =
        new AskingDecider(denying("getppid", Action.fail(33)), person, Duration.ofSeconds(30));
    try (JailedProgram program = JailedProgram.target("getppid", "threads", "" + threads, "1")) {
      assertThat(program.serveAll(asking).mainStatus()).hasValue(0);
    }
    assertThat(denied).hasSize(threads);
    assertThat(asking.standingAnswers()).hasSize(1);
  }

  @Test
  void case17WhoeverGetsTheCallersProcessIdIsNotReadInItsPlace() {
    try (JailedProgram program = hostile("rename", "reused-id", "target")) {
      program.serveAll(denying("rename", Action.fail(33)));
      assertThat(program.output()).containsExactly("rename=EDOM", "reused=1");
    }
    assertThat(denied)
        .extracting(Denial::arguments)
        .containsExactly("rename(\"one-more\", \"target\")");
  }

  @Test
  void case18VerdictToKillOnAThreadsCallEndsItsProcess() {
    try (JailedProgram program = hostile("getppid", "by-thread")) {
      AgentSession.End end = program.serveAll(denying("getppid", Action.KILL_PROCESS));
      assertThat(WaitStatus.exitCode(end.mainStatus().orElseThrow())).isEqualTo(128 + 9);
      assertThat(program.output()).isEmpty();
    }
    assertThat(denied).hasSize(1);
  }

  /** As for a process that is not dumpable, where the agent may not trace everybody. */
  private static LinuxC unreadable() {
    return TamperedLinux.with(
        (method, arguments, real) ->
            switch (method) {
              case "readlink", "processVmReadv" -> (long) -LinuxC.EPERM;
              default -> real.make();
            });
  }

  @Test
  void case19CallOfAProcessThatCannotBeReadIsDeniedWithoutItsPath() {
    try (JailedProgram program =
        JailedProgram.start(
            unreadable(),
            "mkdir",
            List.of("--refuse-memory"),
            List.of(Jail.program("hostile").toString(), "unreadable", "never"))) {
      program.serveAll(denying("mkdir", Action.fail(33)));
      assertThat(program.output()).containsExactly("mkdir=EDOM");
    }
    assertThat(denied)
        .singleElement()
        .satisfies(
            denial -> {
              assertThat(denial.arguments()).matches("mkdir\\(0x[0-9a-f]+, 0700\\)");
              assertThat(denial.pid()).isPositive();
            });
  }

  @Test
  void case19VerdictToKillEndsAProcessThatCannotBeRead() {
    try (JailedProgram program = hostile(unreadable(), "mkdir", "unreadable", "never")) {
      AgentSession.End end = program.serveAll(denying("mkdir", Action.KILL_PROCESS));
      assertThat(WaitStatus.exitCode(end.mainStatus().orElseThrow())).isEqualTo(128 + 9);
      assertThat(program.output()).isEmpty();
    }
  }

  @Test
  void case19ProcessThatCannotBeReadIsLearnedAllTheSame() {
    RecordingDecider learning =
        new RecordingDecider(ArgumentScope.DANGEROUS, Set.of(), Clock.systemUTC());
    try (JailedProgram program = hostile(unreadable(), "mkdir", "unreadable", "never/made")) {
      program.serveAll(learning);
    }
    assertThat(learning.observations())
        .singleElement()
        .satisfies(
            observation -> {
              assertThat(observation.syscall()).isEqualTo("mkdir");
              assertThat(observation.count()).isEqualTo(1);
            });
  }

  @Test
  void case24ListenerWithoutItsSlotsIsRefused() {
    try (JailedProgram program =
        JailedProgram.start(
            "getppid", List.of("--one-descriptor"), JailedProgram.targetCommand("results", "1"))) {
      assertThatThrownBy(() -> program.serveAll(call -> CONTINUE))
          .isInstanceOf(AgentException.class)
          .hasMessageContaining("1 descriptor, wanted 2");
    }
  }

  @ParameterizedTest
  @CsvSource({"80, 24, true", "88, 24, false", "80, 32, false", "72, 24, false", "0, 0, false"})
  void case26KernelWithOtherStructuresIsRefused(int notification, int response, boolean known) {
    LinuxC linux =
        TamperedLinux.with(
            (method, arguments, real) -> {
              Object result = real.make();
              Pointer sizes = new Pointer((long) arguments[2]);
              sizes.setShort(0, (short) notification);
              sizes.setShort(2, (short) response);
              return result;
            });
    if (known) {
      assertThatCode(() -> NotificationFd.checkSizes(linux)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> NotificationFd.checkSizes(linux))
          .isInstanceOf(AgentException.class)
          .hasMessageContaining("known are 80 and 24");
    }
  }
}
