package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.fuzz.Findings;

/** {@code learn --fuzz} with Jazzer, the fork server and real targets. */
class FuzzIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  private Path compiled(String name, String... flags) throws Exception {
    Path program = directory.resolve(name);
    List<String> command =
        new ArrayList<>(
            List.of(
                "cc",
                "-O1",
                "-Wall",
                "-Werror",
                "-o",
                program.toString(),
                "src/test/c/" + name + ".c"));
    command.addAll(List.of(flags));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    return program;
  }

  /** Built as gcc's users do it, with what the distribution has for them. */
  private Path instrumented(String name, String what) throws Exception {
    Path callbacks = TinyJail.distribution().resolve("lib/fuzz/callbacks.c");
    return compiled(name, "-fsanitize-coverage=" + what, "-rdynamic", callbacks.toString());
  }

  private void awaitNone() throws Exception {
    Attacker.await("the end of all", () -> Attacker.runningIn(directory).isEmpty());
  }

  private TinyJail.Result fuzz(String executions, String out, String... command) throws Exception {
    return fuzz(List.of(), executions, out, command);
  }

  private TinyJail.Result fuzz(
      List<String> options, String executions, String out, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("learn", "--fuzz", "5m", "--seed", "1"));
    words.addAll(options);
    words.addAll(List.of("--executions", executions, "--out", out, "--"));
    words.addAll(List.of(command));
    return tinyJail.run(words.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-static"})
  void callsBehindBytesOfTheInputAreFound(String flag) throws Exception {
    compiled("fuzz-magic", flag.isEmpty() ? new String[0] : new String[] {flag});
    TinyJail.Result result = fuzz("12000", "m.json", "./fuzz-magic").succeeded();
    assertThat(tinyJail.calls("m.json")).contains("getppid", "getgid", "getsid");
    assertThat(result.err())
        .containsPattern("tiny-jail: [0-9,]+ executions, [0-9]+ kinds of calls")
        .contains("wrote m.json");
    assertThat(result.err().contains("no fork server inside the target"))
        .as(result.err())
        .isEqualTo(!flag.isEmpty());
    assertThat(Files.readString(directory.resolve("m.why.json"))).contains("fuzzed");
    assertThat(tinyJail.campaign().resolve("corpus")).isNotEmptyDirectory();
    awaitNone();

    Path input = Files.writeString(directory.resolve("input"), "b");
    TinyJail.Result held =
        tinyJail.end(
            tinyJail.startOther(
                List.of(
                    TinyJail.distribution() + "/bin/tiny-jail",
                    "run",
                    "--policy",
                    "m.json",
                    "--",
                    "./fuzz-magic"),
                Map.of(),
                Redirect.from(input.toFile())));
    assertThat(held.succeeded().err()).doesNotContain("denied");
  }

  @Test
  void numbersThatAProgramBuiltToTellItsComparisonsWantsAreFound() throws Exception {
    instrumented("fuzz-edges", "trace-pc,trace-cmp");
    TinyJail.Result result = fuzz("6000", "e.json", "./fuzz-edges").succeeded();
    assertThat(tinyJail.calls("e.json")).contains("getuid");
    assertThat(result.err())
        .containsOnlyOnce("edges guide the fuzzer too: the program is built with -fsanitize-cov");
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void edgesGuideWhereCallsDoNot(boolean told) throws Exception {
    Path program = told ? instrumented("fuzz-edges", "trace-pc") : compiled("fuzz-edges");
    fuzz("20000", "e.json", program.toString()).succeeded();
    assertThat(tinyJail.calls("e.json")).contains("read").doesNotContain("getuid");
    boolean kept = false;
    for (Path file : CampaignInputs.files(tinyJail.campaign().resolve("corpus"))) {
      byte[] input = Files.readAllBytes(file);
      kept |= input.length > 2 && (input[0] & 15) == 9 && (input[1] & 15) == 4;
    }
    assertThat(kept).as("an input that takes the second edge").isEqualTo(told);
  }

  @Test
  void optionsOfTheHelpAreTriedCrashesAreKeptAndNothingIsWritten() throws Exception {
    compiled("fuzz-options");
    Path mine = Files.createDirectory(directory.resolve("mine"));
    Files.writeString(mine.resolve("one-bit-away"), " ");
    TinyJail.Result result =
        fuzz(List.of("--corpus", "mine"), "3000", "o.json", "./fuzz-options").succeeded();
    assertThat(tinyJail.calls("o.json")).contains("mkdir", "getuid");
    assertThat(result.err())
        .containsPattern("found [3-9] options to try")
        .containsPattern("found SIGABRT-[0-9a-f]{8}: it ends by signal SIGABRT\n")
        .doesNotContain("executables:");
    assertThat(commandsOfFindings()).contains("./fuzz-options").containsPattern("-u|--make");
    assertThat(directory.resolve("made")).doesNotExist();
  }

  private String commandsOfFindings() throws IOException {
    StringBuilder all = new StringBuilder();
    File[] files = tinyJail.campaign().resolve("findings").toFile().listFiles();
    for (File file : files == null ? new File[0] : files) {
      if (file.getName().endsWith(".txt")) {
        Files.readAllLines(file.toPath()).stream()
            .filter(line -> line.startsWith("command: "))
            .forEach(all::append);
      }
    }
    return all.toString();
  }

  /** As where a container forbids them: a policy of our own around it. */
  @Test
  void whereThereAreNoNamespacesItIsRefusedUnlessEffectsAreAllowed() throws Exception {
    Files.writeString(
        directory.resolve("no-namespaces.json"),
        """
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
          {"names": ["clone", "unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": [
            {"index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ"}]},
          {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}
        """);
    TinyJail.Result refused = fuzzWithoutNamespaces();
    assertThat(refused.status()).isEqualTo(125);
    assertThat(refused.err().lines())
        .singleElement()
        .asString()
        .contains("make namespaces: errno 1; --allow-effects does without namespaces");
    assertThat(directory.resolve("made")).doesNotExist();
    assertThat(directory.resolve("n.json")).doesNotExist();
    fuzzWithoutNamespaces("--allow-effects").succeeded();
    assertThat(tinyJail.calls("n.json")).contains("exit_group", "utimensat");
    assertThat(directory.resolve("made")).exists();
  }

  private TinyJail.Result fuzzWithoutNamespaces(String... option) throws Exception {
    String tinyJailItself = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    List<String> words = new ArrayList<>(List.of("run", "--quiet", "--no-agent"));
    words.addAll(List.of("--policy", "no-namespaces.json", "--", tinyJailItself));
    words.addAll(List.of("learn", "--fuzz", "1m", "--executions", "20", "--no-options"));
    words.addAll(List.of(option));
    words.addAll(List.of("--out", "n.json", "--", "touch", "made"));
    return tinyJail.run(words.toArray(String[]::new));
  }

  @Test
  void withoutOptionsCommandLineAndEnvironmentStayAsTheyAre() throws Exception {
    compiled("fuzz-options");
    List<String> options = List.of("--no-options", "--no-guidance");
    TinyJail.Result result = fuzz(options, "1000", "n.json", "./fuzz-options").succeeded();
    assertThat(tinyJail.calls("n.json")).contains("read").doesNotContain("mkdir", "getuid");
    assertThat(result.err()).doesNotContain("options to try");
    assertThat(tinyJail.campaign().resolve("corpus")).as("nothing guides").isEmptyDirectory();
  }

  @Test
  void withoutAnyOfTheUsersInputsThoseOfItsTypesAreTaken() throws Exception {
    fuzz(List.of("--no-options"), "100", "q.json", "sqlite3").succeeded();
    assertThat(tinyJail.campaign().resolve("payloads")).isDirectoryContaining("glob:**/sql-*");
    assertThat(tinyJail.campaign().resolve("dictionary")).content().contains("\"SELECT\"");
  }

  @Test
  void withFastKnownCallsRunUnseenAndNewOnesAreFoundAllTheSame() throws Exception {
    compiled("fuzz-magic");
    List<String> whole = List.of("--faults"); // which must not miss any, however long that takes
    fuzz(whole, "4000", "all.json", "./fuzz-magic").succeeded();
    assertThat(reads("all.json")).as("one in each execution").isGreaterThan(3500);
    List<String> fast = List.of("--fast", "--fresh", "--new-corpus");
    fuzz(fast, "4000", "fast.json", "./fuzz-magic").succeeded();
    assertThat(reads("fast.json")).as("at first and while it is measured").isLessThan(2000);
    assertThat(tinyJail.calls("fast.json"))
        .containsAll(List.of("getppid", "getgid", "getsid", "read"));
  }

  /** How often read was seen. */
  private long reads(String policy) throws Exception {
    String why = tinyJail.run("explain", policy, "read").succeeded().out();
    Matcher matcher = Pattern.compile("fuzzed ([0-9,]+) times").matcher(why);
    assertThat(matcher.find()).as(why).isTrue();
    return Long.parseLong(matcher.group(1).replace(",", ""));
  }

  @Test
  void aFileTakesThePlaceOfTheAts() throws Exception {
    fuzz("500", "c.json", "cat", "@@").succeeded();
    assertThat(tinyJail.calls("c.json")).contains("openat", "read", "write");
    assertThat(tinyJail.calls("c.json")).doesNotContain("mount", "clone", "wait4", "setsid");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          @@2 | the command line names @@2 but not @@1
          @@9 | an input file is @@ or one of @@1 to @@8, was @@9
          """)
  void aFileThatCannotBeIsSaidBeforeAnythingRuns(String word, String message) throws Exception {
    TinyJail.Result result = tinyJail.run("learn", "--fuzz", "5s", "--", "cat", word);
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err().lines()).singleElement().asString().contains(message);
  }

  @Test
  void filesOfTheirOwnAreDifferentAndOneFileIsNot() throws Exception {
    compiled("fuzz-pair");
    fuzz("4000", "two.json", "./fuzz-pair", "@@1", "@@2").succeeded();
    assertThat(tinyJail.calls("two.json")).contains("getppid", "getpgrp", "getuid");
    fuzz(List.of("--fresh"), "2000", "one.json", "./fuzz-pair", "@@", "@@").succeeded();
    assertThat(tinyJail.calls("one.json")).contains("getuid").doesNotContain("getppid", "getpgrp");
  }

  @Test
  void aFindingOfSeveralFilesIsSeenAgainWithEachOfThem() throws Exception {
    compiled("fuzz-pair");
    Path mine = Files.createDirectory(directory.resolve("mine"));
    Files.writeString(mine.resolve("one"), "!a\n@@\n!b");
    List<String> options = List.of("--corpus", "mine", "--no-options");
    fuzz(options, "50", "f.json", "./fuzz-pair", "@@1", "@@2").succeeded();
    List<String> names = Findings.in(tinyJail.campaign().resolve("findings"));
    assertThat(names).singleElement().asString().startsWith("SIGABRT-");
    Path finding = tinyJail.campaign().resolve("findings").resolve(names.get(0));
    assertThat(commandsOfFindings()).endsWith("./fuzz-pair " + finding + ".1 " + finding + ".2)");
    assertThat(Path.of(finding + ".2")).content().startsWith("!");
    String command = commandsOfFindings().substring("command: ".length());
    Process shell = tinyJail.startOther(List.of("bash", "-c", command), Map.of());
    assertThat(tinyJail.end(shell).status()).isEqualTo(134);
    TinyJail.Result replay =
        tinyJail.run(
            "learn", "--replay", "--finding", names.get(0), "--", "./fuzz-pair", "@@1", "@@2");
    assertThat(replay.succeeded().err()).contains("ends by signal SIGABRT, as before");
  }

  @Test
  void anInterruptEndsTheCampaignAndThePolicyIsWritten() throws Exception {
    compiled("fuzz-magic");
    Process learn =
        tinyJail.start("learn", "--fuzz", "10m", "--out", "i.json", "--", "./fuzz-magic");
    Path corpus = awaitCorpus();
    new ProcessBuilder("kill", "-INT", String.valueOf(learn.pid())).start().waitFor();
    TinyJail.Result result = tinyJail.end(learn);
    assertThat(result.status()).as(result.err()).isEqualTo(130);
    assertThat(result.err()).contains("wrote i.json");
    assertThat(tinyJail.calls("i.json")).contains("read", "exit_group");
    assertThat(corpus).isNotEmptyDirectory();
    awaitNone();
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void aSignalToAllProcessesAsOfATerminalEndsTheCampaignInOrderToo(String signal) throws Exception {
    compiled("fuzz-magic");
    Process learn =
        tinyJail.startOther(
            List.of(
                "setsid",
                TinyJail.distribution() + "/bin/tiny-jail",
                "learn",
                "--fuzz",
                "10m",
                "--jobs",
                "2",
                "--out",
                "s.json",
                "--",
                "./fuzz-magic"),
            Map.of());
    awaitJob("2");
    awaitCorpus();
    new ProcessBuilder("kill", "-" + signal, "--", "-" + learn.pid()).start().waitFor();
    TinyJail.Result result = tinyJail.end(learn);
    assertThat(result.status()).as(result.err()).isGreaterThan(128);
    assertThat(result.err()).contains("wrote s.json").doesNotContain("before its time");
    assertThat(tinyJail.calls("s.json")).contains("read", "exit_group");
    assertThat(tinyJail.run("evidence", "list").succeeded().out()).doesNotContain("cut off");
    awaitNone();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void nothingIsLeftRunningWhenTinyJailIsKilledAndWhatWasSeenIsKept(String jobs) throws Exception {
    compiled("fuzz-magic");
    Process learn =
        tinyJail.start(
            "learn", "--fuzz", "10m", "--jobs", jobs, "--out", "k.json", "--", "./fuzz-magic");
    awaitJob(jobs);
    awaitCorpus();
    Thread.sleep(3500); // what was observed is kept every three seconds
    learn.destroyForcibly().waitFor();
    awaitNone();
    assertThat(directory.resolve("k.json")).doesNotExist();
    Path program = directory.resolve("fuzz-magic").toRealPath();
    tinyJail.run("generate", "--program", program.toString(), "--out", "g.json").succeeded();
    assertThat(tinyJail.calls("g.json")).contains("read", "exit_group");
  }

  @Test
  void severalJobsShareExecutionsAndCorpusAndAllThatTheySeeIsLearned() throws Exception {
    compiled("fuzz-magic");
    fuzz("500", "j.json", "./fuzz-magic").succeeded();
    TinyJail.Result result =
        fuzz(List.of("--jobs", "2", "--fresh"), "4000", "j.json", "./fuzz-magic").succeeded();
    assertThat(tinyJail.calls("j.json")).contains("getppid", "getgid", "getsid");
    assertThat(result.err())
        .containsPattern("tiny-jail: 4,[0-4][0-9]{2} executions of 2 jobs, at least [0-9]+ kinds")
        .containsPattern("of [0-9]+ executions without guidance");
    assertThat(tinyJail.run("evidence", "list").succeeded().out().lines()).hasSize(2);
    assertThat(tinyJail.campaign().resolve("tmp-2")).isEmptyDirectory();
    awaitNone();
  }

  @Test
  void aJobThatIsKilledIsSaidAndTheOthersGoOn() throws Exception {
    compiled("fuzz-magic");
    Process learn =
        tinyJail.start(
            "learn", "--fuzz", "10m", "--jobs", "3", "--out", "k.json", "--", "./fuzz-magic");
    ProcessHandle third = awaitJob("3");
    awaitCorpus();
    awaitReload();
    third.destroyForcibly();
    Thread.sleep(1000);
    assertThat(jobs("2")).hasSize(1);
    new ProcessBuilder("kill", "-INT", String.valueOf(learn.pid())).start().waitFor();
    TinyJail.Result result = tinyJail.end(learn);
    assertThat(result.status()).as(result.err()).isEqualTo(130);
    assertThat(result.err())
        .containsOnlyOnce("one of the jobs has ended before its time, the others go on; ")
        .contains("log-3 says why", "wrote k.json");
    assertThat(tinyJail.calls("k.json")).contains("read", "exit_group");
    awaitNone();
  }

  @Test
  void theEndOfTheJobThatMeasuresIsTheEndOfAll() throws Exception {
    compiled("fuzz-magic");
    Process learn =
        tinyJail.start(
            "learn", "--fuzz", "10m", "--jobs", "2", "--out", "k.json", "--", "./fuzz-magic");
    awaitJob("2");
    awaitJob("1").destroyForcibly();
    TinyJail.Result result = tinyJail.end(learn);
    assertThat(result.status()).as(result.err()).isEqualTo(125);
    assertThat(result.err()).contains("the fuzzer has ended before its time");
    awaitNone();
  }

  /** Until a job has taken in what another one has found. */
  private void awaitReload() throws Exception {
    List<Path> logs = Stream.of("log", "log-2", "log-3").map(tinyJail.campaign()::resolve).toList();
    Attacker.await(
        "a job that reads what another found",
        () -> logs.stream().anyMatch(log -> Attacker.text(log).contains("\tRELOAD")));
  }

  /** Processes of the job with that number; the first has no number in its paths. */
  private List<ProcessHandle> jobs(String number) {
    String temporary = "/tmp" + (number.equals("1") ? " " : "-" + number + " ");
    return Attacker.runningIn(directory).stream()
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .filter(job -> job.info().commandLine().orElse("").contains(temporary))
        .toList();
  }

  /** The one that was seen: between a shell and what it executes, a process has no words. */
  private ProcessHandle awaitJob(String number) throws Exception {
    List<ProcessHandle> seen = new ArrayList<>();
    Attacker.await("job " + number, () -> seen.addAll(jobs(number)));
    return seen.get(0);
  }

  @Test
  void whatWasMeasuredStaysWithThePolicyAndItsTimeToo() throws Exception {
    compiled("fuzz-magic");
    fuzz("3000", "m.json", "./fuzz-magic").succeeded();
    String head = head("m.json");
    assertThat(head)
        .containsPattern("fuzzed with 3,[0-9]{3} executions until [-0-9]{10}T[:0-9]{8}Z; of [0-9]+")
        .contains("(95 % confidence)", "about executions of this generator, not production");
    Path input = Files.writeString(directory.resolve("input"), "a");
    Process plain =
        tinyJail.startOther(
            List.of(
                TinyJail.distribution() + "/bin/tiny-jail",
                "learn",
                "--out",
                "later.json",
                "--",
                "./fuzz-magic"),
            Map.of(),
            Redirect.from(input.toFile()));
    tinyJail.end(plain).succeeded();
    assertThat(head("later.json")).isEqualTo(head);
    String program = directory.resolve("fuzz-magic").toRealPath().toString();
    tinyJail.run("generate", "--program", program, "--out", "g.json").succeeded();
    assertThat(head("g.json")).isEqualTo(head);
    tinyJail.run("evidence", "export", "-o", "e.jsonl").succeeded();
    tinyJail.run("evidence", "import", "--store", "other", "e.jsonl").succeeded();
    tinyJail
        .run("generate", "--store", "other", "--program", program, "--out", "o.json")
        .succeeded();
    assertThat(head("o.json")).isEqualTo(head);
  }

  private String head(String policy) throws Exception {
    return tinyJail.run("explain", policy).succeeded().out().lines().findFirst().orElseThrow();
  }

  @Test
  void whatFollowsFailuresSignalsAndVariablesIsLearnedWithFaultsOnly() throws Exception {
    compiled("fuzz-faults");
    fuzz("1000", "plain.json", "./fuzz-faults").succeeded();
    assertThat(tinyJail.calls("plain.json"))
        .contains("getegid")
        .doesNotContain("getuid", "geteuid", "getgid");
    fuzz(List.of("--faults"), "3000", "faults.json", "./fuzz-faults").succeeded();
    assertThat(tinyJail.calls("faults.json")).contains("getuid", "geteuid", "getgid");
  }

  @Test
  void whatACampaignHasKeptIsReplayedAndSmall() throws Exception {
    compiled("fuzz-magic");
    fuzz("12000", "m.json", "./fuzz-magic").succeeded();
    List<String> found = tinyJail.calls("m.json");
    String[] kept = tinyJail.campaign().resolve("corpus").toFile().list();
    assertThat(kept).hasSizeBetween(2, 200);
    TinyJail.Result replay =
        tinyJail.run("learn", "--replay", "--fresh", "--out", "r.json", "--", "./fuzz-magic");
    assertThat(replay.succeeded().err()).containsPattern("tiny-jail: [0-9,]+ executions");
    assertThat(tinyJail.calls("r.json")).containsExactlyInAnyOrderElementsOf(found);
    assertThat(tinyJail.campaign().resolve("corpus").toFile().list())
        .containsExactlyInAnyOrder(kept);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void aCampaignEndsByItselfWhenLittleIsLeftAndSaysHowLittle(String jobs) throws Exception {
    TinyJail.Result result =
        tinyJail.run(
            "learn", "--fuzz", "auto", "--risk", "0.01", "--jobs", jobs, "--out", "a.json", "--",
            "true");
    assertThat(result.succeeded().err())
        .containsPattern(
            "of 368 executions without guidance none showed something new: the next such one would"
                + " with a chance of at most 0.010 \\(95 % confidence\\)");
  }

  @Test
  void inputsOfOnesOwnAreBegunWith() throws Exception {
    compiled("fuzz-magic");
    Path mine = Files.createDirectory(directory.resolve("mine"));
    Files.write(mine.resolve("one"), new byte[] {'a', (byte) 0x91, 'z', 0x17});
    fuzz(List.of("--corpus", "mine"), "10", "own.json", "./fuzz-magic").succeeded();
    assertThat(tinyJail.calls("own.json")).contains("getppid", "getpgrp", "getuid", "geteuid");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --risk 0.1                 | --risk belongs to --fuzz DUR
          --fuzz 5s --risk 0.1       | --risk belongs to --fuzz auto
          --fuzz auto --risk 2       | --risk wants a chance between 0 and 1 such as 0.001
          --fuzz auto --risk x       | --risk wants a chance between 0 and 1 such as 0.001
          --fuzz soon                | --fuzz wants
          --fuzz 5s --executions 0   | --executions wants a number of executions
          --fuzz 5s --corpus nowhere | --corpus wants a directory of input files
          --no-options               | --no-options belongs to --fuzz DUR
          --no-guidance              | --no-guidance belongs to --fuzz DUR
          --fuzz 5s --seed 0         | --seed wants a number from 1 to 999999999, was "0"
          --seed 2                   | --seed belongs to --fuzz DUR
          --jobs 2                   | --jobs belongs to --fuzz DUR
          --fuzz 5s --jobs 0         | --jobs wants a number of processes from 1 to 64, was "0"
          --fuzz 5s --jobs x         | --jobs wants a number of processes from 1 to 64, was "x"
          --fuzz 5s --jobs 65        | --jobs wants a number of processes from 1 to 64, was "65"
          --replay --jobs 2          | --jobs belongs to --fuzz DUR; --replay takes one process
          --fuzz 5s --replay         | choose one
          --replay --new-corpus      | --new-corpus drops what --replay executes
          --finding x                | --finding belongs to --replay
          --fuzz 5s --finding x      | --finding belongs to --replay
          --replay --finding x       | --finding wants the name of a finding, but nothing was found
          --replay                   | there is nothing to replay
          --input tcp:1              | --input belongs to --fuzz DUR
          --tty                      | --tty belongs to --fuzz DUR
          --fuzz 5s --input stdin    | --input wants tcp:PORT or unix:PATH, was "stdin"
          --fuzz 5s --input udp:53   | --input wants tcp:PORT or unix:PATH; found "udp:53"
          --fuzz 5s --input tcp:     | --input wants tcp:PORT or unix:PATH; found "tcp:"
          --fuzz 5s --input tcp:0    | a port is a number from 1 to 65535, was 0
          --fuzz 5s --input tcp:65536 | a port is a number from 1 to 65535, was 65536
          --fuzz 5s --input unix:    | --input wants tcp:PORT or unix:PATH; a socket
          --fuzz 5s --input tcp:1 --tty | --input is for servers, --tty for terminals; choose one
          --fuzz 5s --input tcp:1 --allow-effects | --input wants the namespaces
          --fuzz 5s --tty --allow-effects | --tty wants the namespaces
          """)
  void whatDoesNotFitIsSaidBeforeAnythingRuns(String options, String message) throws Exception {
    List<String> words = new ArrayList<>(List.of("learn"));
    words.addAll(List.of(options.split(" ", -1)));
    words.addAll(List.of("--", "true"));
    TinyJail.Result result = tinyJail.run(words.toArray(String[]::new));
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err().lines()).singleElement().asString().contains(message);
    assertThat(directory.resolve("true.policy.json")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--input tcp:80", "--tty"})
  void aFileIsOneWayAndAnotherIsAnother(String option) throws Exception {
    List<String> words = new ArrayList<>(List.of("learn", "--fuzz", "5s"));
    words.addAll(List.of(option.split(" ", -1)));
    words.addAll(List.of("--", "cat", "@@"));
    TinyJail.Result result = tinyJail.run(words.toArray(String[]::new));
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err().lines()).singleElement().asString().contains("the file at @@");
  }

  private Path awaitCorpus() throws Exception {
    Path fuzz = tinyJail.home().resolve(".local/share/tiny-jail/fuzz");
    Attacker.await(
        "an input in a corpus",
        () -> {
          String[] campaigns = fuzz.toFile().list();
          if (campaigns == null || campaigns.length == 0) {
            return false;
          }
          String[] inputs = tinyJail.campaign().resolve("corpus").toFile().list();
          return inputs != null && inputs.length > 0;
        });
    return tinyJail.campaign().resolve("corpus");
  }
}
