package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;

@Timeout(60)
class RecordingDeciderTest {
  private final RecordingDecider decider =
      new RecordingDecider(ArgumentScope.DANGEROUS, Set.of(), Clock.systemUTC());

  private long count(Predicate<Observation> which) {
    return decider.observations().stream().filter(which).mapToLong(Observation::count).sum();
  }

  private long count(String syscall) {
    return count(o -> o.syscall().equals(syscall));
  }

  private AgentSession.End learn(String... words) throws InterruptedException {
    return learnCommand(JailedProgram.targetCommand(words));
  }

  private AgentSession.End learnCommand(List<String> command) throws InterruptedException {
    try (JailedProgram program = JailedProgram.start("all", List.of(), command)) {
      return program.serve(decider);
    }
  }

  @Test
  void countsAreExactOverThreads() throws Exception {
    AgentSession.End end = learn("threads", "8", "10000");

    assertThat(end.started()).isTrue();
    assertThat(end.mainStatus()).hasValue(0);
    assertThat(count("getppid")).isEqualTo(80_000);
  }

  @Test
  void theStatusOfTheMainProcessIsHandedOn() throws Exception {
    assertThat(WaitStatus.exitCode(learn("exit", "7").mainStatus().orElseThrow())).isEqualTo(7);
  }

  @Test
  void forkedChildrenAreCounted() throws Exception {
    learn("forks", "200");

    assertThat(count("getppid")).isEqualTo(200);
    assertThat(decider.observations())
        .extracting(Observation::executable)
        .containsOnly(JailedProgram.built("agent-target"));
  }

  @Test
  void callsAfterAnExecveByAnotherThreadBelongToTheNewExecutable() throws Exception {
    String other = JailedProgram.built("agent-other");
    learn("exec-by-thread", other);

    assertThat(count(o -> o.syscall().equals("getpgrp") && o.executable().equals(other)))
        .isEqualTo(3);
    assertThat(count("getpgrp")).isEqualTo(3);
    assertThat(count(o -> o.syscall().equals("getppid") && o.executable().equals(other))).isZero();
  }

  @Test
  void afterAFailedExecveTheExecutableIsStillTheSame() throws Exception {
    learn("failed-exec");

    assertThat(count("execve")).isEqualTo(10);
    assertThat(count("getppid")).isEqualTo(10);
    assertThat(decider.observations())
        .extracting(Observation::executable)
        .containsOnly(JailedProgram.built("agent-target"));
  }

  @Test
  void aVforkedChildAndItsParentAreToldApart() throws Exception {
    String other = JailedProgram.built("agent-other");
    learn("vfork", other);

    assertThat(count(o -> o.syscall().equals("getpgrp") && o.executable().equals(other)))
        .isEqualTo(60);
    assertThat(
            count(
                o ->
                    o.syscall().equals("getppid")
                        && o.executable().equals(JailedProgram.built("agent-target"))))
        .isEqualTo(20);
  }

  @Test
  void filesOfCodeThatAreMappedAreKnownByWhatMapsThem() throws Exception {
    learnCommand(List.of("/bin/sh", "-c", "/bin/cat /dev/null"));

    String libc = Path.of("/lib/x86_64-linux-gnu/libc.so.6").toRealPath().toString();
    assertThat(decider.loaded())
        .contains(
            new LoadedFile(Path.of("/bin/sh").toRealPath().toString(), libc),
            new LoadedFile(Path.of("/bin/cat").toRealPath().toString(), libc))
        .allMatch(file -> Files.isRegularFile(Path.of(file.path())))
        .doesNotHaveDuplicates();
  }

  @Test
  void aTargetThatIsKilledWhileItCallsEndsTheSession() throws Exception {
    AgentSession.End end = learn("killed");

    assertThat(WaitStatus.exitCode(end.mainStatus().orElseThrow())).isEqualTo(128 + 9);
  }

  @Test
  void signalsNeitherLoseNorDoubleACall() throws Exception {
    try (JailedProgram program =
        JailedProgram.start(
            "all", List.of("--wait-killable"), JailedProgram.targetCommand("storm", "20000"))) {
      AgentSession.End end = program.serve(decider);

      assertThat(end.mainStatus()).hasValue(0);
      assertThat(count("getppid")).isEqualTo(20_001);
    }
  }

  @Test
  void stringsAreReadToTheirEndAndNoFurther() throws Exception {
    RecordingDecider each = decider;
    try (JailedProgram program = JailedProgram.target("openat", "strings")) {
      List<String> seen = new java.util.ArrayList<>();
      program.serveAll(
          call -> {
            PointerTable.Rule rule =
                PointerTable.of(List.of(org.tinyjail.model.Arch.current()))
                    .rule(call.archValue(), call.number());
            if (rule != null) {
              seen.add(ArgumentDecoder.decode(call.data(), call.memory(rule)));
            }
            return each.decide(call);
          });

      assertThat(seen)
          .contains(
              "openat(AT_FDCWD, \"/over-the-border\", O_RDONLY|O_CLOEXEC)",
              "openat(AT_FDCWD, \"/at-edg\", O_RDONLY|O_CLOEXEC)",
              "openat(AT_FDCWD, NULL, O_RDONLY|O_CLOEXEC)",
              "openat(AT_FDCWD, \"/bytes\\xff\\x01\\\"\\\\\\n\", O_RDONLY|O_CLOEXEC)");
      assertThat(seen).filteredOn(s -> s.matches("openat\\(AT_FDCWD, 0x[0-9a-f]+, .*")).hasSize(2);
      assertThat(seen).filteredOn(s -> s.contains("\"" + "y".repeat(1024) + "\"…")).hasSize(1);
    }
  }

  @Test
  void classesOfArgumentsAreLearnedApartWithASampleOfEach() throws Exception {
    learn("sockets");

    assertThat(decider.observations())
        .filteredOn(o -> o.syscall().equals("socket"))
        .extracting(Observation::sample)
        .containsExactlyInAnyOrder(
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP)",
            "socket(AF_UNIX, SOCK_STREAM, 0)");
    assertThat(decider.observations())
        .filteredOn(o -> o.syscall().equals("connect"))
        .extracting(Observation::sample)
        .singleElement()
        .asString()
        .matches("connect\\(3<socket:\\[\\d+\\]>, \\{AF_INET, 127.0.0.1:9\\}, 16\\)");
    assertThat(decider.observations())
        .filteredOn(o -> o.syscall().equals("sendmsg"))
        .extracting(Observation::sample)
        .singleElement()
        .asString()
        .contains("{msg_name={AF_INET, 127.0.0.1:9}}, MSG_NOSIGNAL");
  }

  @Test
  void everNewArgumentsAndNumbersAreBounded() throws Exception {
    int calls = 5000;
    assertThat(learn("ever-new", "" + calls).mainStatus()).hasValue(0);

    assertThat(decider.observations())
        .filteredOn(o -> o.syscall().equals("socket"))
        .hasSize(RecordingDecider.CLASSES_MAX + 1)
        .filteredOn(o -> o.arguments().equals(ArgumentClass.ANY))
        .extracting(Observation::count)
        .containsExactly((long) calls - RecordingDecider.CLASSES_MAX);
    assertThat(count("socket")).isEqualTo(calls);
    assertThat(decider.observations())
        .filteredOn(o -> o.syscall().startsWith("syscall_"))
        .hasSize(RecordingDecider.OTHER_CELLS_MAX);
  }

  @Test
  void aCallThatIsUnavailableFailsAndIsNotLearned() throws Exception {
    RecordingDecider without =
        new RecordingDecider(ArgumentScope.DANGEROUS, Set.of("getppid"), Clock.systemUTC());
    try (JailedProgram program = JailedProgram.target("all", "results", "2")) {
      program.serve(without);

      assertThat(program.output()).containsExactly("-1 38", "-1 38");
    }
    assertThat(without.observations()).noneMatch(o -> o.syscall().equals("getppid"));
  }
}
