package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.audit.store.StoreDirectory;
import org.tinyjail.fuzz.Campaign;
import org.tinyjail.fuzz.CampaignSpec;
import org.tinyjail.fuzz.Findings;
import org.tinyjail.model.Run;

/** {@code learn --fuzz}: a campaign, followed on the terminal, ended by time or Ctrl-C. */
final class FuzzLearning implements AutoCloseable {
  private static final int END_SECONDS = 60;

  private final Context context;
  private final LaunchDescription launch;
  private final PolicyOptions options;
  private final StoreDirectory store;
  private final FuzzOptions fuzz;
  private final boolean quiet;
  private final Set<String> runs = new HashSet<>();
  private final CountDownLatch done = new CountDownLatch(1);

  /**
   * @throws CommandException if an option is not what it should be; nothing has happened by then
   */
  FuzzLearning(CommandLine line, Context context, LaunchDescription launch, PolicyOptions options)
      throws CommandException {
    this.context = context;
    this.launch = launch;
    this.options = options;
    this.store = Stores.directory(line, context);
    this.fuzz = FuzzOptions.of(line, context, launch.words());
    this.quiet = line.hasOption("quiet");
  }

  /**
   * Fuzzes until the time is up or the user has had enough; what was observed is then with the
   * spools.
   */
  void run(Run run) throws CommandException, IOException {
    Path directory = campaignDirectory(run.profile());
    CampaignInputs inputs = new CampaignInputs(Path.of(run.executable()));
    CampaignSpec spec = spec(run, directory, inputs);
    prepare(spec, inputs);
    runs.add(run.id());
    try (Campaign campaign = Campaign.start(spec, () -> helping(run))) {
      Thread interrupt = new Thread(() -> endAndWait(campaign), "interrupt");
      Runtime.getRuntime().addShutdownHook(interrupt);
      FuzzProgress progress = new FuzzProgress(context, quiet, run, fuzz.plan(), spec.findings());
      boolean inOrder = campaign.follow(progress);
      progress.end();
      if (progress.failure().isPresent()) {
        throw CommandException.failed(progress.failure().get());
      }
      if (!inOrder && !isInterrupted(interrupt)) {
        throw CommandException.failed(
            "the fuzzer has ended before its time; " + directory.resolve("log") + " says why");
      }
    }
  }

  /** What another job observes is kept as a run of its own, of the same campaign. */
  private Run helping(Run run) {
    Run own = run.withId(Run.newId(context.clock().instant(), ProcessHandle.current().pid()));
    runs.add(own.id());
    return own;
  }

  /** The ids of the runs that hold what was observed. */
  Set<String> runs() {
    return runs;
  }

  /** To be called when the policy is written: an interrupt waits for it. */
  @Override
  public void close() {
    done.countDown();
  }

  private static boolean isInterrupted(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
      return false;
    } catch (IllegalStateException e) {
      return true; // the shutdown has begun
    }
  }

  private void endAndWait(Campaign campaign) {
    campaign.stop();
    try {
      var unused = done.await(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Path campaignDirectory(String profile) throws IOException {
    String name =
        profile.substring(profile.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
    UUID hash = UUID.nameUUIDFromBytes(profile.getBytes(StandardCharsets.UTF_8));
    Path directory =
        store
            .path()
            .resolve("fuzz")
            .resolve(name.substring(0, Math.min(64, name.length())) + "-" + hash);
    return Files.createDirectories(directory);
  }

  private void prepare(CampaignSpec spec, CampaignInputs inputs)
      throws CommandException, IOException {
    if (fuzz.replaying() && fuzz.finding().isEmpty() && CampaignInputs.isEmpty(spec.corpus())) {
      throw CommandException.usage(
          "there is nothing to replay: no campaign has kept inputs for " + spec.run().profile());
    }
    if (fuzz.finding().isPresent()) {
      checkThereIs(fuzz.finding().get(), spec.findings());
      checkCommand(fuzz.finding().get(), spec);
    }
    if (fuzz.fresh()) {
      CampaignInputs.empty(spec.corpus());
    }
    inputs.write(spec, fuzz.given(), spec.home().resolve("corpora"));
  }

  private static void checkThereIs(String finding, Path directory)
      throws CommandException, IOException {
    List<String> kept = Findings.in(directory);
    if (!kept.contains(finding)) {
      throw CommandException.usage(
          kept.isEmpty()
              ? "--finding wants the name of a finding, but nothing was found of this program"
              : "--finding wants one of " + String.join(", ", kept) + "; was \"" + finding + "\"");
    }
  }

  /** With other words, or fed otherwise, it would end otherwise, and seem mended. */
  private static void checkCommand(String finding, CampaignSpec spec)
      throws CommandException, IOException {
    Optional<String> kept = Findings.replay(spec.findings(), finding);
    if (kept.isPresent() && !kept.get().equals(Findings.replay(spec, finding))) {
      throw CommandException.usage(
          "--finding "
              + finding
              + " was found with another command line; replay it so: "
              + kept.get());
    }
  }

  private CampaignSpec spec(Run run, Path directory, CampaignInputs inputs) {
    return new CampaignSpec(
        directory,
        store.spool(),
        context.home().resolve("lib/fuzz"),
        run,
        context.directory(),
        launch.words(),
        fuzz.input(),
        launch.variables(),
        fuzz.choosing() ? inputs.choices() : List.of(),
        CampaignInputs.VALUES,
        fuzz.choosing(),
        fuzz.guided(),
        fuzz.faults(),
        options.scope(),
        options.refused(),
        fuzz.fast(),
        fuzz.timeout(),
        fuzz.effects(),
        fuzz.plan(),
        fuzz.finding().orElse(""),
        fuzz.seed());
  }
}
