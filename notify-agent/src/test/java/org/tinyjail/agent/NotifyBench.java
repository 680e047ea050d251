package org.tinyjail.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;

/**
 * What one notified call costs, in microseconds: medians over rounds that take turns, so that what
 * the machine does beside falls on all alike. Started by {@code scripts/bench notify}.
 */
final class NotifyBench {
  private static final int TURNS = 5;
  private static final String ROUNDS = "5";
  private static final String CALLS = "40000";
  private static final String STRACE_CALLS = "2000";
  private static final double MOST_OF_C = 1.4;
  private static final double RECORDER_MOST_OF_C = 1.2;
  private static final double MOST_OF_STRACE = 0.2;

  private final List<Double> bare = new ArrayList<>();
  private final List<Double> inC = new ArrayList<>();
  private final List<Double> denied = new ArrayList<>();
  private final List<Double> agent = new ArrayList<>();
  private final List<Double> strace = new ArrayList<>();
  private final List<Double> openat = new ArrayList<>();
  private final Path directory;

  private NotifyBench(Path directory) {
    this.directory = directory;
  }

  /** Prints the table; exit code 1 if a bound is not kept. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    NotifyBench bench = new NotifyBench(Files.createTempDirectory("notify-bench"));
    for (int turn = 0; turn < TURNS; turn++) {
      bench.turn();
    }
    System.exit(bench.report() ? 0 : 1);
  }

  private void turn() throws IOException, InterruptedException {
    List<String> target = JailedProgram.targetCommand("bench", "getppid", ROUNDS, CALLS);
    bare.addAll(run(target));
    inC.addAll(run(command(List.of(JailedProgram.built("agent-in-c")), target)));
    denied.addAll(denied(target));
    RecordingDecider learning =
        new RecordingDecider(
            org.tinyjail.model.ArgumentScope.DANGEROUS, Set.of(), Clock.systemUTC());
    agent.addAll(jailed("getppid", learning, "getppid", CALLS));
    List<String> few = JailedProgram.targetCommand("bench", "getppid", "3", STRACE_CALLS);
    List<String> tracer =
        List.of("strace", "-f", "--seccomp-bpf", "-e", "trace=getppid", "-o", "/dev/null");
    strace.addAll(run(command(tracer, few)));
    openat.addAll(recorded());
  }

  /** A getppid that the launcher denies and counts in its spool. */
  private static List<Double> denied(List<String> target) throws IOException, InterruptedException {
    try (Jail jail = new Jail()) {
      jail.plan(
          PlanBytes.mode(PlanBytes.RECORDER)
              .on(PlanBytes.GETPPID, PlanBytes.ERRNO | PlanBytes.EDOM)
              .flags(PlanBytes.QUIET));
      List<Double> numbers =
          numbers(jail.run(target.toArray(String[]::new)).out().lines().toList());
      long recorded = jail.spool().denials().stream().mapToLong(RawSpool.Denial::count).sum();
      long wanted = Long.parseLong(ROUNDS) * Long.parseLong(CALLS);
      if (recorded != wanted) {
        throw new IllegalStateException("recorded " + recorded + " denials of " + wanted);
      }
      return numbers;
    }
  }

  /** An openat that is recorded with its path, executable and call site, and carried out. */
  private List<Double> recorded() {
    PointerTable pointers = PointerTable.of(List.of(Arch.current()));
    SpoolWriter.Start start = new SpoolWriter.Start("bench", "", "", "", List.of());
    try (SpoolWriter spool = new SpoolWriter(directory, start, Clock.systemUTC())) {
      EnforcingDecider decider =
          new EnforcingDecider(data -> Action.fail(1), pointers, spool, true, denial -> {});
      return jailed("openat", decider, "openat", "500");
    }
  }

  private static List<Double> jailed(String notified, Decider decider, String call, String calls) {
    try (JailedProgram program = JailedProgram.target(notified, "bench", call, ROUNDS, calls)) {
      program.serveAll(decider);
      return numbers(program.output());
    }
  }

  private static List<Double> run(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<Double> numbers = numbers(process.inputReader().lines().toList());
    if (process.waitFor() != 0) {
      throw new IllegalStateException(command + " failed");
    }
    return numbers;
  }

  private static List<String> command(List<String> first, List<String> rest) {
    List<String> all = new ArrayList<>(first);
    all.addAll(rest);
    return all;
  }

  private static List<Double> numbers(List<String> lines) {
    return lines.stream().map(Double::valueOf).toList();
  }

  private boolean report() {
    double c = median(inC);
    double java = median(agent);
    double recorder = median(denied);
    double tracer = median(strace);
    line("unfiltered getppid", median(bare));
    line("notified getppid, agent of 60 lines of C", c);
    line("notified getppid, tiny-jail learn", java);
    line("denied getppid, recorder, spooled", recorder);
    line("traced getppid, strace --seccomp-bpf", tracer);
    line("openat recorded with path, executable, call site", median(openat));
    boolean learning = bound("learn to the C agent", java / c, MOST_OF_C);
    boolean recording = bound("recorder to the C agent", recorder / c, RECORDER_MOST_OF_C);
    return bound("learn to strace", java / tracer, MOST_OF_STRACE) && learning && recording;
  }

  private static void line(String what, double micros) {
    System.out.printf(Locale.ROOT, "%-50s %9.2f µs%n", what, micros);
  }

  private static boolean bound(String what, double ratio, double most) {
    boolean kept = ratio <= most;
    System.out.printf(
        Locale.ROOT, "%.2f %s, at most %.1f: %s%n", ratio, what, most, kept ? "kept" : "BROKEN");
    return kept;
  }

  private static double median(List<Double> numbers) {
    List<Double> sorted = new ArrayList<>(numbers);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }
}
