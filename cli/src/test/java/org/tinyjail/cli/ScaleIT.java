package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.generator.merge.WhyJson;

/** Learning when many tasks call at once: nothing is missed, and memory stays bounded. */
class ScaleIT {
  /** What the agent may have taken at its peak, in MiB; seen: 90 to 110. */
  private static final long MEMORY_MAX = 160;

  private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s+([0-9]+) kB");

  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  /** Learns from the program scale with these words; how often each call was seen. */
  private Map<String, Long> learned(String... words) throws Exception {
    Process learn =
        tinyJail.start(
            Stream.concat(
                    Stream.of(
                        "learn", "--out", "p.json", "--", Attacker.program("scale").toString()),
                    Stream.of(words))
                .toArray(String[]::new));
    long agent = Attacker.child(learn.pid(), "java");
    long peak = 0;
    while (learn.isAlive()) {
      Matcher found = PEAK.matcher(Attacker.text(Path.of("/proc/" + agent + "/status")));
      peak = found.find() ? Math.max(peak, Long.parseLong(found.group(1)) >> 10) : peak;
      Thread.sleep(10);
    }
    tinyJail.end(learn).succeeded();
    assertThat(peak).as("the agent's peak of memory in MiB").isBetween(20L, MEMORY_MAX);
    return reasons().stream()
        .collect(
            Collectors.groupingBy(RuleReason::syscall, Collectors.summingLong(ScaleIT::count)));
  }

  private List<RuleReason> reasons() throws Exception {
    return WhyJson.read(directory.resolve("p.why.json")).reasons();
  }

  private static long count(RuleReason reason) {
    return reason.evidence().stream().mapToLong(RuleReason.Evidence::count).sum();
  }

  @Test
  void everyCallOfTwoHundredProcessesAtOnceIsSeen() throws Exception {
    assertThat(learned("processes", "200", "50"))
        .containsEntry("getppid", 200 * 50L)
        .containsEntry("clone", 200L)
        .containsEntry("wait4", 200L)
        .containsEntry("exit_group", 201L);
  }

  @Test
  void everyExecutionOfTwoHundredProcessesAtOnceIsSeen() throws Exception {
    Map<String, Long> calls = learned("programs", "200");
    assertThat(calls)
        .containsEntry("execve", 200L)
        .containsEntry("clone", 200L)
        .containsEntry("exit_group", 201L);
    List<String> ending =
        reasons().stream()
            .filter(reason -> reason.syscall().equals("exit_group"))
            .flatMap(reason -> reason.executables().stream())
            .toList();
    assertThat(ending)
        .containsExactlyInAnyOrder(
            Path.of("/bin/true").toRealPath().toString(),
            Attacker.program("scale").toRealPath().toString());
  }

  @Test
  void everyCallOfEightThreadsIsSeen() throws Exception {
    assertThat(learned("threads", "8", "100000"))
        .containsEntry("getppid", 800_000L)
        .containsEntry("clone", 8L)
        .containsEntry("exit", 8L)
        .containsEntry("exit_group", 1L);
  }
}
