package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.AgentSession;
import org.tinyjail.agent.AgentSession.End;
import org.tinyjail.agent.Checkpoints;
import org.tinyjail.agent.Decider;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.LaunchPlan;
import org.tinyjail.agent.LaunchPlan.Flag;
import org.tinyjail.agent.LaunchPlan.Mode;
import org.tinyjail.agent.RecordingDecider;
import org.tinyjail.agent.ServingWatch;
import org.tinyjail.agent.WaitStatus;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.elf.BuildId;
import org.tinyjail.model.Arch;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Run;
import org.tinyjail.model.Serving;
import org.tinyjail.model.Source;

/** One {@code learn}: watches or fuzzes, then makes the policy of all evidence of the profile. */
final class Learning {
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(3);

  private final CommandLine line;
  private final Context context;
  private final PolicyOptions options;
  private final LearnTarget target;
  private final Path out;
  private final Duration timeout;
  private final Optional<FuzzLearning> fuzzing;
  private final Path spools;
  private final List<Observation> earlier;

  /** A run that has ended, and what it has shown. */
  private record Watched(Run run, List<Observation> observations, Serving serving) {}

  Learning(CommandLine line, Context context, LaunchDescription launch)
      throws CommandException, IOException {
    this.line = line;
    this.context = context;
    this.options = PolicyOptions.of(line);
    Runtimes.checkKnown(line);
    this.target = LearnTarget.of(line, launch, context);
    this.out = context.resolve(line.getOptionValue("out", target.shortName() + ".policy.json"));
    AtomicFile.checkWritable(out);
    this.timeout =
        line.hasOption("timeout")
            ? Durations.parse("--timeout", line.getOptionValue("timeout"))
            : Duration.ZERO;
    this.fuzzing =
        FuzzOptions.areWanted(line)
            ? Optional.of(new FuzzLearning(line, context, launch, options))
            : Optional.empty();
    this.spools = Stores.directory(line, context).spool();
    this.earlier = earlier();
  }

  int run() throws CommandException, IOException {
    if (fuzzing.isPresent()) {
      return fuzz(fuzzing.get());
    }
    Optional<Watched> watched = watch();
    return watched.isEmpty() ? ExitCode.DONE : write(watched.get());
  }

  private int fuzz(FuzzLearning campaign) throws CommandException, IOException {
    try (campaign) {
      Run run = begun();
      campaign.run(run);
      return write(
          new Watched(
              run.ended(context.clock().instant(), OptionalInt.empty()), List.of(), Serving.NONE));
    }
  }

  /** Empty: nothing was started; the launcher says why. */
  private Optional<Watched> watch() throws CommandException, IOException {
    AgentSession session = AgentSession.open();
    RecordingDecider decider =
        new RecordingDecider(options.scope(), options.refused(), context.clock());
    boolean leaves = line.hasOption("until-main-exits");
    if (leaves) {
      session.leaveWithMain();
    }
    ServingWatch watch = new ServingWatch(decider);
    plan(line.hasOption("fast") ? known() : List.of(), leaves).send();
    Run run = begun();
    Supplier<List<Observation>> learned = () -> target.own(decider.observations());
    Supplier<Run> told = () -> run.withLoaded(target.ownFiles(decider.loaded()));
    End end;
    try (Checkpoints kept = Checkpoints.start(spools, told, learned, CHECKPOINT_INTERVAL)) {
      end = serve(session, watch);
      if (end.started() && !learned.get().isEmpty()) {
        kept.finish(ended(told.get(), end));
      } else {
        kept.discard();
      }
    }
    if (end.started() && learned.get().isEmpty()) {
      throw CommandException.failed("nothing was observed; no policy written");
    }
    return end.started()
        ? Optional.of(new Watched(ended(run, end), learned.get(), watch.serving()))
        : Optional.empty();
  }

  private int write(Watched watched) throws CommandException, IOException {
    KnownEvidence known = known(watched.run());
    Consumer<String> say = line.hasOption("quiet") ? ignored -> {} : context::say;
    MadePolicy made =
        MadePolicy.write(out, watched.run().profile(), known, options, line, context, say);
    if (!line.hasOption("quiet")) {
      boolean counted = !watched.observations().isEmpty();
      List<Observation> seen = counted ? watched.observations() : since(made.evidence(), watched);
      new Summary(context, watched.run(), seen, counted)
          .print(made(earlier), made.generated(), made.widened(), out);
    }
    boolean fresh = line.hasOption("fresh");
    new ServingPolicy(made.evidence(), known.loaded(), watched.serving())
        .write(out, made.generated(), fresh, context, say);
    made.writeForExecutables(out, options, line, say);
    return ExitCode.DONE;
  }

  /** What a run in another process has shown, by now in the store. */
  private static List<Observation> since(List<Observation> evidence, Watched watched) {
    return evidence.stream()
        .filter(seen -> seen.source() != Source.STATIC)
        .filter(seen -> !seen.last().isBefore(watched.run().started()))
        .toList();
  }

  private Run begun() throws IOException {
    return new Run(
        Run.newId(context.clock().instant(), ProcessHandle.current().pid()),
        Run.Kind.LEARN,
        target.profile(),
        target.executable().toString(),
        BuildId.of(target.executable()),
        target.command(),
        "",
        context.clock().instant(),
        Optional.empty(),
        OptionalInt.empty(),
        !line.hasOption("fast"),
        0);
  }

  private Run ended(Run run, End end) {
    OptionalInt status = end.mainStatus();
    return run.ended(
        context.clock().instant(),
        status.isPresent()
            ? OptionalInt.of(WaitStatus.exitCode(status.getAsInt()))
            : OptionalInt.empty());
  }

  /**
   * Learning protects from nothing: whoever the agent leaves behind goes on, and no wall is missed.
   */
  private LaunchPlan plan(List<Rule> known, boolean leaves) {
    LaunchPlan.Builder plan =
        LaunchPlan.builder(Mode.AGENT)
            .notify(BpfCompiler.compileLearning(Arch.current(), options.refused(), known))
            .verdict(Filters.unwatched())
            .flag(Flag.LEARN)
            .flag(Flag.BEST_EFFORT)
            .flag(Flag.FOLLOW)
            .flag(Flag.QUIET);
    return leaves ? plan.flag(Flag.LEAVE).build() : plan.build();
  }

  /** What earlier runs have shown; opened always, since an unusable store must show now. */
  private List<Observation> earlier() {
    try (EvidenceStore store = Stores.open(line, context)) {
      return line.hasOption("fresh") ? List.of() : store.observations(target.profile());
    }
  }

  /** With {@code --fast}: what runs natively, since earlier runs have shown it. */
  private List<Rule> known() {
    return earlier.isEmpty() ? List.of() : options.made(earlier);
  }

  private static Set<String> made(List<Observation> observations) {
    return observations.stream()
        .filter(observation -> observation.source() != Source.STATIC)
        .map(Observation::syscall)
        .collect(Collectors.toSet());
  }

  private End serve(AgentSession session, Decider decider) {
    try (Timer timer = new Timer()) {
      if (!timeout.isZero()) {
        timer.after(
            timeout,
            () -> {
              context.say("time is up after " + Durations.show(timeout) + ": ending the program");
              session.stopTarget();
            });
      }
      return session.serve(decider);
    }
  }

  /** A thread that waits; closing it forgets what was planned. */
  private static final class Timer implements AutoCloseable {
    private final ScheduledExecutorService executor =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "timer");
              thread.setDaemon(true);
              return thread;
            });

    void after(Duration delay, Runnable task) {
      var unused = executor.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
      executor.shutdownNow();
    }
  }

  /** With that of earlier runs, which the store takes in from where it waits. */
  private KnownEvidence known(Run run) {
    try (H2EvidenceStore store = Stores.openWhole(line, context)) {
      if (line.hasOption("fresh")) {
        Set<String> own = fuzzing.map(FuzzLearning::runs).orElse(Set.of(run.id()));
        store.runs(Optional.of(run.profile())).stream()
            .filter(before -> before.kind() == Run.Kind.LEARN)
            .map(Run::id)
            .filter(id -> !own.contains(id))
            .forEach(store::forget);
      }
      return KnownEvidence.of(store, run.profile());
    }
  }
}
