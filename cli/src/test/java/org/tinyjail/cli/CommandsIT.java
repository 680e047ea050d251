package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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

  private static List<String> names(Policy policy) {
    return policy.rules().stream().map(Rule::syscall).distinct().toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"learn", "run", "review", "explain", "generate", "compile", "evidence"})
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
    assertThat(directory.resolve("dash.policy.json")).exists();
    assertThat(directory.resolve("dash.policy.why.json")).exists();
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

    tinyJail.run("generate", "--program", "env", "--args", "none", "--out", "g.json").succeeded();
    assertThat(policy("g.json").rules()).allMatch(rule -> rule.conditions().isEmpty());
    tinyJail
        .run("run", "--policy", "g.json", "--default-action", "kill", "--", "/usr/bin/env", "true")
        .succeeded();

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
  void anUnknownWordIsAnsweredWithTheNearestCommand() throws Exception {
    TinyJail.Result result = tinyJail.run("lern");
    assertThat(result.status()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err())
        .isEqualTo("tiny-jail: unknown command \"lern\"; did you mean learn?\n");
  }
}
