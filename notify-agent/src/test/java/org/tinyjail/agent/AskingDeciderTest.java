package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

@Timeout(60)
class AskingDeciderTest {
  private static final String NOBODY = "(nobody types)";

  private final List<String> shown = Collections.synchronizedList(new ArrayList<>());
  private final List<Denial> denied = Collections.synchronizedList(new ArrayList<>());
  private final SpoolWriter spool;

  AskingDeciderTest(@TempDir Path directory) {
    spool =
        new SpoolWriter(
            directory, new SpoolWriter.Start("p", "", "", "", List.of()), Clock.systemUTC());
  }

  @AfterEach
  void closeSpool() {
    spool.close();
  }

  /** A person who types the given lines. */
  private final class Typist implements Prompt {
    private final Deque<String> lines;

    Typist(String... lines) {
      this.lines = new ArrayDeque<>(List.of(lines));
    }

    @Override
    public boolean show(String text) {
      shown.add(text);
      return true;
    }

    @Override
    public void dropTyped() {}

    @Override
    public Optional<String> readLine(Duration patience) {
      String line = lines.poll();
      return line == null || line.equals(NOBODY) ? Optional.empty() : Optional.of(line);
    }
  }

  private AskingDecider decider(String syscall, Prompt prompt) {
    Policy policy = Policy.of(Action.ALLOW, List.of(new Rule(syscall, List.of(), Action.fail(33))));
    EnforcingDecider enforcing =
        new EnforcingDecider(
            policy::actionFor, PointerTable.of(List.of(Arch.current())), spool, false, denied::add);
    return new AskingDecider(enforcing, prompt, Duration.ofSeconds(5));
  }

  private List<String> results(AskingDecider decider, int calls) {
    try (JailedProgram program =
        JailedProgram.target("getppid", "results", Integer.toString(calls))) {
      program.serveAll(decider);
      return program.output();
    }
  }

  @Test
  void allowingOnceAsksAgain() {
    List<String> results = results(decider("getppid", new Typist("y", "n")), 2);

    assertThat(results.get(0)).matches("[1-9]\\d* 0");
    assertThat(results.get(1)).isEqualTo("-1 33");
    assertThat(denied).hasSize(1);
  }

  @Test
  void allowingForGoodAsksNoMoreAndIsKeptForThePolicy() {
    AskingDecider decider = decider("getppid", new Typist("a"));
    List<String> results = results(decider, 3);

    assertThat(results).allMatch(line -> line.matches("[1-9]\\d* 0"));
    assertThat(decider.standingAnswers())
        .singleElement()
        .matches(a -> a.allow() && a.syscall().equals("getppid"));
    assertThat(denied).isEmpty();
  }

  @Test
  void denyingForGoodAsksNoMore() {
    AskingDecider decider = decider("getppid", new Typist("d"));

    assertThat(results(decider, 3)).containsOnly("-1 33");
    assertThat(decider.standingAnswers()).singleElement().matches(a -> !a.allow());
    assertThat(shown).hasSize(1);
    assertThat(denied).extracting(Denial::count).containsExactly(1L, 2L, 3L);
  }

  @Test
  void noAnswerInTimeDenies() {
    assertThat(results(decider("getppid", new Typist(NOBODY)), 1)).containsExactly("-1 33");
    assertThat(denied).hasSize(1);
  }

  @Test
  void whatIsNoAnswerIsAskedAgain() {
    assertThat(results(decider("getppid", new Typist("what?", "", "Y ")), 1).get(0))
        .matches("[1-9]\\d* 0");
    assertThat(shown).hasSize(3);
  }

  @Test
  void aPromptThatFailsDenies() {
    Prompt broken =
        new Prompt() {
          @Override
          public boolean show(String text) {
            throw new IllegalStateException("terminal on fire");
          }

          @Override
          public void dropTyped() {}

          @Override
          public Optional<String> readLine(Duration patience) {
            return Optional.empty();
          }
        };
    AskingDecider decider = decider("getppid", broken);

    assertThat(results(decider, 1)).containsExactly("-1 1");
    assertThat(decider.failure()).hasMessage("terminal on fire");
  }

  @Test
  void theQuestionSaysWhoWantsWhatAndHowRiskyItIs() {
    try (JailedProgram program = JailedProgram.target("connect", "sockets")) {
      program.serveAll(decider("connect", new Typist("n", "n")));
    }

    assertThat(shown.get(0))
        .contains(JailedProgram.built("agent-target"))
        .contains("{AF_INET, 127.0.0.1:9}, 16)")
        .contains("risk: ")
        .contains("a all calls of connect with any arguments");
  }

  @Test
  void anAnswerForGoodIsForTheClassOfArgumentsAlone() {
    AskingDecider decider = decider("socket", new Typist("a", "n"));
    try (JailedProgram program = JailedProgram.target("socket", "sockets")) {
      program.serveAll(decider);
    }

    assertThat(shown).hasSize(2);
    assertThat(shown.get(0)).contains("a all calls of socket with domain=AF_INET");
    assertThat(denied).singleElement().matches(d -> d.arguments().contains("AF_UNIX"));
  }

  @Test
  void manyThreadsMayWaitAtOnceAndOneGoodAnswerServesAll() {
    AskingDecider decider = decider("getppid", new Typist("a"));
    try (JailedProgram program = JailedProgram.target("getppid", "threads", "40", "50")) {
      AgentSession.End end = program.serveAll(decider);

      assertThat(end.mainStatus()).hasValue(0);
    }
    assertThat(denied).isEmpty();
  }
}
