package org.tinyjail.fuzz;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.Checkpoints;
import org.tinyjail.agent.Decider;
import org.tinyjail.agent.ForkServer;
import org.tinyjail.agent.ForkServerSetting;
import org.tinyjail.agent.ForkServerSetting.Kind;
import org.tinyjail.agent.ForkServerSetting.Limits;
import org.tinyjail.agent.Notification;
import org.tinyjail.agent.RecordingDecider;
import org.tinyjail.agent.Verdict;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Source;

/** What Jazzer calls for each input, in a process of its own. */
public final class FuzzTarget {
  private static final Path INPUT = Path.of("/run/input");
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(3);
  private static final long PROGRESS_NANOS = 500_000_000L;
  private static final int RESTARTS_MAX = 50;

  private static final Duration HELP_TIMEOUT = Duration.ofSeconds(5);
  private static final Verdict CONTINUE =
      Verdict.unsafeContinue("asking for help: contained like every execution");

  private static @Nullable FuzzTarget instance;

  private final CampaignSpec spec;
  private final RecordingDecider recorder;
  private final InputLayout layout;
  private final ForkServerSetting setting;
  private final Feedback feedback;
  private final Checkpoints kept;
  private final PrintStream progress;
  private Kind kind = Kind.PRELOAD;
  private @Nullable ForkServer server;
  private int failures;
  private long executions;
  private long found;
  private long lastProgress;
  private volatile boolean stopping;

  private FuzzTarget(CampaignSpec spec, PrintStream progress)
      throws IOException, ReflectiveOperationException {
    this.spec = spec;
    this.progress = progress;
    this.recorder =
        new RecordingDecider(spec.scope(), spec.refused(), Clock.systemUTC(), Source.FUZZED);
    List<byte[]> options = spec.options().isEmpty() ? optionsInHelp(spec) : spec.options();
    this.layout = new InputLayout(spec.words(), options, INPUT);
    this.setting = setting(spec, layout.command(new byte[0]), false);
    progress.println("options\t" + options.size());
    this.feedback = new Feedback();
    Files.createDirectories(spec.findings());
    this.kept =
        Checkpoints.start(spec.spools(), spec.run(), recorder::observations, CHECKPOINT_INTERVAL);
  }

  private static ForkServerSetting setting(CampaignSpec spec, List<byte[]> words, boolean capture) {
    return new ForkServerSetting(
        Path.of(spec.run().executable()),
        spec.workingDirectory(),
        words,
        spec.variables(),
        BpfCompiler.compileLearning(Arch.current(), spec.refused(), List.of()),
        InputLayout.hasPlace(spec.words()) ? Optional.of(INPUT) : Optional.empty(),
        Limits.DEFAULT,
        Kind.PLAIN,
        capture,
        spec.effects());
  }

  /** The program is asked for its help; what it does meanwhile is nobody's evidence. */
  private static List<byte[]> optionsInHelp(CampaignSpec spec) {
    List<byte[]> words = List.of(spec.words().get(0), "--help".getBytes(StandardCharsets.US_ASCII));
    Decider unrecorded = call -> CONTINUE;
    try (ForkServer asked = ForkServer.start(spec.home(), setting(spec, words, true), unrecorded)) {
      ForkServer.End end = asked.run(new byte[0], HELP_TIMEOUT);
      return end == null ? List.of() : HelpText.options(asked.output());
    } catch (ForkServer.CannotServe e) {
      return List.of();
    }
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
      System.exit(0);
    }
    ForkServer running = server();
    feedback.begin();
    long before = recorder.kinds();
    running.words(layout.command(input));
    ForkServer.End end = running.run(layout.payload(input), spec.timeout());
    executions++;
    if (end == null) {
      running.close();
      server = null;
      failures++;
      return;
    }
    failures = 0;
    feedback.end(end.status());
    if (recorder.kinds() > before) {
      found = executions;
    }
    keepFinding(input, end);
    report(false);
  }

  private ForkServer server() throws IOException {
    ForkServer running = server;
    while (running == null) {
      if (failures > RESTARTS_MAX) {
        throw new IOException("the target ends its fork server again and again");
      }
      running = start();
      server = running;
    }
    return running;
  }

  private @Nullable ForkServer start() {
    try {
      return ForkServer.start(spec.home(), setting.as(kind), new Observer());
    } catch (ForkServer.CannotServe e) {
      if (kind == Kind.PLAIN) {
        throw new IllegalStateException(e.getMessage(), e);
      }
      progress.println("note\tno fork server inside the target: " + e.getMessage());
      kind = Kind.PLAIN;
      return null;
    }
  }

  /** Signals that a program raises by a fault of its own, and time-outs. */
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

  /** SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
  private static final List<Integer> CRASHES = List.of(4, 5, 6, 7, 8, 11, 31);

  private void report(boolean last) {
    long now = System.nanoTime();
    if (last || now - lastProgress > PROGRESS_NANOS) {
      lastProgress = now;
      progress.println("progress\t" + executions + "\t" + recorder.kinds() + "\t" + found);
      progress.flush();
    }
  }

  private void finish() {
    kept.finish(spec.run().ended(Clock.systemUTC().instant(), OptionalInt.empty()));
    report(true);
  }

  /** Records each call, and tells the fuzzer of its kind. */
  private final class Observer implements Decider {
    @Override
    public Verdict decide(Notification call) {
      Verdict verdict = recorder.decide(call);
      feedback.call(recorder.lastKind());
      return verdict;
    }
  }
}
