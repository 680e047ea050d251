package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

@Timeout(60)
class EnforcingDeciderTest {
  private static final PointerTable POINTERS = PointerTable.of(List.of(Arch.current()));

  @TempDir private Path directory;
  private final List<Denial> seen = new ArrayList<>();

  private SpoolWriter spool() {
    return new SpoolWriter(
        directory, new SpoolWriter.Start("p", "", "", "", List.of()), Clock.systemUTC());
  }

  private static Policy denying(String syscall, Action action) {
    return Policy.of(Action.ALLOW, List.of(new Rule(syscall, List.of(), action)));
  }

  private EnforcingDecider decider(
      Policy policy, SpoolWriter spool, boolean complain, Consumer<Denial> watcher) {
    return new EnforcingDecider(policy::actionFor, POINTERS, spool, complain, watcher);
  }

  @Test
  void aDeniedCallFailsWithThePolicysErrno() {
    try (SpoolWriter spool = spool();
        JailedProgram program = JailedProgram.target("getppid", "results", "2")) {
      program.serveAll(decider(denying("getppid", Action.fail(33)), spool, false, seen::add));

      assertThat(program.output()).containsExactly("-1 33", "-1 33");
    }
    assertThat(seen).extracting(Denial::count).containsExactly(1L, 2L);
    assertThat(seen.get(0).executable()).isEqualTo(JailedProgram.built("agent-target"));
    assertThat(seen.get(0).comm()).isEqualTo("agent-target");
    assertThat(seen.get(0).callSite()).matches("libc.*\\+0x[0-9a-f]+");
    assertThat(seen.get(0).arguments()).isEqualTo("getppid()");
  }

  @Test
  void anErrnoOfZeroReturnsZero() {
    try (SpoolWriter spool = spool();
        JailedProgram program = JailedProgram.target("getppid", "results", "1")) {
      program.serveAll(decider(denying("getppid", Action.fail(0)), spool, false, seen::add));

      assertThat(program.output()).containsExactly("0 0");
    }
  }

  @Test
  void aDenialIsInTheSpoolBeforeItIsAnswered() {
    try (SpoolWriter spool = spool();
        JailedProgram program = JailedProgram.target("openat", "strings")) {
      List<String> read = new ArrayList<>();
      Policy policy = denying("openat", Action.fail(13));
      program.serveAll(
          decider(
              policy,
              spool,
              true,
              denial -> {
                assertThat(spooled(spool)).contains(denial.arguments());
                read.add(denial.arguments());
              }));
      assertThat(read).contains("openat(AT_FDCWD, \"/over-the-border\", O_RDONLY|O_CLOEXEC)");
    }
  }

  private static List<String> spooled(SpoolWriter spool) {
    try {
      Path file = Objects.requireNonNull(spool.file());
      return SpoolReader.read(file).denials().stream().map(Denial::arguments).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theSpoolTellsTheSameAsTheWatcherWasTold() {
    try (SpoolWriter spool = spool();
        JailedProgram program = JailedProgram.target("connect,socket,sendmsg", "sockets")) {
      Policy policy =
          Policy.of(
              Action.ALLOW,
              List.of(
                  new Rule("connect", List.of(), Action.fail(1)),
                  new Rule("sendmsg", List.of(), Action.fail(1))));
      program.serveAll(decider(policy, spool, false, seen::add));

      assertThat(spooled(spool)).isEqualTo(seen.stream().map(Denial::arguments).toList());
      assertThat(seen)
          .extracting(Denial::arguments)
          .anyMatch(text -> text.contains("{AF_UNIX, \"/tmp/no-such-socket\"}"));
    }
  }

  @Test
  void complainingCarriesOutAndRecords() {
    try (SpoolWriter spool = spool();
        JailedProgram program = JailedProgram.target("getppid", "results", "1")) {
      program.serveAll(decider(denying("getppid", Action.fail(33)), spool, true, seen::add));

      assertThat(program.output()).singleElement().asString().matches("[1-9]\\d* 0");
    }
    assertThat(seen).singleElement().matches(Denial::carriedOut);
  }

  @Test
  void aCallThatKillsTakesTheProcessWithIt() {
    try (SpoolWriter spool = spool();
        JailedProgram program = JailedProgram.target("getppid", "results", "1")) {
      AgentSession.End end =
          program.serveAll(
              decider(denying("getppid", Action.KILL_PROCESS), spool, false, seen::add));

      assertThat(WaitStatus.exitCode(end.mainStatus().orElseThrow())).isEqualTo(128 + 9);
      assertThat(program.output()).isEmpty();
    }
    assertThat(seen).hasSize(1);
  }

  @Test
  void aDeciderThatFailsEndsTheSessionAndLeavesTheCallForTheLauncher() {
    try (JailedProgram program = JailedProgram.target("getppid", "results", "1")) {
      Throwable thrown =
          catchThrowable(
              () ->
                  program.serveAll(
                      call -> {
                        throw new IllegalStateException("broken");
                      }));
      assertThat(thrown).isInstanceOf(AgentException.class).hasMessageContaining("broken");
    }
  }
}
