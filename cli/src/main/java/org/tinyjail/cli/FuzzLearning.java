package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.audit.store.StoreDirectory;
import org.tinyjail.fuzz.Campaign;
import org.tinyjail.fuzz.CampaignSpec;
import org.tinyjail.model.Run;

/** {@code learn --fuzz}: a campaign, followed on the terminal, ended by time or Ctrl-C. */
final class FuzzLearning implements AutoCloseable {
  static final String OPTION = "fuzz";
  private static final String EXECUTIONS = "executions";
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final int END_SECONDS = 60;

  private final CommandLine line;
  private final Context context;
  private final LaunchDescription launch;
  private final PolicyOptions options;
  private final StoreDirectory store;
  private final CountDownLatch done = new CountDownLatch(1);

  FuzzLearning(CommandLine line, Context context, LaunchDescription launch, PolicyOptions options) {
    this.line = line;
    this.context = context;
    this.launch = launch;
    this.options = options;
    this.store = Stores.directory(line, context);
  }

  static boolean isWanted(CommandLine line) {
    return line.hasOption(OPTION);
  }

  static OptionSet addTo(OptionSet set) {
    return set.value(
            OPTION, "DUR", "run the program with input after input of a fuzzer for 90s, 10m, 2h")
        .value(EXECUTIONS, "N", "with --fuzz: end after N executions if that is sooner");
  }

  static String description() {
    return "--fuzz runs CMD again and again, with inputs that a fuzzer (Jazzer) makes of those that"
        + " showed something new: on standard input, or in a file whose name takes the place of @@"
        + " in a word. Each execution has namespaces of its own: it sees the file system, but what"
        + " it writes is kept in memory and dropped, it has no network but loopback, no devices and"
        + " no capabilities. Inputs that crash it or make it hang are kept, with the corpus, under"
        + " fuzz in the store. Ctrl-C ends it early; the policy is written all the same.";
  }

  /**
   * Fuzzes until the time is up or the user has had enough; what was observed is then with the
   * spools.
   */
  void run(Run run) throws CommandException, IOException {
    Duration time = Durations.parse("--" + OPTION, line.getOptionValue(OPTION));
    Path directory = campaignDirectory(run.profile());
    Path seeds = seeds(directory);
    try (Campaign campaign = Campaign.start(spec(run, directory), seeds, time, executions())) {
      Thread interrupt = new Thread(() -> endAndWait(campaign), "interrupt");
      Runtime.getRuntime().addShutdownHook(interrupt);
      Progress progress = new Progress(run, time, directory);
      boolean inOrder = campaign.follow(progress);
      progress.end();
      if (!inOrder && !isInterrupted(interrupt)) {
        throw CommandException.failed(
            "the fuzzer has ended before its time; " + directory.resolve("log") + " says why");
      }
    }
  }

  private long executions() throws CommandException {
    String word = line.getOptionValue(EXECUTIONS, "0");
    if (line.hasOption(EXECUTIONS) && !word.matches("[1-9][0-9]{0,17}")) {
      throw CommandException.usage(
          "--" + EXECUTIONS + " wants a number of executions such as 10000, was \"" + word + "\"");
    }
    return Long.parseLong(word);
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
    try {
      campaign.stop();
      var unused = done.await(END_SECONDS, TimeUnit.SECONDS);
    } catch (IOException e) {
      // It has ended already.
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
            .resolve(OPTION)
            .resolve(name.substring(0, Math.min(64, name.length())) + "-" + hash);
    return Files.createDirectories(directory);
  }

  /** Something to begin with, where the corpus is empty. */
  private static Path seeds(Path directory) throws IOException {
    Path seeds = Files.createDirectories(directory.resolve("seeds"));
    Files.writeString(seeds.resolve("line"), "hello\n\0");
    return seeds;
  }

  private CampaignSpec spec(Run run, Path directory) {
    return new CampaignSpec(
        directory,
        store.spool(),
        context.home().resolve("lib/fuzz"),
        run,
        context.directory(),
        launch.words(),
        launch.variables(),
        List.of(),
        options.scope(),
        options.refused(),
        TIMEOUT,
        false,
        1);
  }

  /** One line that is written over, on a terminal; else nothing until the end. */
  private final class Progress implements Campaign.Listener {
    private final Run run;
    private final Duration time;
    private final Path findings;
    private final boolean live =
        !line.hasOption("quiet") && Colours.isTerminal(Path.of("/proc/self/fd/2"));
    private long executions;
    private long kinds;
    private long last;

    Progress(Run run, Duration time, Path directory) {
      this.run = run;
      this.findings = directory.resolve("findings");
      this.time = time;
    }

    @Override
    public void progress(long soFar, long different, long lastNew) {
      executions = soFar;
      kinds = different;
      last = lastNew;
      if (live) {
        Duration passed = Duration.between(run.started(), context.clock().instant());
        context.err().print("\r\033[K" + text() + ", " + left(passed));
        context.err().flush();
      }
    }

    private String left(Duration passed) {
      Duration rest = time.minus(passed);
      return rest.isNegative() ? "ending" : Durations.show(rest) + " left";
    }

    private String text() {
      return String.format(
          "tiny-jail: %,d executions, %d kinds of calls, the last new one at %,d",
          executions, kinds, last);
    }

    @Override
    public void options(int count) {
      say("found " + Words.count(count, "option") + " in the program's help to try");
    }

    @Override
    public void note(String text) {
      say(text);
    }

    @Override
    public void finding(String name) {
      say("an input ends the program by " + name + "; kept in " + findings);
    }

    private void say(String text) {
      if (!line.hasOption("quiet")) {
        clear();
        context.say(text);
      }
    }

    void end() {
      clear();
      if (!line.hasOption("quiet")) {
        context.err().println(text());
      }
    }

    private void clear() {
      if (live) {
        context.err().print("\r\033[K");
      }
    }
  }
}
