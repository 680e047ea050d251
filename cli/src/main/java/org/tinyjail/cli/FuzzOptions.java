package org.tinyjail.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.RunInput;
import org.tinyjail.fuzz.CampaignPlan;
import org.tinyjail.fuzz.CampaignPlan.Kind;
import org.tinyjail.fuzz.CampaignSpec;

/**
 * The options of {@code learn --fuzz}, read and checked.
 *
 * @param plan when the campaign ends
 * @param given a directory with inputs to begin with
 * @param fresh whether inputs of earlier campaigns are dropped
 * @param choosing whether inputs choose options, words and variables
 * @param guided whether what executions show guides the fuzzer
 * @param faults whether inputs make calls fail
 * @param effects whether executions have no namespaces
 * @param fast whether known calls are not answered from the first
 * @param timeout of one execution
 * @param input how the program gets its input
 * @param finding what alone is replayed
 * @param seed of the fuzzer's random numbers
 */
record FuzzOptions(
    CampaignPlan plan,
    Optional<Path> given,
    boolean fresh,
    boolean choosing,
    boolean guided,
    boolean faults,
    boolean effects,
    boolean fast,
    Duration timeout,
    RunInput input,
    Optional<String> finding,
    int seed) {
  private static final String FUZZ = "fuzz";
  private static final String REPLAY = "replay";
  private static final String AUTO = "auto";
  private static final String EXECUTIONS = "executions";
  private static final String JOBS = "jobs";
  private static final String RISK = "risk";
  private static final String CORPUS = "corpus";
  private static final String NEW_CORPUS = "new-corpus";
  private static final String NO_OPTIONS = "no-options";
  private static final String NO_GUIDANCE = "no-guidance";
  private static final String FAULTS = "faults";
  private static final String FINDING = "finding";
  private static final String ALLOW_EFFECTS = "allow-effects";
  private static final String INPUT = "input";
  private static final String TTY = "tty";
  private static final String SEED = "seed";
  private static final int SEED_MAX = 999_999_999;

  /** What {@code --fuzz auto} is to reach, and how long it may try. */
  private static final double RISK_DEFAULT = 1e-3;

  /** Each is a JVM, with a fork server and the target. */
  private static final int JOBS_MAX = 64;

  private static final Duration AUTO_MAX = Duration.ofHours(24);
  private static final Duration TIMEOUT_DEFAULT = Duration.ofSeconds(1);

  static boolean areWanted(CommandLine line) {
    return line.hasOption(FUZZ) || line.hasOption(REPLAY);
  }

  static OptionSet addTo(OptionSet set) {
    return set.value(
            FUZZ, "DUR", "run the program with input after input of a fuzzer for 90s, 10m, 2h")
        .value(EXECUTIONS, "N", "with --fuzz: end after N executions if that is sooner")
        .value(JOBS, "N", "with --fuzz: N processes search at once, with one corpus; default 1")
        .value(RISK, "P", "with --fuzz auto: the chance of seeing more to get below; default 0.001")
        .value(CORPUS, "DIR", "with --fuzz: begin with the files of DIR as inputs")
        .value(INPUT, "tcp:PORT|unix:PATH", "with --fuzz: CMD is a server that listens there")
        .flag(TTY, "with --fuzz: type inputs into a terminal")
        .flag(NEW_CORPUS, "with --fuzz: drop the inputs that earlier campaigns have found")
        .flag(NO_OPTIONS, "with --fuzz: leave command line and environment as they are")
        .flag(NO_GUIDANCE, "with --fuzz: inputs at random, whatever executions show; to compare")
        .flag(FAULTS, "with --fuzz: make calls fail and send signals, for what happens then")
        .value(
            SEED,
            "N",
            "with --fuzz: campaigns of one N draw the same random numbers; else all differ")
        .flag(ALLOW_EFFECTS, "with --fuzz: without namespaces; what the program does is done")
        .flag(REPLAY, "execute the inputs that campaigns have kept, once each, instead of CMD")
        .value(FINDING, "NAME", "with --replay: only what was found under that name");
  }

  /**
   * @throws CommandException if an option of fuzzing is given without it
   */
  static void checkWanted(CommandLine line) throws CommandException {
    for (String option :
        List.of(
            EXECUTIONS,
            JOBS,
            RISK,
            CORPUS,
            INPUT,
            TTY,
            NEW_CORPUS,
            NO_OPTIONS,
            NO_GUIDANCE,
            FAULTS,
            SEED,
            ALLOW_EFFECTS)) {
      if (line.hasOption(option) && !areWanted(line)) {
        throw CommandException.usage("--" + option + " belongs to --fuzz DUR, which is not given");
      }
    }
    if (line.hasOption(FINDING) && !line.hasOption(REPLAY)) {
      throw CommandException.usage("--finding belongs to --replay, which is not given");
    }
  }

  /**
   * @param words the command line
   * @throws CommandException if an option is not what it should be
   */
  static FuzzOptions of(CommandLine line, Context context, List<byte[]> words)
      throws CommandException {
    return new FuzzOptions(
        plan(line),
        given(line, context),
        line.hasOption(NEW_CORPUS),
        !line.hasOption(NO_OPTIONS),
        !line.hasOption(NO_GUIDANCE),
        line.hasOption(FAULTS),
        line.hasOption(ALLOW_EFFECTS),
        line.hasOption("fast"),
        line.hasOption("timeout")
            ? Durations.parse("--timeout", line.getOptionValue("timeout"))
            : TIMEOUT_DEFAULT,
        input(line, context, usual(words)),
        Optional.ofNullable(line.getOptionValue(FINDING)).map(FuzzOptions::name),
        seed(line));
  }

  private static RunInput usual(List<byte[]> words) throws CommandException {
    try {
      return CampaignSpec.inputOf(words);
    } catch (IllegalArgumentException e) {
      throw CommandException.usage(String.valueOf(e.getMessage()));
    }
  }

  private static RunInput input(CommandLine line, Context context, RunInput usual)
      throws CommandException {
    if (!line.hasOption(INPUT) && !line.hasOption(TTY)) {
      return usual;
    }
    String option = line.hasOption(INPUT) ? INPUT : TTY;
    if (line.hasOption(INPUT) && line.hasOption(TTY)) {
      throw CommandException.usage("--input is for servers, --tty for terminals; choose one");
    } else if (usual instanceof RunInput.InFiles) {
      throw CommandException.usage(
          "--" + option + " gives the input in another way than the file at @@; choose one");
    } else if (line.hasOption(ALLOW_EFFECTS)) {
      throw CommandException.usage(
          "--" + option + " wants the namespaces that --allow-effects drops");
    }
    return option.equals(TTY)
        ? new RunInput.Terminal()
        : listening(line.getOptionValue(INPUT), context);
  }

  private static RunInput listening(String word, Context context) throws CommandException {
    boolean relative = word.matches(RunInput.UNIX + "[^/@].*");
    String path = relative ? word.substring(RunInput.UNIX.length()) : "";
    try {
      RunInput input = RunInput.of(relative ? RunInput.UNIX + context.resolve(path) : word);
      if (input.isConnection()) {
        return input;
      }
    } catch (IllegalArgumentException e) {
      throw CommandException.usage("--input wants tcp:PORT or unix:PATH; " + e.getMessage());
    }
    throw CommandException.usage("--input wants tcp:PORT or unix:PATH, was \"" + word + "\"");
  }

  /** Of the payload's file or the text beside it, which people paste. */
  private static String name(String word) {
    return word.substring(word.lastIndexOf('/') + 1).replaceAll("\\.txt$", "");
  }

  private static CampaignPlan plan(CommandLine line) throws CommandException {
    boolean auto = AUTO.equals(line.getOptionValue(FUZZ));
    if (line.hasOption(RISK) && !auto) {
      throw CommandException.usage("--risk belongs to --fuzz auto; --fuzz DUR ends by its time");
    }
    if (line.hasOption(REPLAY)) {
      if (line.hasOption(FUZZ)) {
        throw CommandException.usage("--fuzz begins with what --replay executes; choose one");
      }
      if (line.hasOption(NEW_CORPUS)) {
        throw CommandException.usage("--new-corpus drops what --replay executes; choose one");
      }
      if (line.hasOption(JOBS)) {
        throw CommandException.usage("--jobs belongs to --fuzz DUR; --replay takes one process");
      }
      return new CampaignPlan(Kind.REPLAY, AUTO_MAX, 0, RISK_DEFAULT, 1);
    }
    Duration time = auto ? AUTO_MAX : Durations.parse("--" + FUZZ, line.getOptionValue(FUZZ));
    return new CampaignPlan(
        auto ? Kind.AUTO : Kind.TIMED, time, executions(line), risk(line), jobs(line));
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

  private static int jobs(CommandLine line) throws CommandException {
    String word = line.getOptionValue(JOBS, "1");
    int jobs = word.matches("[0-9]{1,4}") ? Integer.parseInt(word) : 0;
    if (jobs < 1 || jobs > JOBS_MAX) {
      throw CommandException.usage(
          "--jobs wants a number of processes from 1 to " + JOBS_MAX + ", was \"" + word + "\"");
    }
    return jobs;
  }

  private static long executions(CommandLine line) throws CommandException {
    String word = line.getOptionValue(EXECUTIONS, "0");
    if (line.hasOption(EXECUTIONS) && !word.matches("[1-9][0-9]{0,17}")) {
      throw CommandException.usage(
          "--" + EXECUTIONS + " wants a number of executions such as 10000, was \"" + word + "\"");
    }
    return Long.parseLong(word);
  }

  /** libFuzzer takes 0 for none. */
  private static int seed(CommandLine line) throws CommandException {
    if (!line.hasOption(SEED)) {
      return 1 + new SplittableRandom().nextInt(SEED_MAX);
    }
    String word = line.getOptionValue(SEED);
    if (!word.matches("[1-9][0-9]{0,8}")) {
      throw CommandException.usage(
          "--seed wants a number from 1 to " + SEED_MAX + ", was \"" + word + "\"");
    }
    return Integer.parseInt(word);
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

  /** Whether the inputs of earlier campaigns are executed, and nothing else. */
  boolean replaying() {
    return plan.kind() == Kind.REPLAY;
  }

  static String description() {
    return "--fuzz runs CMD again and again, with inputs that a fuzzer (Jazzer) makes of those that"
        + " showed something new: on standard input, or in a file whose name takes the place of @@"
        + " in a word; @@1 (the same), @@2 and so on to @@8 are files of their own: an input is then"
        + " divided at lines of @@ alone, one of --corpus may be too. Each execution has namespaces of its own: it sees the file system, but what"
        + " it writes is kept in memory and dropped, it has no network but loopback, no devices and"
        + " no capabilities; it is killed when it takes longer than --timeout, by default 1 s."
        + " The inputs that have shown something are kept under fuzz in the store; the next campaign"
        + " begins with them, and --replay only executes them."
        + " Ctrl-C ends it early; the policy is written all the same."
        + "\n\nWith --input CMD is a server that listens on a TCP port (tcp:PORT) or a UNIX socket"
        + " (unix:PATH, or unix:@NAME for an abstract one), in the foreground or as a daemon, with as"
        + " many processes as it likes. It is started, and then each input is a connection to it; of"
        + " its answers nothing is kept. The bytes \\0PAUSE\\0 divide an input into messages, the next"
        + " one being sent when all processes sleep, and \\0AGAIN\\0 into connections. A server is"
        + " ended (SIGTERM, then SIGKILL) and started anew when it does not end an input in"
        + " --timeout, and after 1024 inputs; inputs that choose options, variables or faults have a"
        + " server of their own, from its start to SIGTERM, which takes longer. Where a server goes"
        + " on, what it does may come from an earlier input: so may a crash, and what is measured at"
        + " the end. A crash is noticed of CMD and of daemons, not of a worker whose parent waits for"
        + " it. UDP, TLS and servers that want another user's rights are beyond it."
        + "\n\nWith --tty CMD has a terminal, into which inputs are typed line by line, each when all"
        + " processes sleep, then ^D up to four times; whoever still runs then is hung up (SIGHUP)."
        + "\n\nWhat crashes the program, makes it hang or ask for more than its 2 GiB of memory is"
        + " kept, once for each signal and each last few calls, 64 at most: in findings the"
        + " input, and beside it in NAME.txt what happened, a command that"
        + " shows it without tiny-jail, and the calls that had to fail for it with --faults."
        + " --replay --finding NAME executes it once more, contained, and says how it ends."
        + "\n\nThe first inputs and words to put into them are those of the types that the program"
        + " may read, by its name and its strings; --corpus gives yours instead."
        + " Inputs also choose options, words and environment variables, which are found in the"
        + " executable and in what it prints for --help; --no-options leaves those alone."
        + " With --faults they choose calls"
        + " that fail (ENOENT, ENOMEM, EINTR, ENOSPC, ...), write less than asked for, or meet a"
        + " signal: error paths make other calls. Where answering takes more than a fifth of the"
        + " time, calls that three executions have shown run without tiny-jail, with --fast from the"
        + " beginning: their counts are then lower bounds. Where a run has no namespaces --fuzz is refused;"
        + " --allow-effects does without them, and the program's doings are real."
        + "\n\nA program built with afl-cc or with clang's or gcc's -fsanitize-coverage is guided by"
        + " its edges too, and by what it compares with trace-cmp; for gcc add -rdynamic and"
        + " lib/fuzz/callbacks.c of the distribution to what is linked. Static programs are not."
        + "\n\nWith --jobs N processes search at once; each takes what the others have found from"
        + " the corpus, and --executions is the number of all. They are told apart in what is"
        + " printed only by how many kinds of calls one of them knows at least; the policy has what"
        + " all have seen. While one measures the others have ended."
        + "\n\nThe last fifth of the time is for measuring: inputs are then drawn at random from"
        + " what was found, unguided, and from how many of those executions show something new"
        + " follows how likely the next one is to (at most, with 95 % confidence). That is said"
        + " about inputs of this generator, not about production; it is kept with the policy, and"
        + " explain shows it. --fuzz auto ends when that chance is below --risk."
        + " It may measure several times until then; the confidence is that of what it says in the"
        + " end.";
  }
}
