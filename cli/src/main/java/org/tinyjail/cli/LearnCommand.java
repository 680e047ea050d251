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
import org.apache.commons.cli.Options;
import org.tinyjail.agent.AgentSession;
import org.tinyjail.agent.AgentSession.End;
import org.tinyjail.agent.Checkpoints;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.LaunchPlan;
import org.tinyjail.agent.LaunchPlan.Flag;
import org.tinyjail.agent.LaunchPlan.Mode;
import org.tinyjail.agent.RecordingDecider;
import org.tinyjail.agent.WaitStatus;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.elf.BuildId;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.Widened;
import org.tinyjail.model.Arch;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Run;

/** {@code learn}: watches a program and writes its policy. */
final class LearnCommand implements Command {
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(3);

  @Override
  public String name() {
    return "learn";
  }

  @Override
  public String summary() {
    return "watch a program and write its policy";
  }

  @Override
  public String usage() {
    return "[OPTION]... -- CMD... | learn --from-file FILE [OPTION]...";
  }

  @Override
  public String description() {
    return "Runs CMD with every system call answered by tiny-jail, so that none is missed, adds"
        + " what was seen to earlier evidence for this program and writes an OCI seccomp policy,"
        + " with the reasons of each rule in FILE.why.json beside it. Standard streams, signals,"
        + " terminal and exit code are the program's own; the summary goes to stderr. Daemons are"
        + " followed until their last process ends; an interrupt (Ctrl-C, SIGTERM) ends them, and"
        + " the policy is written all the same. With --until-main-exits they go on when CMD has"
        + " ended, neither followed nor held."
        + "\n\nEvidence stays in the store under the program's path, so that a second run adds"
        + " to the policy"
        + " of the first; --fresh begins anew. Arguments are limited where the danger of a call"
        + " lies in them:"
        + " the family of a socket, the request of an ioctl, the protection of a mapping. Where"
        + " runs bring more and more values, beyond --widen combinations, the argument is left"
        + " open; the summary says so when it happens, explain from then on."
        + "\n\nclone3 and io_uring_setup answer ENOSYS, while learning as under the policy:"
        + " programs then fall"
        + " back to clone, whose flags a filter can see, and to plain calls. --args none and"
        + " --io-uring let"
        + " them pass. Learning protects from nothing: learn only programs and input that you"
        + " trust."
        + "\n\n--from-file runs the commands of a file one after another, under one profile: one a"
        + " line, words as in a shell (quotes, backslash, # for a comment), but no shell reads them:"
        + " no expansion, and an operator such as | is an error; write sh -c '...' for those. A"
        + " command that fails is reported and the rest goes on; the exit code is then 1. Ctrl-C"
        + " ends it after the command that runs, and what was learned is written."
        + "\n\n"
        + ExecutablePolicies.description();
  }

  @Override
  public boolean startsTarget() {
    return true;
  }

  @Override
  public Options options() {
    return PolicyOptions.addTo(
            ExecutablePolicies.addTo(new OptionSet())
                .value("out", "FILE", "the policy to write; default: CMD.policy.json")
                .value("profile", "NAME", "what the evidence belongs to; default: CMD's real path")
                .value("timeout", "DUR", "end the program after 90s, 10m, 2h")
                .flag("until-main-exits", "do not follow what outlives CMD; it goes on, unlearned")
                .value("from-file", "FILE", "run the commands of FILE instead of CMD, one a line")
                .flag("append", "add to what was learned before; the default")
                .flag("fresh", "forget what was learned of this program before")
                .flag("fast", "answer only calls not yet known; counts are then lower bounds")
                .flag("quiet", "no summary"))
        .add(Stores.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail learn -- sqlite3 my.db 'select 1'", "writes sqlite3.policy.json"),
        new Example(
            "tiny-jail learn --out web.json --timeout 60s -- nginx -g 'daemon off;'",
            "a server: use it meanwhile"),
        new Example(
            "tiny-jail learn --from-file workloads.txt --profile web --out web.json",
            "many commands, one policy"),
        new Example("tiny-jail learn --args none -- make", "calls only, whatever their arguments"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    LaunchDescription launch = LaunchDescription.read();
    if (!launch.hasUserNotification()) {
      throw CommandException.failed(
          "this kernel has no seccomp user notification (Linux 5.0, CONFIG_SECCOMP_FILTER);"
              + " learning needs it");
    }
    PolicyOptions options = PolicyOptions.of(line);
    if (line.hasOption("fresh") && line.hasOption("append")) {
      throw CommandException.usage("--fresh forgets what --append adds to; choose one");
    }
    LearnTarget target = LearnTarget.of(line, launch, context);
    Path out = context.resolve(line.getOptionValue("out", target.shortName() + ".policy.json"));
    AtomicFile.checkWritable(out);
    Duration timeout =
        line.hasOption("timeout")
            ? Durations.parse("--timeout", line.getOptionValue("timeout"))
            : Duration.ZERO;
    Path spools = Stores.directory(line, context).spool();
    List<Observation> earlier = earlier(line, context, target.profile());

    AgentSession session = AgentSession.open();
    RecordingDecider decider =
        new RecordingDecider(options.scope(), options.refused(), context.clock());
    boolean leaves = line.hasOption("until-main-exits");
    if (leaves) {
      session.leaveWithMain();
    }
    plan(options, line.hasOption("fast") ? known(options, earlier) : List.of(), leaves).send();
    Run run = begun(line, target, context);
    Supplier<List<Observation>> learned = () -> target.own(decider.observations());
    End end;
    try (Checkpoints kept = Checkpoints.start(spools, run, learned, CHECKPOINT_INTERVAL)) {
      end = serve(session, decider, timeout, context);
      if (end.started() && !learned.get().isEmpty()) {
        kept.finish(ended(run, end, context));
      } else {
        kept.discard();
      }
    }
    if (!end.started()) {
      return ExitCode.DONE; // the launcher says why
    }
    if (learned.get().isEmpty()) {
      throw CommandException.failed("nothing was observed; no policy written");
    }
    Run whole = ended(run, end, context);
    List<Observation> evidence = evidence(line, context, whole);
    GeneratedPolicy generated = options.generate(evidence);
    List<Widened> widened = PolicyFiles.write(out, generated);
    Consumer<String> say = line.hasOption("quiet") ? ignored -> {} : context::say;
    if (!line.hasOption("quiet")) {
      new Summary(context, whole, learned.get()).print(names(earlier), generated, widened, out);
    }
    if (line.hasOption(ExecutablePolicies.OPTION)) {
      ExecutablePolicies.write(out, evidence, options, say);
    }
    return ExitCode.DONE;
  }

  private static Run begun(CommandLine line, LearnTarget target, Context context)
      throws IOException {
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

  private static Run ended(Run run, End end, Context context) {
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
  private static LaunchPlan plan(PolicyOptions options, List<Rule> known, boolean leaves) {
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
  private static List<Observation> earlier(CommandLine line, Context context, String profile) {
    try (EvidenceStore store = Stores.open(line, context)) {
      return line.hasOption("fresh") ? List.of() : store.observations(profile);
    }
  }

  /** With {@code --fast}: what runs natively, since earlier runs have shown it. */
  private static List<Rule> known(PolicyOptions options, List<Observation> earlier) {
    return earlier.isEmpty() ? List.of() : options.generate(earlier).policy().rules();
  }

  private static Set<String> names(List<Observation> observations) {
    return observations.stream().map(Observation::syscall).collect(Collectors.toSet());
  }

  private static End serve(
      AgentSession session, RecordingDecider decider, Duration timeout, Context context) {
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
  private static List<Observation> evidence(CommandLine line, Context context, Run run) {
    try (EvidenceStore store = Stores.open(line, context)) {
      if (line.hasOption("fresh")) {
        store.runs(Optional.of(run.profile())).stream()
            .filter(earlier -> earlier.kind() == Run.Kind.LEARN)
            .map(Run::id)
            .filter(id -> !id.equals(run.id()))
            .forEach(store::forget);
      }
      return Evidence.of(store, run.profile());
    }
  }
}
