package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Learning from many commands, on many hosts, of many executables. */
class ManyRunsIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  private Path workloads(String text) throws Exception {
    return Files.writeString(directory.resolve("w.txt"), text);
  }

  @Test
  void aFileOfCommandsIsLearnedInOneGoAndWhatFailsIsReported() throws Exception {
    workloads(
        """
        # what the program does
        sh -c 'printf "%s|" "$@" >words; printf "%s" "$OF_THE_CALLER" >environment' \
        sh "a \\"b\\" \\$c" d\\ e '' 'f'g#h   # a comment

        mkdir "made here"
        no-such-command
        sh -c 'kill -9 $$'
        rmdir 'made here'
        """);
    TinyJail.Result result =
        tinyJail.end(
            tinyJail.startOther(
                List.of(
                    TinyJail.distribution() + "/bin/tiny-jail",
                    "learn",
                    "--from-file",
                    "w.txt",
                    "--profile",
                    "web",
                    "--out",
                    "web.json"),
                Map.of("OF_THE_CALLER", "here")));
    assertThat(result.status()).as(result.err()).isEqualTo(1);
    assertThat(result.err())
        .contains("[2/5] mkdir made here\n")
        .contains("w.txt:5: no-such-command: command not found\n")
        .contains("w.txt:6: ended by signal 9")
        .contains("2 of 5 commands failed")
        .containsOnlyOnce("saw ")
        .containsOnlyOnce("wrote web.json");
    assertThat(directory.resolve("words")).hasContent("a \"b\" $c|d e||fg#h|");
    assertThat(directory.resolve("environment")).hasContent("here");
    assertThat(tinyJail.calls("web.json")).contains("mkdir", "rmdir", "kill");
    assertThat(Files.readString(directory.resolve("web.why.json")))
        .doesNotContain("bin/tiny-jail")
        .contains("/usr/bin/mkdir", "/usr/bin/rmdir");
    assertThat(tinyJail.run("evidence", "list").succeeded().out())
        .hasLineCount(1)
        .contains("exit 1", "--from-file w.txt");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "ls | wc, w.txt:1:4: no shell reads this line",
        "`ls\\n  ls \"x\\n`, w.txt:2:6: this \" is not closed",
        "ls 'x, w.txt:1:4: this ' is not closed",
        "ls $HOME, w.txt:1:4: no shell",
        "`ls \"a$b\"`, w.txt:1:6: no shell",
        "ls \\, w.txt:1:4: a backslash at the end of the line",
        "`''`, w.txt:1:1: an empty word",
        "# nothing, w.txt: holds no command",
        "`true\\nmkdir x`, w.txt:2: /usr/bin/mkdir is another program than /usr/bin/true",
      })
  void aFileThatIsNotUnderstoodStartsNothingAndSaysWhere(String text, String problem)
      throws Exception {
    workloads(text.replace("\\n", "\n"));
    TinyJail.Result result = tinyJail.run("learn", "--from-file", "w.txt", "--out", "p.json");
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err()).contains(problem).doesNotContain("[1/");
    assertThat(directory.resolve("p.json")).doesNotExist();
  }

  @Test
  void anInterruptEndsTheFileAfterTheCommandThatRunsAndKeepsWhatWasLearned() throws Exception {
    workloads("sh -c 'echo $$ >running.new; mv running.new running; exec sleep 60'\nmkdir never\n");
    Process learn =
        tinyJail.start("learn", "--from-file", "w.txt", "--profile", "p", "--out", "p.json");
    Attacker.await("the first command", () -> Files.exists(directory.resolve("running")));
    RealProgramsIT.signal(learn.pid(), "INT");
    assertThat(learn.waitFor(30, TimeUnit.SECONDS)).isTrue();
    TinyJail.Result result = tinyJail.end(learn);
    assertThat(result.status()).isEqualTo(130);
    assertThat(result.err()).contains("commands left out: 1").contains("wrote p.json");
    assertThat(directory.resolve("never")).doesNotExist();
    assertThat(tinyJail.calls("p.json")).contains("renameat2", "execve").doesNotContain("mkdir");
  }

  @Test
  void appendAndFreshContradictEachOther() throws Exception {
    TinyJail.Result result = tinyJail.run("learn", "--append", "--fresh", "--", "true");
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err()).contains("--fresh forgets what --append adds to");
  }

  private TinyJail.Result learnPersonalities(String values) throws Exception {
    String program = "syscall 135, $_ for " + values;
    return tinyJail
        .run("learn", "--widen", "3", "--out", "p.json", "--", "perl", "-e", program)
        .succeeded();
  }

  @Test
  void aSetOfValuesThatGrowsOverRunsIsWidenedWithOneNoticeAndExplained() throws Exception {
    String open = "personality: any persona is allowed: it took 4 values";
    assertThat(learnPersonalities("0, 0x40000, 0x80000").err()).doesNotContain("widened");
    String limited = tinyJail.run("explain", "p.json", "personality").succeeded().out();
    assertThat(limited).contains("personality(persona=PER_LINUX)").doesNotContain("any persona");

    assertThat(learnPersonalities("0x100000").err())
        .containsOnlyOnce("widened " + open + "; --widen sets");
    assertThat(learnPersonalities("0x200000").err()).doesNotContain("widened");
    assertThat(tinyJail.run("explain", "p.json", "personality").succeeded().out())
        .contains("  allow  personality\n", "any persona is allowed: it took 5 values");
    assertThat(tinyJail.run("explain", "p.json").succeeded().out())
        .contains("personality: any persona is allowed: it took 5 values\n");
    assertThat(tinyJail.run("explain", "p.json", "personality", "--json").succeeded().out())
        .contains("\"widened\":[{\"argument\":0,\"name\":\"persona\",\"values\":5}]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65", "-1", "many", "99999999999"})
  void aBoundOnCombinationsIsANumberThatLearningTellsApart(String widen) throws Exception {
    TinyJail.Result result = tinyJail.run("learn", "--widen=" + widen, "--", "true");
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err())
        .contains("--widen wants a number from 1 to 64")
        .contains("was \"" + widen + "\"");
  }

  @Test
  void eachExecutableGetsAPolicyOfItsOwnThatHoldsIt() throws Exception {
    Files.copy(
        Path.of("/bin/mkdir"), Files.createDirectories(directory.resolve("own")).resolve("mkdir"));
    TinyJail.Result learned =
        tinyJail
            .run(
                "learn",
                "--per-executable",
                "--profile",
                "p",
                "--out",
                "app.policy.json",
                "--",
                "sh",
                "-c",
                "mkdir a; own/mkdir b; rmdir a b")
            .succeeded();
    String own = "app.own-mkdir.policy.json";
    assertThat(learned.err())
        .contains("wrote app.policy.json")
        .contains("wrote app.rmdir.policy.json: ")
        .contains("wrote app.bin-mkdir.policy.json: ")
        .contains("wrote " + own + ": ")
        .contains(" rules for /usr/bin/rmdir\n");
    assertThat(tinyJail.calls("app.policy.json")).contains("mkdir", "rmdir", "execve", "wait4");
    assertThat(tinyJail.calls(own)).contains("mkdir").doesNotContain("rmdir", "execve", "wait4");
    assertThat(tinyJail.calls("app.rmdir.policy.json")).contains("rmdir").doesNotContain("mkdir");
    assertThat(tinyJail.run("explain", own, "mkdir").succeeded().out())
        .contains("by " + directory.toRealPath().resolve("own/mkdir") + "\n");

    tinyJail.run("run", "--policy", own, "--", "own/mkdir", "c").succeeded();
    assertThat(directory.resolve("c")).isDirectory();
    assertThat(tinyJail.run("run", "--policy", own, "--", "rmdir", "c").status()).isNotZero();
    assertThat(directory.resolve("c")).isDirectory();

    Files.delete(directory.resolve(own));
    tinyJail
        .run("generate", "--program", "p", "--per-executable", "--out", "app.policy.json")
        .succeeded();
    assertThat(tinyJail.calls(own)).contains("mkdir").doesNotContain("rmdir");
  }

  private void learnInto(String store, String command) throws Exception {
    tinyJail
        .run(
            "learn",
            "--store",
            store,
            "--profile",
            "p",
            "--out",
            "p.json",
            "--",
            "sh",
            "-c",
            command)
        .succeeded();
  }

  @Test
  void evidenceOfTwoHostsBecomesOnePolicy() throws Exception {
    learnInto("here", "mkdir a");
    learnInto("other", "rmdir a");
    Files.writeString(directory.resolve("d.json"), Attacker.ALL_BUT_MKDIR);
    tinyJail.run(
        "run", "--profile", "p", "--policy", "d.json", "--store", "other", "--", "mkdir", "b");

    tinyJail.run("evidence", "export", "--store", "other", "-o", "other.jsonl").succeeded();
    TinyJail.Result taken = tinyJail.run("evidence", "import", "other.jsonl", "--store", "here");
    assertThat(taken.succeeded().err()).contains("imported 2 runs of ", ", 1 denial\n");
    taken = tinyJail.run("evidence", "import", "other.jsonl", "--store", "here");
    assertThat(taken.succeeded().err()).contains("imported 0 runs", "there already: 2 runs");

    tinyJail.run("generate", "--program", "p", "--out", "p.json", "--store", "here").succeeded();
    assertThat(tinyJail.calls("p.json")).contains("mkdir", "rmdir");
    assertThat(tinyJail.run("review", "--store", "here").succeeded().out()).contains("mkdir(\"b\"");
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    assertThat(tinyJail.run("evidence", "list", "--store", "here").succeeded().out())
        .hasLineCount(3)
        .contains("@" + host + "  enforce", "@" + host + "  learn");

    // Back where it came from: it is there.
    tinyJail
        .run("evidence", "export", "--profile", "p", "--store", "here", "-o", "here.jsonl")
        .succeeded();
    taken = tinyJail.run("evidence", "import", "here.jsonl", "--store", "other");
    assertThat(taken.succeeded().err()).contains("imported 1 run", "there already: 2 runs");
  }

  @Test
  void whatCannotBeImportedWholeIsNotImported() throws Exception {
    learnInto("other", "true");
    String file = tinyJail.run("evidence", "export", "--store", "other").succeeded().out();
    Files.writeString(directory.resolve("good.jsonl"), file);
    Files.writeString(directory.resolve("bad.jsonl"), file.replace("\"count\":1,", "\"count\":0,"));
    TinyJail.Result result =
        tinyJail.run("evidence", "import", "good.jsonl", "bad.jsonl", "--store", "here");
    assertThat(result.status()).isEqualTo(4);
    assertThat(result.err())
        .contains("nothing was imported\n", "bad.jsonl:", "found 0; wanted a count from 1");
    assertThat(tinyJail.run("evidence", "list", "--store", "here").err()).contains("no runs");

    Process piped =
        tinyJail.startOther(
            List.of(
                TinyJail.distribution() + "/bin/tiny-jail",
                "evidence",
                "import",
                "-",
                "--store",
                "here"),
            Map.of(),
            Redirect.from(directory.resolve("good.jsonl").toFile()));
    assertThat(tinyJail.end(piped).succeeded().err()).contains("imported 1 run of ");
  }

  @ParameterizedTest
  @CsvSource({
    "export 18a2-1, 2, no run has the id \"18a2-1\"",
    "export --profile none, 2, no run has the profile \"none\"",
    "export --profile p 18a2-1, 2, not both",
    "import, 2, import FILE...",
    "import no-such-file, 4, no-such-file: no such file",
    "import home, 4, home: not a regular file",
  })
  void whatCannotBeExportedOrImportedIsNamed(String words, int status, String problem)
      throws Exception {
    TinyJail.Result result = tinyJail.run(("evidence " + words).split(" "));
    assertThat(result.status()).isEqualTo(status);
    assertThat(result.err()).contains(problem);
  }
}
