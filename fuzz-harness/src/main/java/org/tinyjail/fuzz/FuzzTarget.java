package org.tinyjail.fuzz;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.Checkpoints;
import org.tinyjail.agent.ForkServer;

/** What Jazzer calls for each input, in a process of its own. */
public final class FuzzTarget {
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(3);
  private static final long PROGRESS_NANOS = 500_000_000L;

  /** SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: raised by a fault of its own. */
  private static final List<Integer> CRASHES = List.of(4, 5, 6, 7, 8, 11, 31);

  private static @Nullable FuzzTarget instance;

  private final CampaignSpec spec;
  private final Executions executions;
  private final Schedule schedule;
  private final Checkpoints kept;
  private final PrintStream progress;
  private long executed;
  private long found;
  private long lastProgress;
  private volatile boolean stopping;

  private FuzzTarget(CampaignSpec spec, PrintStream progress)
      throws IOException, ReflectiveOperationException {
    this.spec = spec;
    this.progress = progress;
    this.executions = new Executions(spec, note -> progress.println("note\t" + note));
    this.schedule = new Schedule(spec.plan(), System.nanoTime());
    if (spec.plan().kind() != CampaignPlan.Kind.REPLAY) {
      Seeds.write(spec, executions);
    }
    progress.println("options\t" + executions.choices());
    Files.createDirectories(spec.findings());
    this.kept =
        Checkpoints.start(
            spec.spools(), spec.run(), executions.recorder()::observations, CHECKPOINT_INTERVAL);
  }

  /** Called once, before the first input; the description comes from standard input. */
  public static void fuzzerInitialize() throws IOException, ReflectiveOperationException {
    DataInputStream in = new DataInputStream(System.in);
    FuzzTarget target = new FuzzTarget(CampaignSpec.read(in), System.out);
    instance = target;
    Runtime.getRuntime().addShutdownHook(new Thread(target::finish, "finish"));
    Thread thread = new Thread(() -> target.stopAtEnd(in), "parent");
    thread.setDaemon(true);
    thread.start();
  }

  /** Called for each input. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    FuzzTarget target = instance;
    if (target == null) {
      throw new IllegalStateException("not initialized");
    }
    target.test(input);
  }

  /** The command's process closes the pipe, or has ended: so do we. */
  private void stopAtEnd(DataInputStream in) {
    try {
      while (in.read() >= 0) {
        // Nothing more is said.
      }
    } catch (IOException e) {
      // As good as an end.
    }
    stopping = true;
  }

  private void test(byte[] input) throws IOException {
    if (stopping) {
      end();
    }
    if (schedule.isToFreeze(System.nanoTime(), executed, executed - found)) {
      freeze();
    }
    execute(input);
  }

  private void execute(byte[] input) throws IOException {
    long before = executions.recorder().kinds();
    ForkServer.End end = executions.execute(input);
    executed++;
    if (end == null) {
      return;
    }
    if (executions.recorder().kinds() > before) {
      found = executed;
    }
    keepFinding(input, end);
    report(false);
  }

  /** Measures with a generator that no longer changes; where that was the last thing, ends. */
  private void freeze() throws IOException {
    executions.showAll(true);
    CorpusReduction.reduce(spec.corpus(), this::features, this::goesOn);
    FrozenGenerator generator = generator();
    while (goesOn() && schedule.isSettling(System.nanoTime(), executed)) {
      execute(generator.next());
    }
    int known = executions.recorder().kinds();
    executions.kinds().clear();
    long measured = 0;
    long hits = 0;
    while (goesOn() && schedule.isMeasuring(System.nanoTime(), executed, measured, hits)) {
      execute(generator.next());
      measured++;
      hits += executions.kinds().newest() > known ? 1 : 0;
    }
    UnseenBound bound = new UnseenBound(measured, hits, executions.kinds().singletons());
    progress.println("bound\t" + measured + "\t" + hits + "\t" + bound.singletons());
    if (stopping || schedule.isOver(bound, System.nanoTime())) {
      end();
    }
    executions.showAll(false);
  }

  private FrozenGenerator generator() throws IOException {
    List<byte[]> words = new ArrayList<>(spec.values());
    if (Files.exists(spec.dictionary())) {
      words.addAll(Dictionary.read(spec.dictionary()).words());
    }
    Path base = spec.guided() ? spec.corpus() : spec.seeds();
    return new FrozenGenerator(FrozenGenerator.corpus(base), words, spec.seed() + executed);
  }

  /** In the middle of an input, which libFuzzer takes for a crash: so it is said. */
  private void end() {
    progress.println(Campaign.END);
    progress.flush();
    System.exit(0);
  }

  private boolean goesOn() {
    return !stopping;
  }

  /** What the fuzzer's counters show for {@code input}; empty: it could not be executed. */
  private int[] features(byte[] input) throws IOException {
    ForkServer.End end = executions.execute(input);
    executed++;
    report(false);
    return end == null ? new int[0] : executions.feedback().features();
  }

  private void keepFinding(byte[] input, ForkServer.End end) throws IOException {
    int signal = end.status() & 0x7f;
    String what = end.timedOut() ? "hang" : CRASHES.contains(signal) ? "signal-" + signal : "";
    if (what.isEmpty()) {
      return;
    }
    Path file = spec.findings().resolve(what);
    if (!Files.exists(file)) {
      Files.write(file, input);
      progress.println("finding\t" + what);
    }
  }

  private void report(boolean last) {
    long now = System.nanoTime();
    if (last || now - lastProgress > PROGRESS_NANOS) {
      lastProgress = now;
      progress.println(
          "progress\t"
              + executed
              + "\t"
              + executions.recorder().kinds()
              + "\t"
              + found
              + "\t"
              + executions.share());
      progress.flush();
    }
  }

  private void finish() {
    kept.finish(spec.run().ended(Clock.systemUTC().instant(), OptionalInt.empty()));
    report(true);
  }
}
