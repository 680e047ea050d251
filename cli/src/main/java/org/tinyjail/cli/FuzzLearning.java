package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.audit.store.StoreDirectory;
import org.tinyjail.fuzz.Campaign;
import org.tinyjail.fuzz.CampaignPlan;
import org.tinyjail.fuzz.CampaignPlan.Kind;
import org.tinyjail.fuzz.CampaignSpec;
import org.tinyjail.fuzz.Choice;
import org.tinyjail.fuzz.UnseenBound;
import org.tinyjail.generator.elf.CommandLineOptions;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.elf.Option;
import org.tinyjail.generator.elf.ProgramStrings;
import org.tinyjail.model.Run;

/** {@code learn --fuzz}: a campaign, followed on the terminal, ended by time or Ctrl-C. */
final class FuzzLearning implements AutoCloseable {
  static final String OPTION = "fuzz";
  static final String REPLAY = "replay";
  private static final String AUTO = "auto";
  private static final String EXECUTIONS = "executions";
  private static final String RISK = "risk";
  private static final String CORPUS = "corpus";
  private static final String NEW_CORPUS = "new-corpus";
  private static final String FAULTS = "faults";
  private static final String ALLOW_EFFECTS = "allow-effects";

  /** What {@code --fuzz auto} is to reach, and how long it may try. */
  private static final double RISK_DEFAULT = 1e-3;

  private static final Duration AUTO_MAX = Duration.ofHours(24);

  /** More than any program has; what is beyond comes from text that only looks like options. */
  private static final int CHOICES_MAX = 2048;

  private static final int VARIABLES_MAX = 128;

  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final int END_SECONDS = 60;

  private final CommandLine line;
  private final Context context;
  private final LaunchDescription launch;
  private final PolicyOptions options;
  private final StoreDirectory store;
  private final CampaignPlan plan;
  private final Optional<Path> given;
  private final CountDownLatch done = new CountDownLatch(1);

  /**
   * @throws CommandException if an option is not what it should be; nothing has happened by then
   */
  FuzzLearning(CommandLine line, Context context, LaunchDescription launch, PolicyOptions options)
      throws CommandException {
    this.line = line;
    this.context = context;
    this.launch = launch;
    this.options = options;
    this.store = Stores.directory(line, context);
    this.plan = plan(line);
    this.given = given(line, context);
  }

  static boolean isWanted(CommandLine line) {
    return line.hasOption(OPTION) || line.hasOption(REPLAY);
  }

  static OptionSet addTo(OptionSet set) {
    return set.value(
            OPTION, "DUR", "run the program with input after input of a fuzzer for 90s, 10m, 2h")
        .value(EXECUTIONS, "N", "with --fuzz: end after N executions if that is sooner")
        .value(RISK, "P", "with --fuzz auto: the chance of seeing more to get below; default 0.001")
        .value(CORPUS, "DIR", "with --fuzz: begin with the files of DIR as inputs")
        .flag(NEW_CORPUS, "with --fuzz: drop the inputs that earlier campaigns have found")
        .flag(FAULTS, "with --fuzz: make calls fail and send signals, for what happens then")
        .flag(ALLOW_EFFECTS, "with --fuzz: without namespaces; what the program does is done")
        .flag(REPLAY, "execute the inputs that campaigns have kept, once each, instead of CMD");
  }

  /**
   * @throws CommandException if an option of fuzzing is given without it
   */
  static void checkWanted(CommandLine line) throws CommandException {
    for (String option : List.of(EXECUTIONS, RISK, CORPUS, NEW_CORPUS, FAULTS, ALLOW_EFFECTS)) {
      if (line.hasOption(option) && !isWanted(line)) {
        throw CommandException.usage("--" + option + " belongs to --fuzz DUR, which is not given");
      }
    }
  }

  private static CampaignPlan plan(CommandLine line) throws CommandException {
    boolean auto = AUTO.equals(line.getOptionValue(OPTION));
    if (line.hasOption(RISK) && !auto) {
      throw CommandException.usage("--risk belongs to --fuzz auto; --fuzz DUR ends by its time");
    }
    if (line.hasOption(REPLAY)) {
      if (line.hasOption(OPTION)) {
        throw CommandException.usage("--fuzz begins with what --replay executes; choose one");
      }
      if (line.hasOption(NEW_CORPUS)) {
        throw CommandException.usage("--new-corpus drops what --replay executes; choose one");
      }
      return new CampaignPlan(Kind.REPLAY, AUTO_MAX, 0, RISK_DEFAULT);
    }
    Duration time = auto ? AUTO_MAX : Durations.parse("--" + OPTION, line.getOptionValue(OPTION));
    return new CampaignPlan(auto ? Kind.AUTO : Kind.TIMED, time, executions(line), risk(line));
  }

  private static double risk(CommandLine line) throws CommandException {
    String word = line.getOptionValue(RISK, String.valueOf(RISK_DEFAULT));
    try {
      double risk = Double.parseDouble(word);
      if (risk > 0 && risk < 1) {
        return risk;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw CommandException.usage(
        "--risk wants a chance between 0 and 1 such as 0.001 or 1e-4, was \"" + word + "\"");
  }

  private static Optional<Path> given(CommandLine line, Context context) throws CommandException {
    if (!line.hasOption(CORPUS)) {
      return Optional.empty();
    }
    Path directory = context.resolve(line.getOptionValue(CORPUS));
    if (!Files.isDirectory(directory)) {
      throw CommandException.usage("--corpus wants a directory of input files, was " + directory);
    }
    return Optional.of(directory);
  }

  static String description() {
    return "--fuzz runs CMD again and again, with inputs that a fuzzer (Jazzer) makes of those that"
        + " showed something new: on standard input, or in a file whose name takes the place of @@"
        + " in a word. Each execution has namespaces of its own: it sees the file system, but what"
        + " it writes is kept in memory and dropped, it has no network but loopback, no devices and"
        + " no capabilities. Inputs that crash it or make it hang are kept, with the corpus, under"
        + " fuzz in the store; the next campaign begins with them, and --replay only executes them."
        + " Ctrl-C ends it early; the policy is written all the same."
        + "\n\nInputs also choose options, words and environment variables, which are found in the"
        + " executable and in what it prints for --help. With --faults they choose calls"
        + " that fail (ENOENT, ENOMEM, EINTR, ENOSPC, ...), write less than asked for, or meet a"
        + " signal: error paths make other calls. Where a run has no namespaces --fuzz is refused;"
        + " --allow-effects does without them, and the program's doings are real."
        + "\n\nThe last fifth of the time is for measuring: inputs are then drawn at random from"
        + " what was found, unguided, and from how many of those executions show something new"
        + " follows how likely the next one is to (at most, with 95 % confidence). That is said"
        + " about inputs of this generator, not about production. --fuzz auto ends when that"
        + " chance is below --risk.";
  }

  /**
   * Fuzzes until the time is up or the user has had enough; what was observed is then with the
   * spools.
   */
  void run(Run run) throws CommandException, IOException {
    Path directory = campaignDirectory(run.profile());
    CampaignSpec spec = spec(run, directory);
    prepare(spec);
    try (Campaign campaign = Campaign.start(spec)) {
      Thread interrupt = new Thread(() -> endAndWait(campaign), "interrupt");
      Runtime.getRuntime().addShutdownHook(interrupt);
      Progress progress = new Progress(run, plan, directory);
      boolean inOrder = campaign.follow(progress);
      progress.end();
      if (!inOrder && !isInterrupted(interrupt)) {
        throw CommandException.failed(
            "the fuzzer has ended before its time; " + directory.resolve("log") + " says why");
      }
    }
  }

  private static long executions(CommandLine line) throws CommandException {
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

  /** What to begin with: the user's inputs, else those of a kind that the program may read. */
  private void prepare(CampaignSpec spec) throws CommandException, IOException {
    if (line.hasOption(REPLAY) && isEmpty(spec.corpus())) {
      throw CommandException.usage(
          "there is nothing to replay: no campaign has kept inputs for " + spec.run().profile());
    }
    if (line.hasOption(NEW_CORPUS)) {
      empty(spec.corpus());
    }
    empty(Files.createDirectories(spec.payloads()));
    if (given.isEmpty()) {
      Files.writeString(spec.payloads().resolve("line"), "hello\n");
      return;
    }
    int number = 0;
    for (Path file : files(given.get())) {
      Files.copy(file, spec.payloads().resolve("given-" + number++));
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    return !Files.isDirectory(directory) || files(directory).isEmpty();
  }

  private static void empty(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      for (Path file : files(directory)) {
        Files.delete(file);
      }
    }
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
        choices(Path.of(run.executable())),
        VALUES,
        line.hasOption(FAULTS),
        options.scope(),
        options.refused(),
        TIMEOUT,
        line.hasOption(ALLOW_EFFECTS),
        plan,
        1);
  }

  /** What the executable itself says that it takes. */
  private List<Choice> choices(Path executable) {
    try {
      ElfFile elf = ElfFile.read(executable);
      Stream<Choice> taken = CommandLineOptions.of(elf).stream().flatMap(FuzzLearning::forms);
      Stream<Choice> variables =
          ProgramStrings.of(elf).environmentNames().stream()
              .limit(VARIABLES_MAX)
              .map(name -> new Choice(Choice.Kind.VARIABLE, name));
      return Stream.concat(taken, variables).distinct().limit(CHOICES_MAX).toList();
    } catch (IOException e) {
      return List.of(); // no ELF file, such as a script, or a damaged one: then by its help alone
    }
  }

  /** An option as words: with a value, without, or both where either may be right. */
  private static Stream<Choice> forms(Option option) {
    Choice bare = new Choice(Choice.Kind.WORD, option.name());
    Choice valued = Choice.withValue(option.name());
    return switch (option.arity()) {
      case NONE -> Stream.of(bare);
      case REQUIRED -> Stream.of(valued);
      case OPTIONAL, UNKNOWN -> Stream.of(bare, valued);
    };
  }

  /** What options and variables may be set to. */
  private static final List<byte[]> VALUES =
      Stream.of(
              "1",
              "0",
              "-1",
              "a",
              "",
              "65536",
              "4294967296",
              "/run/input",
              "/dev/null",
              ".",
              "/nonexistent",
              "/etc/passwd",
              "127.0.0.1:1",
              "all",
              "always",
              "C",
              "1,2",
              "a=b")
          .map(text -> text.getBytes(StandardCharsets.US_ASCII))
          .toList();

  /** What was measured, in words. */
  private static String text(UnseenBound bound) {
    return String.format(
        Locale.ROOT,
        "of %,d executions without guidance %s showed something new: the next such one would with"
            + " a chance of at most %.2g (95 %% confidence); by Good and Turing about %.2g",
        bound.executions(),
        bound.hits() == 0 ? "none" : String.format(Locale.ROOT, "%,d", bound.hits()),
        bound.upper(),
        bound.estimate());
  }

  /** One line that is written over, on a terminal; else nothing until the end. */
  private final class Progress implements Campaign.Listener {
    private final Run run;
    private final CampaignPlan plan;
    private final Path findings;
    private final boolean live =
        !line.hasOption("quiet") && Colours.isTerminal(Path.of("/proc/self/fd/2"));
    private long executions;
    private long kinds;
    private long last;
    private Optional<UnseenBound> bound = Optional.empty();

    Progress(Run run, CampaignPlan plan, Path directory) {
      this.run = run;
      this.findings = directory.resolve("findings");
      this.plan = plan;
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
      if (plan.kind() != Kind.TIMED) {
        return Durations.show(passed);
      }
      Duration rest = plan.time().minus(passed);
      return rest.isNegative() ? "ending" : Durations.show(rest) + " left";
    }

    private String text() {
      return String.format(
          "tiny-jail: %,d executions, %d kinds of calls, the last new one at %,d",
          executions, kinds, last);
    }

    @Override
    public void bound(UnseenBound measured) {
      bound = Optional.of(measured);
    }

    @Override
    public void options(int count) {
      say("found " + Words.count(count, "option") + " to try");
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
        bound.ifPresent(measured -> context.say(FuzzLearning.text(measured)));
      }
    }

    private void clear() {
      if (live) {
        context.err().print("\r\033[K");
      }
    }
  }
}
