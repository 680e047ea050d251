package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/** The commands beside the main path, as a user types them. */
class CommandsIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  private void learn(String... more) throws Exception {
    String[] words = new String[more.length + 1];
    words[0] = "learn";
    System.arraycopy(more, 0, words, 1, more.length);
    tinyJail.run(words).succeeded();
  }

  private Policy policy(String name) throws Exception {
    return OciSeccompJson.read(directory.resolve(name));
  }

  static List<String> names() {
    return Commands.all().stream().map(Command::name).toList();
  }

  private static List<String> names(Policy policy) {
    return policy.rules().stream().map(Rule::syscall).distinct().toList();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyCommandHasHelpWithExamplesAndExitCodes(String command) throws Exception {
    assertThat(tinyJail.run(command, "--help").succeeded().out())
        .startsWith("usage: tiny-jail " + command)
        .contains("Examples:")
        .contains("Exit codes:")
        .contains("  tiny-jail " + command);
  }

  @Test
  void learnWritesWhatItIsNamedAfterAndKeepsTheProgramsStreamsAndExitCode() throws Exception {
    TinyJail.Result result =
        tinyJail.run("learn", "--", "sh", "-c", "echo out; echo err >&2; exit 7");
    assertThat(result.status()).isEqualTo(7);
    assertThat(result.out()).isEqualTo("out\n");
    assertThat(result.err()).startsWith("err\n").contains("saw ").contains("wrote ");
    assertThat(directory.resolve("sh.policy.json")).exists();
    assertThat(directory.resolve("sh.policy.why.json")).exists();
  }

  @Test
  void aPolicyIsNamedAsItsProgramWasTypedAndItsEvidenceAfterTheRealPath() throws Exception {
    Files.createSymbolicLink(directory.resolve("link"), Path.of("/usr/bin/env"));
    Path script = Files.writeString(directory.resolve("real.sh"), "exit 0\n");
    Files.createSymbolicLink(directory.resolve("typed.sh"), script);
    Files.writeString(directory.resolve("workloads"), "./link true\n");
    learn("--", "./link", "true");
    learn("--", "sh", "-e", "typed.sh");
    assertThat(directory.resolve("link.policy.json")).exists();
    assertThat(directory.resolve("typed.policy.json")).exists();
    Files.delete(directory.resolve("link.policy.json"));
    learn("--from-file", "workloads");
    assertThat(directory.resolve("link.policy.json")).exists();
    learn("--profile", "named", "--", "./link", "true");
    assertThat(directory.resolve("named.policy.json")).exists();
    assertThat(tinyJail.run("evidence", "export").succeeded().out())
        .contains("/usr/bin/env", "/usr/bin/dash " + script.toRealPath(), "named")
        .doesNotContain("\"/usr/bin/dash " + directory + "/typed.sh", "\"" + directory + "/link");
  }

  @Test
  void learnSaysHowManyCallsOfThePolicyComeFromEarlierRunsOnly() throws Exception {
    String[] command = {"learn", "--out", "p.json", "--", "/usr/bin/env", "true"};
    tinyJail.run("learn", "--out", "p.json", "--", "/usr/bin/env", "mkdir", "made").succeeded();
    assertThat(tinyJail.run(command).succeeded().err())
        .containsPattern(
            "stay open \\([0-9]+ %\\), [1-9][0-9]* of them seen in earlier runs only; ");
    String[] fresh = {"learn", "--fresh", "--out", "p.json", "--", "/usr/bin/env", "true"};
    assertThat(tinyJail.run(fresh).succeeded().err())
        .contains(" stay open ")
        .doesNotContain("earlier runs");
  }

  @Test
  void helpShowsEachFormOfACommandOnALineOfItsOwn() throws Exception {
    assertThat(tinyJail.run("learn", "--help").succeeded().out())
        .startsWith(
            """
            usage: tiny-jail learn [OPTION]... -- CMD...
                   tiny-jail learn --from-file FILE [OPTION]...
            """);
  }

  @Test
  void noPageNamesACommandTwiceNorWhatIsForTestsOnly() throws Exception {
    for (String command : names()) {
      assertThat(tinyJail.run("help", command).succeeded().out())
          .doesNotContain("tiny-jail " + command + " " + command, "| " + command);
      Path page = TinyJail.distribution().resolve("share/man/man1/tiny-jail-" + command + ".1");
      assertThat(page).content().doesNotContain("TINY_JAIL_TEST", "Cm " + command + "\n");
    }
    assertThat(tinyJail.run("--help").succeeded().out()).doesNotContain("TINY_JAIL_TEST");
  }

  @Test
  void aProgramNamedByARelativePathIsLearnedAndItsDenialsAreKeptUnderItsRealPath()
      throws Exception {
    Path app = Files.copy(Path.of("/usr/bin/env"), directory.resolve("app"));
    learn("--", "./app", "true");
    Path policy = directory.resolve("app.policy.json");
    assertThat(policy).exists();
    tinyJail.run("run", "--policy", policy.toString(), "--", "./app", "mkdir", "made");
    assertThat(directory.resolve("made")).doesNotExist();
    assertThat(tinyJail.run("review").succeeded().out())
        .startsWith(app.toRealPath() + "\n")
        .contains("mkdir(");
  }

  @Test
  void aSecondRunAddsToTheFirstAndFreshForgets() throws Exception {
    learn("--out", "p.json", "--", "/usr/bin/env", "true");
    learn("--out", "p.json", "--", "/usr/bin/env", "mkdir", "made");
    assertThat(names(policy("p.json"))).contains("mkdir");
    learn("--out", "p.json", "--", "/usr/bin/env", "true");
    assertThat(names(policy("p.json"))).contains("mkdir");
    learn("--fresh", "--out", "p.json", "--", "/usr/bin/env", "true");
    assertThat(names(policy("p.json"))).doesNotContain("mkdir").contains("execve");
  }

  @Test
  void generateMakesOtherPoliciesOfTheSameEvidence() throws Exception {
    learn("--out", "p.json", "--", "/usr/bin/env", "true");
    assertThat(policy("p.json").rules()).anyMatch(rule -> !rule.conditions().isEmpty());

    tinyJail
        .run(
            "generate", "--program", "env", "--mode", "strict", "--args", "none", "--out", "g.json")
        .succeeded();
    assertThat(policy("g.json").rules()).allMatch(rule -> rule.conditions().isEmpty());
    tinyJail
        .run("run", "--policy", "g.json", "--default-action", "kill", "--", "/usr/bin/env", "true")
        .succeeded();

    Files.createSymbolicLink(directory.resolve("link"), Path.of("/usr/bin/env"));
    tinyJail.run("generate", "--program", "./link", "--out", "l.json").succeeded();

    TinyJail.Result unknown =
        tinyJail.run("generate", "--program", "nvironment", "--out", "x.json");
    assertThat(unknown.status()).isEqualTo(ExitCode.USAGE);
    assertThat(unknown.err()).contains("nothing was learned of \"nvironment\"");
  }

  @Test
  void allArgumentsLimitMoreThanTheDangerousOnesAndTheProgramStillWorks() throws Exception {
    learn("--args", "all", "--out", "all.json", "--", "/bin/cat", "/etc/hostname");
    assertThat(policy("all.json").rules())
        .anyMatch(rule -> rule.syscall().equals("openat") && !rule.conditions().isEmpty());
    tinyJail.run("run", "--policy", "all.json", "--", "/bin/cat", "/etc/hostname").succeeded();
  }

  @Test
  void explainSaysWhoMadeACallWithAnExampleAndThatAnotherIsDenied() throws Exception {
    learn("--out", "p.json", "--", "/bin/cat", "/etc/hostname");
    assertThat(tinyJail.run("explain", "p.json", "openat").succeeded().out())
        .contains("allow  openat")
        .contains("by /usr/bin/cat")
        .contains("such as openat(AT_FDCWD, \"");
    assertThat(tinyJail.run("explain", "p.json", "ptrace").succeeded().out())
        .contains("no rule: errno EPERM")
        .contains("high risk");
    assertThat(tinyJail.run("explain", "p.json").succeeded().out())
        .contains("exit_group")
        .contains("observed");
    assertThat(tinyJail.run("explain", "p.json", "--json").succeeded().out())
        .startsWith("[{\"call\":");
  }

  @Test
  void compileWritesTheBytesThatTextShows() throws Exception {
    learn("--out", "p.json", "--", "/bin/true");
    tinyJail.run("compile", "p.json", "-o", "p.bpf").succeeded();
    String text = tinyJail.run("compile", "p.json", "--text").succeeded().out();
    assertThat(Files.size(directory.resolve("p.bpf"))).isEqualTo(8 * text.lines().count());
    assertThat(text).contains("x86_64").containsIgnoringCase("allow");
  }

  @Test
  void evidenceIsListedAndForgottenByRun() throws Exception {
    learn("--out", "p.json", "--", "/bin/true");
    String listed = tinyJail.run("evidence", "list").succeeded().out();
    assertThat(listed).contains("learn").contains("/bin/true").contains("exit 0");
    String id = listed.strip().split(" ", 2)[0];
    tinyJail.run("evidence", "forget", id).succeeded();
    assertThat(tinyJail.run("evidence", "list", "--json").succeeded().out().strip())
        .isEqualTo("[]");
    assertThat(tinyJail.run("evidence", "forget", id).status()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aTimeoutEndsTheProgramAndThePolicyIsWrittenAllTheSame() throws Exception {
    TinyJail.Result result =
        tinyJail.run("learn", "--timeout", "1s", "--out", "p.json", "--", "sleep", "60");
    assertThat(result.status()).isEqualTo(128 + 15);
    assertThat(result.err()).contains("time is up");
    assertThat(names(policy("p.json"))).contains("clock_nanosleep");
  }

  @Test
  void anInterruptBeforeTheProgramStartsEndsLearnWithoutAWord() throws Exception {
    Process learn = tinyJail.start("learn", "--", "sleep", "30");
    ProcessHandle java = ProcessHandle.of(Attacker.child(learn.pid(), "java")).orElseThrow();
    RealProgramsIT.signal(learn.pid(), "INT");
    java.onExit().get(30, TimeUnit.SECONDS);
    TinyJail.Result result = tinyJail.end(learn);
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isEqualTo(128 + 2);
  }

  private String access(String file) throws Exception {
    return Files.readAttributes(directory.resolve(file), "unix:mode,uid,gid").entrySet().stream()
        .map(entry -> entry.getKey() + "=" + Integer.toOctalString((Integer) entry.getValue()))
        .sorted()
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource({"0077, 100600", "0002, 100664"})
  void aNewFileIsAsOpenAsTheUmaskSays(String umask, String mode) throws Exception {
    Files.writeString(directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR);
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    String script = "umask " + umask + " && \"$0\" compile p.json -o p.bpf";
    Process compile = tinyJail.startOther(List.of("sh", "-c", script, tool), Map.of());
    tinyJail.end(compile).succeeded();
    assertThat(access("p.bpf")).isEqualTo("gid=0 mode=" + mode + " uid=0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"600", "664", "440"})
  void anUpdateKeepsModeAndOwnerOfThePolicyForItsBackupToo(String mode) throws Exception {
    Path policy = Files.writeString(directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR);
    tinyJail.run("run", "--policy", "p.json", "--", "mkdir", "made");
    Files.setAttribute(policy, "unix:uid", 65_533);
    Files.setAttribute(policy, "unix:gid", 65_532);
    Files.setAttribute(policy, "unix:mode", Integer.parseInt(mode, 8));
    String before = access("p.json");
    tinyJail.run("review", "--allow", "1", "--policy", "p.json").succeeded();
    assertThat(Files.readString(policy)).isNotEqualTo(Attacker.ALL_BUT_MKDIR);
    assertThat(List.of(access("p.json"), access("p.json.bak"))).containsOnly(before);
  }

  @Test
  void denialsThatFoundNoRoomAreCountedWhereverTheOthersAreShown() throws Exception {
    Files.writeString(directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR);
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    tinyJail.run("run", "--policy", "p.json", "--", "true").succeeded();
    // A file may have 256 KiB, of which each mkdir takes some for its mappings.
    String script =
        "ulimit -f 512; exec \"$0\" run --policy p.json --"
            + " sh -c 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); mkdir made-$i; done'";
    Process run = tinyJail.startOther(List.of("sh", "-c", script, tool), Map.of());
    assertThat(tinyJail.end(run).err())
        .contains("denied calls could not be recorded")
        .containsPattern("300 calls denied; \"tiny-jail review\" shows [1-9][0-9]* of them\n");

    String lost = "/dash: not complete: ";
    assertThat(tinyJail.run("review").succeeded().err()).contains(lost);
    assertThat(tinyJail.run("review", "--json").succeeded().err()).contains(lost);
    assertThat(tinyJail.run("review", "--program", "/dash").err()).contains(lost);
    assertThat(tinyJail.run("review", "--program", "other").err()).doesNotContain(lost);
    assertThat(tinyJail.run("evidence", "list").out()).containsPattern("[1-9][0-9]* lost");
    assertThat(tinyJail.run("evidence", "list", "--json").out())
        .containsPattern("\"lost\":[1-9][0-9]*");
  }

  @Test
  void fastLetsKnownCallsRunAndStillLearnsNewOnes() throws Exception {
    learn("--out", "p.json", "--", "/usr/bin/env", "true");
    TinyJail.Result fast =
        tinyJail.run("learn", "--fast", "--out", "p.json", "--", "/usr/bin/env", "mkdir", "made");
    assertThat(fast.succeeded().err()).contains("mkdir").contains("at least");
    assertThat(names(policy("p.json"))).contains("mkdir", "execve", "mmap");
    assertThat(directory.resolve("made")).isDirectory();
  }

  @Test
  void theDistributionCanBeCopiedAndStartedThroughALink() throws Exception {
    Path copy = directory.resolve("copy");
    Process cp =
        new ProcessBuilder("cp", "-r", TinyJail.distribution().toString(), copy.toString())
            .inheritIO()
            .start();
    assertThat(cp.waitFor()).isZero();
    Path link = Files.createSymbolicLink(directory.resolve("tj"), copy.resolve("bin/tiny-jail"));
    Process learned =
        tinyJail.startOther(
            List.of(link.toString(), "learn", "--out", "p.json", "--", "/bin/true"),
            java.util.Map.of());
    tinyJail.end(learned).succeeded();
    assertThat(directory.resolve("p.json")).exists();
  }

  @Test
  void rootLearnsWithoutLandlockScopesSinceLearningProtectsFromNothing() throws Exception {
    List<String> learn =
        List.of(TinyJail.distribution() + "/bin/tiny-jail", "learn", "--quiet", "--", "true");
    TinyJail.Result learned =
        tinyJail.end(tinyJail.startOther(learn, Map.of("TINY_JAIL_TEST_WITHOUT", "landlock")));
    assertThat(learned).isEqualTo(new TinyJail.Result(0, "", ""));
    assertThat(names(policy("true.policy.json"))).contains("exit_group");
  }

  @Test
  void runNamesThePolicysCallsThatNoTableHolds() throws Exception {
    Files.writeString(
        directory.resolve("new.json"),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":"
            + "[\"mkdir\",\"brand_new\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
    assertThat(tinyJail.run("run", "--policy", "new.json", "--", "true").succeeded().err())
        .contains(
            "tiny-jail: new.json: ignored, no calls of x86, x32, x86-64 or aarch64:"
                + " brand_new\n");
  }

  @Test
  void runSaysWhatAMisspelledCallOfThePolicyWasProbablyMeantToBe() throws Exception {
    Files.writeString(
        directory.resolve("typo.json"),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":"
            + "[\"mkdri\",\"osf_sigprocmask\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
    assertThat(tinyJail.run("run", "--policy", "typo.json", "--", "true").succeeded().err())
        .contains("aarch64: mkdri (did you mean mkdir?)\n");
  }

  @Test
  void anUnknownWordIsAnsweredWithTheNearestCommand() throws Exception {
    TinyJail.Result result = tinyJail.run("lern");
    assertThat(result.status()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err())
        .isEqualTo("tiny-jail: unknown command \"lern\"; did you mean learn?\n");
  }

  @Test
  void theDistributionHoldsTheManualAndTheCompletionsAsPrinted() throws Exception {
    Path share = TinyJail.distribution().resolve("share");
    assertThat(share.resolve("man/man1/tiny-jail.1")).exists();
    for (String command : names()) {
      assertThat(share.resolve("man/man1/tiny-jail-" + command + ".1"))
          .content()
          .contains(".Nm tiny-jail " + command);
    }
    assertThat(share.resolve("bash-completion/completions/tiny-jail"))
        .hasContent(tinyJail.run("completion", "bash").succeeded().out());
    assertThat(share.resolve("zsh/site-functions/_tiny-jail")).exists();
    assertThat(share.resolve("fish/vendor_completions.d/tiny-jail.fish")).exists();
    TinyJail.Result other = tinyJail.run("completion", "bsh");
    assertThat(other.status()).isEqualTo(ExitCode.USAGE);
    assertThat(other.err()).contains("no completion for \"bsh\"; did you mean bash?");
    assertThat(tinyJail.run("help", "lern").status()).isEqualTo(ExitCode.USAGE);
  }
}
