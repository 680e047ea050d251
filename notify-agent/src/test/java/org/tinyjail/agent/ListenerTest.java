package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tinyjail.agent.MemoryView.Block;
import org.tinyjail.model.Arch;

@Timeout(60)
class ListenerTest {
  private static final Verdict CONTINUE = Verdict.unsafeContinue("a test");
  private static final PointerTable POINTERS = PointerTable.of(List.of(Arch.current()));

  private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

  private static PointerTable.Rule rule(Notification call) {
    return Objects.requireNonNull(POINTERS.rule(call.archValue(), call.number()));
  }

  private Verdict decode(Notification call) {
    seen.add(ArgumentDecoder.decode(call.data(), call.memory(rule(call))));
    return CONTINUE;
  }

  /** Linux as it is, but for process_vm_readv, which Yama refuses. */
  private static LinuxC underYama() {
    return TamperedLinux.with(
        (method, arguments, real) ->
            method.equals("processVmReadv") ? (Object) (long) -LinuxC.EPERM : real.make());
  }

  private static byte[] slots(JailedProgram program) {
    try (Stream<Path> links = Files.list(Path.of("/proc/" + program.harness() + "/fd"))) {
      Path slots =
          links.filter(link -> target(link).startsWith("/memfd:slots")).findFirst().orElseThrow();
      return Files.readAllBytes(slots);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void aValueAnErrnoAndADescriptorReachTheTarget() {
    List<Verdict> verdicts =
        List.of(Verdict.value(42), Verdict.fail(95), Verdict.descriptor(1), CONTINUE);
    try (JailedProgram program = JailedProgram.target("getppid", "results", "4")) {
      int[] next = {0};
      program.serveAll(call -> verdicts.get(next[0]++));

      List<String> output = program.output();
      assertThat(output.subList(0, 2)).containsExactly("42 0", "-1 95");
      assertThat(output.get(2)).matches("[3-9] 0");
      assertThat(output.get(3)).matches("[1-9]\\d* 0");
    }
  }

  @Test
  void anAnswerTheKernelRefusesBecomesItsErrno() {
    try (JailedProgram program = JailedProgram.target("getppid", "results", "1")) {
      program.serveAll(call -> Verdict.descriptor(-1));

      assertThat(program.output()).containsExactly("-1 9");
    }
  }

  @Test
  void aSlotIsTakenWhileACallWaitsAndZeroAfterwards() {
    int[] looked = {0};
    try (JailedProgram program = JailedProgram.target("getppid", "results", "3")) {
      program.serveAll(
          call -> {
            byte[] now = slots(program);
            assertThat(now).hasSize(Wire.SLOT_SIZE * Wire.SLOT_COUNT);
            assertThat(Little.word(now, 0)).isEqualTo(call.id());
            looked[0]++;
            return CONTINUE;
          });

      assertThat(looked[0]).isEqualTo(3);
      assertThat(slots(program)).containsOnly(0);
    }
  }

  @Test
  void aHeldCallWaitsWhileOthersGoOn() {
    AtomicReference<HeldNotification> held = new AtomicReference<>();
    int[] others = {0};
    try (JailedProgram program = JailedProgram.target("getppid", "threads", "4", "100")) {
      AgentSession.End end =
          program.serveAll(
              call -> {
                if (held.get() == null) {
                  held.set(call.hold());
                  return Verdict.held();
                }
                others[0]++;
                if (others[0] == 300) {
                  assertThat(held.get().isWaiting()).isTrue();
                  assertThat(held.get().answer(CONTINUE)).isTrue();
                  assertThat(held.get().answer(CONTINUE)).isFalse();
                }
                return CONTINUE;
              });

      assertThat(end.mainStatus()).hasValue(0);
      assertThat(others[0]).isEqualTo(399);
      assertThat(slots(program)).containsOnly(0);
    }
  }

  @Test
  void aCallHeldWhenItsProcessIsKilledCannotBeAnswered() throws Exception {
    AtomicReference<HeldNotification> held = new AtomicReference<>();
    try (JailedProgram program = JailedProgram.target("getppid", "killed")) {
      CompletableFuture<AgentSession.End> end =
          program.serveInBackground(
              call -> {
                held.set(call.hold());
                return Verdict.held();
              });

      int status = end.get(30, TimeUnit.SECONDS).mainStatus().orElseThrow();
      assertThat(WaitStatus.exitCode(status)).isEqualTo(128 + 9);
      assertThat(Objects.requireNonNull(held.get()).isWaiting()).isFalse();
    }
  }

  @Test
  void aDeciderMustEitherHoldOrAnswer() {
    try (JailedProgram program = JailedProgram.target("getppid", "results", "1")) {
      assertThatThrownBy(() -> program.serveAll(call -> Verdict.held()))
          .isInstanceOf(AgentException.class)
          .hasMessageContaining("either hold a notification or answer it");
    }
  }

  @Test
  void memoryOfATargetThatWasKilledMeanwhileIsNotRead() {
    AtomicReference<Block> block = new AtomicReference<>();
    try (JailedProgram program = JailedProgram.target("openat", "strings")) {
      program.serveAll(
          call -> {
            if (call.data().argument(2) != 0x80000 || block.get() != null) {
              return CONTINUE;
            }
            ProcessHandle target = ProcessHandle.of(call.thread()).orElseThrow();
            target.destroyForcibly();
            while (call.isWaiting()) {
              Thread.onSpinWait();
            }
            block.set(call.memory(rule(call)).block(1));
            assertThat(call.caller().executable()).isEmpty();
            return CONTINUE;
          });
    }
    assertThat(Objects.requireNonNull(block.get()).error()).isEqualTo(LinuxC.ESRCH);
  }

  @Test
  void underYamaTheLauncherOpensTheMemory() {
    try (JailedProgram program =
        JailedProgram.start(
            underYama(), "openat", List.of(), JailedProgram.targetCommand("strings"))) {
      program.serveAll(this::decode);
    }
    assertThat(seen).contains("openat(AT_FDCWD, \"/over-the-border\", O_RDONLY|O_CLOEXEC)");
  }

  @Test
  void memoryThatNobodyMayReadIsShownAsAnAddress() {
    try (JailedProgram program =
        JailedProgram.start(
            underYama(),
            "openat",
            List.of("--refuse-memory"),
            JailedProgram.targetCommand("strings"))) {
      program.serveAll(this::decode);
    }
    assertThat(seen)
        .hasSizeGreaterThan(6)
        .allMatch(s -> s.matches("openat\\(AT_FDCWD, (0x[0-9a-f]+|NULL), .*"));
  }

  /** A session in the background that has answered a call. */
  private static CompletableFuture<AgentSession.End> servedFrom(JailedProgram program)
      throws Exception {
    CompletableFuture<Void> called = new CompletableFuture<>();
    CompletableFuture<AgentSession.End> end =
        program.serveInBackground(
            call -> {
              called.complete(null);
              return CONTINUE;
            });
    called.get(30, TimeUnit.SECONDS);
    return end;
  }

  @Test
  void stoppingEndsTheTarget() throws Exception {
    try (JailedProgram program = JailedProgram.target("getppid", "threads", "1", "1000000000")) {
      CompletableFuture<AgentSession.End> end = servedFrom(program);

      assertThat(program.session().stopTarget()).isTrue();

      int status = end.get(30, TimeUnit.SECONDS).mainStatus().orElseThrow();
      assertThat(WaitStatus.exitCode(status)).isEqualTo(128 + 9);
    }
  }

  @Test
  void aSessionWithoutLauncherEndsWithoutStatus() throws Exception {
    try (JailedProgram program = JailedProgram.target("getppid", "threads", "1", "1000000000")) {
      CompletableFuture<AgentSession.End> end = servedFrom(program);
      // The harness's child dies with it.
      ProcessHandle.of(program.harness()).ifPresent(ProcessHandle::destroyForcibly);

      AgentSession.End ended = end.get(30, TimeUnit.SECONDS);
      assertThat(ended.started()).isTrue();
      assertThat(ended.mainStatus()).isEmpty();
    }
  }

  /** How SYNC_WAKE_UP was set while {@code threads} threads called. */
  private static List<Long> wakeUps(int threads, Function<Long, Object> kernel) {
    List<Long> flags = new ArrayList<>();
    LinuxC c =
        TamperedLinux.with(
            (method, arguments, real) -> {
              if (!method.equals("ioctl") || !arguments[1].equals(TamperedLinux.SET_FLAGS)) {
                return real.make();
              }
              flags.add((Long) arguments[2]);
              return kernel.apply((Long) arguments[2]);
            });
    List<String> command = JailedProgram.targetCommand("threads", String.valueOf(threads), "5000");
    try (JailedProgram program = JailedProgram.start(c, "getppid", List.of(), command)) {
      program.serveAll(call -> CONTINUE);
    }
    return flags;
  }

  @Test
  void callersThatWaitTogetherAreNotWokenOnOneProcessor() {
    assertThat(wakeUps(8, flag -> 0)).startsWith(0L);
  }

  @Test
  void aCallerAloneStaysInStep() {
    assertThat(wakeUps(1, flag -> 0)).isEmpty();
  }

  @Test
  void aKernelWithoutTheFlagIsAskedOnce() {
    assertThat(wakeUps(8, flag -> -LinuxC.EINVAL)).hasSize(1);
  }
}
