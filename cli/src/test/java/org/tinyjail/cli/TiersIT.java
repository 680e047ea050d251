package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From evidence of all kinds to policies: modes, tiers, and what outlives an update. */
class TiersIT {
  private static final String WITHHELD =
      "withheld, since it can make them and was not seen to, and for their risk: ptrace;"
          + " --mode sound allows them\n";

  @TempDir Path directory;

  private TinyJail tinyJail;

  @BeforeEach
  void setUp() throws IOException {
    tinyJail = new TinyJail(directory);
  }

  /** Learns {@code cat}, and takes in that it can make other calls too. */
  private void learnWithPossible(String... calls) throws Exception {
    tinyJail
        .run("learn", "--store", "seen", "--profile", "p", "--", "/bin/cat", "/etc/hostname")
        .succeeded();
    List<String> lines =
        new ArrayList<>(
            tinyJail
                .run("evidence", "export", "--store", "seen")
                .succeeded()
                .out()
                .lines()
                .toList());
    String end = lines.remove(lines.size() - 1);
    String read =
        lines.stream()
            .filter(line -> line.contains("\"syscall\":\"read\""))
            .findFirst()
            .orElseThrow();
    String seen = "\"/nowhere/cat\""; // in no file is more to be found
    lines.replaceAll(line -> line.replaceAll("\"[^\"]*/cat\"", seen));
    read = read.replaceAll("\"[^\"]*/cat\"", seen);
    for (String call : calls) {
      lines.add(
          read.replace("\"syscall\":\"read\"", "\"syscall\":\"" + call + "\"")
              .replace("\"observed\"", "\"static\""));
    }
    lines.add(end.replaceAll("[0-9]+", String.valueOf(lines.size())));
    Files.write(directory.resolve("all.jsonl"), lines);
    tinyJail.run("evidence", "import", "all.jsonl", "--store", "all").succeeded();
  }

  private TinyJail.Result generate(String... options) throws Exception {
    List<String> words =
        new ArrayList<>(List.of("generate", "--program", "p", "--store", "all", "--out", "p.json"));
    words.addAll(List.of(options));
    return tinyJail.run(words.toArray(String[]::new)).succeeded();
  }

  @Test
  void whatIsPossibleIsAllowedAsTheModeSays() throws Exception {
    learnWithPossible("getpid", "socket", "ptrace");
    assertThat(generate("--mode", "strict").err())
        .contains("withheld, since it can make them and was not seen to: getpid, ptrace, socket;");
    assertThat(tinyJail.calls("p.json"))
        .contains("openat")
        .doesNotContain("getpid", "socket", "ptrace", "bpf");
    assertThat(generate().err())
        .contains("allowed 2 calls that it can make and was not seen to make\n", WITHHELD);
    assertThat(tinyJail.calls("p.json"))
        .contains("openat", "getpid", "socket")
        .doesNotContain("ptrace", "bpf");
    assertThat(generate("--mode", "sound").err()).doesNotContain("withheld");
    assertThat(tinyJail.calls("p.json"))
        .contains("openat", "getpid", "socket", "ptrace")
        .doesNotContain("bpf");
  }

  @Test
  void explainNamesTheTierOfEachCall() throws Exception {
    learnWithPossible("getpid", "ptrace");
    generate();
    assertThat(explain("openat")).contains("      needed\n      observed");
    assertThat(explain("getpid")).contains("      possible\n      static");
    assertThat(explain("rt_sigreturn")).contains("      added\n      every program needs it");
    assertThat(explain("ptrace"))
        .contains("no rule: errno EPERM\n  withheld  ptrace: possible, never seen; takes over")
        .contains("(--mode balanced)");
    assertThat(explain("bpf")).contains("no rule: errno EPERM\n      impossible: never seen");
    assertThat(tinyJail.run("explain", "p.json").succeeded().out())
        .containsPattern("(?m)^openat +allow +[0-9]+ +needed +observed ")
        .containsPattern("(?m)^getpid +allow +[0-9]+ +possible +static ")
        .containsPattern("(?m)^ptrace +errno EPERM +withheld +static +takes over ");
    assertThat(tinyJail.run("explain", "p.json", "ptrace", "--json").succeeded().out())
        .contains("\"action\":\"errno EPERM\",\"tier\":\"withheld\"");
    assertThat(Files.readString(directory.resolve("p.why.json")))
        .contains("\"mode\": \"balanced\"", "\"tier\": \"possible\"", "\"syscall\": \"ptrace\"");
  }

  private String explain(String call) throws Exception {
    return tinyJail.run("explain", "p.json", call).succeeded().out();
  }

  @Test
  void withoutAnalysisNothingIsSaidToBeImpossible() throws Exception {
    tinyJail.run("learn", "--out", "p.json", "--", "/bin/true").succeeded();
    assertThat(explain("bpf")).contains("      never seen\n").doesNotContain("impossible");
  }

  @Test
  void learningIsNotFedWithWhatIsOnlyPossible() throws Exception {
    learnWithPossible("getpid");
    String[] learn = {
      "learn",
      "--fast",
      "--store",
      "all",
      "--profile",
      "p",
      "--out",
      "p.json",
      "--",
      "sh",
      "-c",
      ":"
    };
    assertThat(tinyJail.run(learn).succeeded().err()).contains("getpid");
    assertThat(explain("getpid")).contains("      needed\n      observed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ls -l /etc",
        "/usr/bin/python3 -c 'import subprocess; subprocess.run([\"/bin/true\"], check=True)'",
        "sqlite3 :memory: 'select 1'",
        "sh -c 'mkdir d && cd d && touch f && mv f g && rm g && cd .. && rmdir d'"
      })
  void whatWasLearnedRunsUnderAPolicyThatOutlivesUpdates(String command) throws Exception {
    String line =
        "$T learn --quiet --drift-safe --default kill --out p.json -- "
            + command
            + " && $T run --policy p.json -- "
            + command;
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    TinyJail.Result result =
        tinyJail.end(
            tinyJail.startOther(List.of("bash", "-c", line.replace("$T", tool)), Map.of()));
    assertThat(result.succeeded().err()).doesNotContain("denied");
    assertThat(Files.readString(directory.resolve("p.why.json"))).contains("drift: stands in for");
  }

  /** Another libc in earnest: what glibc's build was seen to call, for musl's build. */
  @Test
  void aProgramLearnedWithOneLibcRunsWithAnotherIfThePolicyOutlivesUpdates() throws Exception {
    build("gcc", "here");
    build("musl-gcc", "other");
    String[] learn = {"learn", "--quiet", "--default", "kill", "--out", "p.json", "--", "./here"};
    tinyJail.run(learn).succeeded();
    assertThat(tinyJail.run("run", "--policy", "p.json", "--", "./other").status())
        .isEqualTo(128 + 31);
    tinyJail.run("convert", "p.json", "--drift-safe", "-o", "safe.json").succeeded();
    assertThat(tinyJail.run("run", "--policy", "safe.json", "--", "./other").succeeded().out())
        .isEqualTo("done\n");
    tinyJail.run("run", "--policy", "safe.json", "--", "./here").succeeded();
  }

  private void build(String compiler, String name) throws Exception {
    Path source = directory.resolve("drift.c");
    Files.writeString(source, PROGRAM);
    tinyJail
        .end(
            tinyJail.startOther(
                List.of(compiler, "-static", "-O1", "-o", name, source.toString()), Map.of()))
        .succeeded();
  }

  private static final String PROGRAM =
      """
      #include <fcntl.h>
      #include <stdio.h>
      #include <sys/resource.h>
      #include <sys/select.h>
      #include <sys/stat.h>
      #include <sys/time.h>
      #include <sys/wait.h>
      #include <time.h>
      #include <unistd.h>

      int main(void) {
        struct stat about;
        struct rlimit limit;
        struct timeval now = {0, 1};
        struct timespec moment = {0, 1};
        int ends[2];
        int file = open("here", O_RDONLY);
        if (file < 0 || fstat(file, &about) || stat("here", &about) || lstat("here", &about)
            || faccessat(AT_FDCWD, "here", R_OK, 0) || access("here", R_OK) || pipe(ends)
            || select(0, 0, 0, 0, &now) || nanosleep(&moment, 0) || getrlimit(RLIMIT_CORE, &limit)
            || utimes("here", 0) || dup2(file, ends[0]) < 0)
          return 1;
        pid_t child = fork();
        if (child == 0) _exit(0);
        if (child < 0 || waitpid(child, 0, 0) != child) return 2;
        return write(1, "done\\n", 5) != 5; // musl's stdio also asks whether it is a terminal
      }
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2   | did you mean balanced?      | generate --program p --out p.json --mode blanced
          125 | did you mean sound?         | learn --mode sond -- true
          2   | did you mean docker?        | generate --program p --out p.json --for dokcer
          2   | --drift-safe resolves       | convert @docker --to docker --drift-safe -o p.json
          """)
  void wrongUseSaysWhatWasMeant(int status, String said, String words) throws Exception {
    TinyJail.Result result = tinyJail.run(words.split(" "));
    assertThat(result.err()).contains(said);
    assertThat(result.status()).isEqualTo(status);
    assertThat(directory.resolve("p.json")).doesNotExist();
  }

  @Test
  void aPolicyForAContainerIsLearnedAtOnceAndSaysWhatIsTheRuntimes() throws Exception {
    String[] learn = {"learn", "--for", "docker", "--out", "p.json", "--", "/bin/true"};
    assertThat(tinyJail.run(learn).succeeded().err())
        .contains("that runc or crun makes before it starts");
    assertThat(tinyJail.calls("p.json")).contains("execve", "setgroups");
    assertThat(explain("setgroups"))
        .contains("      added\n      runc or crun makes it before the program");
    assertThat(tinyJail.run("check", "--for", "docker", "p.json").out())
        .doesNotContain("runtime-needs");
  }
}
