package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tinyjail.agent.Coverage.Comparison;
import org.tinyjail.agent.ForkServerSetting.Kind;
import org.tinyjail.agent.ForkServerSetting.Limits;
import org.tinyjail.agent.ForkServerSetting.Tells;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Observation;

/** What instrumented targets tell of their runs, and that their doings stay their own. As root. */
class ForkServerCoverageTest {
  private static final Path HOME = Path.of("target/executor").toAbsolutePath();
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path directory;
  private RecordingDecider recorder = newRecorder();

  private static RecordingDecider newRecorder() {
    return new RecordingDecider(ArgumentScope.NONE, Set.of(), Clock.systemUTC());
  }

  /** Ways in which a target is built. */
  private enum Build {
    PLAIN(Tells.CALLBACKS, "-O2"),
    GCC(
        Tells.CALLBACKS,
        "-fsanitize-coverage=trace-pc,trace-cmp -rdynamic src/main/executor/callbacks.c"),
    CLANGS_FORM(Tells.CALLBACKS, "-DGUARDS -rdynamic"),
    AFLS_FORM(Tells.AFL, "-DAFL");

    private final Tells tells;
    private final String flags;

    Build(Tells tells, String flags) {
      this.tells = tells;
      this.flags = flags;
    }
  }

  private ForkServer server(Build build, Tells tells, Kind kind) throws Exception {
    Path program = directory.resolve("target");
    List<String> command =
        new ArrayList<>(List.of("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o"));
    command.addAll(List.of(program.toString(), "src/test/c/fuzz-coverage.c"));
    command.addAll(List.of(build.flags.split(" ", -1)));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    ForkServerSetting setting =
        new ForkServerSetting(
            program,
            directory,
            List.of("target".getBytes(StandardCharsets.US_ASCII)),
            List.of(),
            OwnCalls.notifyAllBut(),
            OwnCalls.TOKEN,
            new RunInput.Standard(),
            Limits.DEFAULT,
            kind,
            tells,
            false,
            false);
    return ForkServer.start(HOME, setting, recorder);
  }

  /** The edges of a run that ends as it should. */
  private static Map<Integer, Integer> edges(ForkServer server, String input) {
    byte[] bytes = input.getBytes(StandardCharsets.US_ASCII);
    ForkServer.End end = Objects.requireNonNull(server.run(bytes, LONG), "server is gone");
    assertThat(WaitStatus.exitCode(end.status())).isZero();
    Map<Integer, Integer> edges = new TreeMap<>();
    server.coverage().edges(edges::put);
    return edges;
  }

  @ParameterizedTest
  @EnumSource(names = "PLAIN", mode = EnumSource.Mode.EXCLUDE)
  void anInstrumentedTargetTellsTheEdgesOfEachRunAndNoOthers(Build build) throws Exception {
    try (ForkServer server = server(build, build.tells, Kind.PRELOAD)) {
      edges(server, "b"); // here some have set up what only the first run does
      Map<Integer, Integer> a = edges(server, "a");
      Map<Integer, Integer> b = edges(server, "b");
      assertThat(a.keySet()).isNotEmpty().isNotEqualTo(b.keySet());
      assertThat(edges(server, "a")).isEqualTo(a);
      assertThat(edges(server, "b")).isEqualTo(b);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatListensToItIsNoEvidence(Build build) throws Exception {
    try (ForkServer server = server(build, build.tells, Kind.PRELOAD)) {
      edges(server, "a");
    }
    Set<String> listened = observed();
    recorder = newRecorder();
    try (ForkServer server = server(Build.PLAIN, Tells.NOTHING, Kind.PRELOAD)) {
      edges(server, "a");
    }
    Set<String> plain = observed();
    if (build == Build.AFLS_FORM) {
      plain.add("write"); // of its runtime, which looks for AFL's server
    }
    assertThat(listened).isEqualTo(plain);
  }

  private Set<String> observed() {
    return recorder.observations().stream()
        .map(Observation::syscall)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void operandsThatDifferAreToldAndNoOthers() throws Exception {
    try (ForkServer server = server(Build.GCC, Tells.CALLBACKS, Kind.PRELOAD)) {
      edges(server, "abcd");
      List<Comparison> comparisons = server.coverage().comparisons();
      assertThat(comparisons).anyMatch(found -> isOf(found, 0x64636261, 0x5e3a91c7));
      assertThat(comparisons).noneMatch(found -> found.first() == found.second());
      edges(server, "abc");
      assertThat(server.coverage().comparisons())
          .anyMatch(found -> isOf(found, 0x636261, 0x5e3a91c7))
          .noneMatch(found -> isOf(found, 0x64636261, 0x5e3a91c7));
    }
  }

  @ParameterizedTest
  @EnumSource(names = "AFL", mode = EnumSource.Mode.EXCLUDE) // its variables would stay
  void aTargetWithoutInstrumentationTellsNothing(Tells tells) throws Exception {
    try (ForkServer server = server(Build.PLAIN, tells, Kind.PRELOAD)) {
      assertThat(edges(server, "a")).isEmpty();
    }
  }

  private static boolean isOf(Comparison comparison, long one, long other) {
    return Set.of(comparison.first(), comparison.second()).equals(Set.of(one, other));
  }

  @ParameterizedTest
  @EnumSource(names = "CLANGS_FORM", mode = EnumSource.Mode.EXCLUDE) // its own functions end it
  void whereNobodyListensNothingIsTold(Build build) throws Exception {
    for (Kind kind : Kind.values()) {
      try (ForkServer server = server(build, Tells.NOTHING, kind)) {
        assertThat(edges(server, "a")).isEmpty();
        assertThat(server.coverage().comparisons()).isEmpty();
      }
    }
  }
}
