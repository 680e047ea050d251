package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.agent.AgentSession;
import org.tinyjail.agent.AgentSession.End;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.LaunchPlan;
import org.tinyjail.agent.LaunchPlan.Flag;
import org.tinyjail.agent.LaunchPlan.Mode;
import org.tinyjail.agent.RecordingDecider;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.elf.BuildId;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Run;

/** {@code learn}: watches a program and writes its policy. */
final class LearnCommand implements Command {
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
    return "[OPTION]... -- CMD...";
  }

  @Override
  public String description() {
    return "Runs CMD with every system call answered by tiny-jail, so that none is missed, adds"
        + " what was seen to earlier evidence for this program and writes an OCI seccomp policy,"
        + " with the reasons of each rule in FILE.why.json beside it. Standard streams, signals,"
        + " terminal and exit code are the program's own; the summary goes to stderr. Daemons are"
        + " followed until their last process ends.";
  }

  @Override
  public boolean startsTarget() {
    return true;
  }

  @Override
  public Options options() {
    return PolicyOptions.addTo(
            new OptionSet()
                .value("out", "FILE", "the policy to write; default: CMD.policy.json")
                .value("profile", "NAME", "what the evidence belongs to; default: CMD's real path")
                .value("timeout", "DUR", "end the program after 90s, 10m, 2h")
                .flag("fresh", "forget what was learned of this program before")
                .flag("fast", "answer only calls not yet known; counts are then lower bounds")
                .flag("io-uring", "let io_uring pass; its operations are not seen as calls")
                .flag("quiet", "no summary"))
        .add(Stores.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example(
            "tiny-jail learn -- sqlite3 my.db 'select 1'", "writes sqlite3.policy.json"),
        new Example(
            "tiny-jail learn --out web.json --timeout 60s -- nginx -g 'daemon off;'",
            "a server: use it meanwhile"),
        new Example(
            "tiny-jail learn --args none -- make", "calls only, whatever their arguments"));
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
    Path directory = Path.of(launch.directory().orElse("/"));
    Path executable = Path.of(launch.executable().orElse("/"));
    String profile =
        line.getOptionValue("profile", Profiles.name(executable, launch.command(), directory));
    Path out =
        context.resolve(
            line.getOptionValue("out", Profiles.shortName(profile) + ".policy.json"));
    AtomicFile.checkWritable(out);
    Duration timeout =
        line.hasOption("timeout")
            ? Durations.parse("--timeout", line.getOptionValue("timeout"))
            : Duration.ZERO;
    List<Rule> known = known(line, context, profile, options);

    AgentSession session = AgentSession.open();
    plan(line, options, known).send();
    Instant started = context.clock().instant();
    RecordingDecider decider = new RecordingDecider(context.clock());
    End end = serve(session, decider, timeout, context);
    if (!end.started()) {
      return ExitCode.DONE; // the launcher says why
    }
    List<Observation> observations = decider.observations();
    if (observations.isEmpty()) {
      throw CommandException.failed("nothing was observed; no policy written");
    }
    Run run =
        new Run(
            decider.runId(),
            Run.Kind.LEARN,
            profile,
            executable.toRealPath().toString(),
            BuildId.of(executable),
            launch.command(),
            "",
            started,
            Optional.of(context.clock().instant()),
            end.mainStatus().isPresent()
                ? OptionalInt.of(WaitStatus.exitCode(end.mainStatus().getAsInt()))
                : OptionalInt.empty(),
            !line.hasOption("fast"),
            decider.lost());
    keep(line, context, run, observations, options, out);
    return ExitCode.DONE;
  }

  private static LaunchPlan plan(CommandLine line, PolicyOptions options, List<Rule> known) {
    List<String> refused = new ArrayList<>();
    if (options.limitsArguments()) {
      refused.add("clone3");
    }
    if (!line.hasOption("io-uring")) {
      refused.add("io_uring_setup");
    }
    Policy nothing = Policy.of(Action.fail(Action.EPERM), List.of());
    return LaunchPlan.builder(Mode.AGENT)
        .notify(BpfCompiler.compileLearning(Arch.current(), refused, known))
        .verdict(Filters.plain(nothing))
        .flag(Flag.LEARN)
        .flag(Flag.FOLLOW)
        .flag(Flag.QUIET)
        .build();
  }

  /** With {@code --fast}: what runs natively, since earlier runs have shown it. */
  private static List<Rule> known(
      CommandLine line, Context context, String profile, PolicyOptions options) {
    try (EvidenceStore store = Stores.open(line, context)) {
      if (!line.hasOption("fast")) {
        return List.of(); // opened all the same: an unusable store must show before the program runs
      }
      List<Observation> earlier = store.observations(profile);
      return earlier.isEmpty() ? List.of() : options.generate(earlier).policy().rules();
    }
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
      return session.serve(decider, AgentSession.Launch.DECIDE_ALL);
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

  private static void keep(
      CommandLine line,
      Context context,
      Run run,
      List<Observation> observations,
      PolicyOptions options,
      Path out)
      throws IOException {
    Set<String> before = new HashSet<>();
    List<Observation> all;
    try (EvidenceStore store = Stores.open(line, context)) {
      if (line.hasOption("fresh")) {
        store.forgetLearned(run.profile());
      }
      store.observations(run.profile()).forEach(seen -> before.add(seen.syscall()));
      store.accept(run, observations, List.of());
      all = store.observations(run.profile());
    }
    PolicyFiles files = PolicyFiles.generate(run.profile(), all, options, context);
    files.write(out);
    if (!line.hasOption("quiet")) {
      new Summary(context, run, observations, before, files).print(out);
    }
  }
}
