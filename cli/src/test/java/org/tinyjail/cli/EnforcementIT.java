package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/** A program that does what it never did while learned is denied; review mends just that. */
class EnforcementIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  private String learned(String... command) throws Exception {
    Path policy = directory.resolve("p.json");
    tinyJail.run(words(new String[] {"learn", "--out", "p.json", "--"}, command)).succeeded();
    assertThat(policy).exists();
    return policy.toString();
  }

  private TinyJail.Result held(String policy, String... command) throws Exception {
    return tinyJail.run(words(new String[] {"run", "--policy", policy, "--"}, command));
  }

  private static String[] words(String[] first, String[] second) {
    return Stream.concat(Stream.of(first), Stream.of(second)).toArray(String[]::new);
  }

  @Test
  void aPolicyFromAProgramThatNeverExecsHasNoExecveAndStartsItAllTheSame() throws Exception {
    String policy = learned("sqlite3", ":memory:", "select 1");
    assertThat(names(policy)).doesNotContain("execve", "execveat");

    assertThat(held(policy, "sqlite3", ":memory:", "select 41+1").succeeded().out())
        .isEqualTo("42\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "learn --out l.json",
        "trace --out log",
        "run --complain --quiet --policy c.json",
        "run --complain --watch --quiet --policy c.json"
      })
  void aSignalInTheReturnFromAnotherEndsNothing(String command) throws Exception {
    Files.writeString(
        directory.resolve("c.json"),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":"
            + "[{\"names\":[\"rt_sigreturn\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
    String[] words = (command + " --").split(" ", -1);
    String[] program = {Attacker.program("signals").toString()};
    assertThat(tinyJail.run(words(words, program)).succeeded().out()).isEqualTo("seen\n");
  }

  @Test
  void aShellOutOfSqliteIsDeniedListedAndAllowedOnDemand() throws Exception {
    String policy = learned("sqlite3", ":memory:", "select 1");

    TinyJail.Result shell = held(policy, "sqlite3", ":memory:", ".shell echo out");
    assertThat(shell.out()).doesNotContain("out");
    assertThat(shell.err()).contains("denied; \"tiny-jail review\" shows");

    for (int round = 0; round < 12; round++) {
      String listed = tinyJail.run("review").succeeded().out();
      String ids = ids(listed);
      if (ids.isEmpty()) {
        break;
      }
      tinyJail.run("review", "--allow", ids, "--policy", policy).succeeded();
      shell = held(policy, "sqlite3", ":memory:", ".shell echo out");
    }
    assertThat(shell.out()).isEqualTo("out\n");
    assertThat(names(policy)).contains("execve");
    assertThat(Path.of(policy + ".bak")).exists();
    assertThat(tinyJail.run("explain", policy, "execve").succeeded().out())
        .contains("allowed by a person")
        .contains("such as execve(\"");
  }

  @Test
  void aSecondExecveIsDeniedAndReviewShowsItsArguments() throws Exception {
    String policy = learned("/usr/bin/python3", "-c", "import os; print('learned')");
    TinyJail.Result result =
        held(
            policy,
            "/usr/bin/python3",
            "-c",
            "import os\ntry: os.execv('/bin/echo', ['echo', 'no'])\n"
                + "except PermissionError: print('refused')");
    assertThat(result.succeeded().out()).isEqualTo("refused\n");
    assertThat(tinyJail.run("review").succeeded().out())
        .contains("execve(\"/bin/echo\", [\"echo\", \"no\"]")
        .contains("high risk");
  }

  /** What python is made to do, and what review must show of it. */
  static Stream<String[]> forbidden() {
    return Stream.of(
        new String[] {
          "import socket; socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
          "socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC"
        },
        new String[] {
          "import ctypes; l=ctypes.CDLL(None, use_errno=True); r=l.ptrace(0,0,0,0);"
              + " import sys; sys.exit(0 if r==0 else 1)",
          "ptrace(PTRACE_TRACEME"
        });
  }

  @ParameterizedTest
  @MethodSource("forbidden")
  void whatWasNeverSeenIsDeniedWithDecodedArgumentsAndThenAllowedExactly(String code, String shown)
      throws Exception {
    String policy =
        learned(
            "/usr/bin/python3",
            "-c",
            "import socket, ctypes, sys; socket.socket(socket.AF_INET, socket.SOCK_STREAM);"
                + " ctypes.CDLL(None, use_errno=True)");
    assertThat(held(policy, "/usr/bin/python3", "-c", code).status()).isNotZero();
    String listed = tinyJail.run("review").succeeded().out();
    assertThat(listed).contains(shown);

    tinyJail.run("review", "--allow", ids(listed), "--policy", policy).succeeded();
    held(policy, "/usr/bin/python3", "-c", code).succeeded();
    // what was allowed outlives the next learning
    learned("/usr/bin/python3", "-c", "import socket, ctypes, sys");
    held(policy, "/usr/bin/python3", "-c", code).succeeded();
    // exactly that: another family stays denied
    assertThat(
            held(
                    policy,
                    "/usr/bin/python3",
                    "-c",
                    "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)")
                .status())
        .isNotZero();
  }

  @Test
  void denialsOfAScriptBelongToTheProfileThatItWasLearnedUnder() throws Exception {
    Files.writeString(directory.resolve("app.py"), "print('hello')\n");
    learned("/usr/bin/python3", "app.py");
    Files.writeString(directory.resolve("app.py"), "import socket; socket.socket()\n");
    held(directory.resolve("p.json").toString(), "/usr/bin/python3", "app.py");
    assertThat(tinyJail.run("review").succeeded().out())
        .matches("(?s)/usr/bin/python3[0-9.]* .*/app\\.py\n.*socket.*");
  }

  @Test
  void aPolicyThatKillsKillsAndTheExitCodeSaysSo() throws Exception {
    tinyJail
        .run(
            "learn",
            "--out",
            "p.json",
            "--default",
            "kill",
            "--",
            "sqlite3",
            ":memory:",
            "select 1")
        .succeeded();
    TinyJail.Result killed =
        held(directory.resolve("p.json").toString(), "sqlite3", ":memory:", ".shell echo no");
    assertThat(killed.out()).doesNotContain("no\n");
    assertThat(killed.status()).isEqualTo(128 + 31);
  }

  @Test
  void complainDeniesNothingAndRecordsAll() throws Exception {
    String policy = learned("/bin/true");
    TinyJail.Result result =
        tinyJail.run(
            "run", "--policy", policy, "--complain", "--", "sh", "-c", "echo a; echo b >f");
    assertThat(result.succeeded().out()).isEqualTo("a\n");
    assertThat(Files.readString(directory.resolve("f"))).isEqualTo("b\n");
    assertThat(tinyJail.run("review").succeeded().out()).contains("not denied (complain)");
  }

  /** Without execve, as most learned policies are, and without mkdir. */
  private String withoutExec() throws Exception {
    String denied = Attacker.ALL_BUT_MKDIR.replace("\"mkdir\"", "\"mkdir\",\"execve\"");
    return Files.writeString(directory.resolve("p.json"), denied).toString();
  }

  @Test
  void complainRecordsWhatTheProgramExecutesAndNotTheLaunchItself() throws Exception {
    String[] run = {"run", "--policy", withoutExec(), "--complain", "--"};
    TinyJail.Result result = tinyJail.run(words(run, new String[] {"env", "mkdir", "made"}));
    assertThat(result.succeeded().err()).contains("calls would have been denied");
    assertThat(tinyJail.run("review").succeeded().out())
        .contains("mkdir(\"made\"", "execve(\"")
        .doesNotContain("\"env\"]", "tiny-jail+0x");
  }

  @Test
  void noAgentSaysThatTheSupervisorStaysWhereThePolicyHasNoExecve() throws Exception {
    String[] run = {"run", "--policy", withoutExec(), "--no-agent", "--"};
    TinyJail.Result result = tinyJail.run(words(run, new String[] {"mkdir", "made"}));
    assertThat(result.err())
        .contains("note: --no-agent: the supervisor stays", "1 call denied; \"tiny-jail review\"");
    assertThat(tinyJail.run("review").succeeded().out()).contains("mkdir(\"made\"");
    String[] quiet = {"run", "--quiet", "--policy", "p.json", "--no-agent", "--", "true"};
    assertThat(tinyJail.run(quiet).succeeded().err()).isEmpty();
  }

  @Test
  void watchPrintsDenialsAsTheyHappen() throws Exception {
    String policy = learned("/usr/bin/python3", "-c", "import socket; print('learned')");
    TinyJail.Result result =
        tinyJail.run(
            "run",
            "--policy",
            policy,
            "--watch",
            "--",
            "/usr/bin/python3",
            "-c",
            "import socket\ntry: socket.socket()\nexcept OSError: print('refused')");
    assertThat(result.succeeded().out()).isEqualTo("refused\n");
    assertThat(result.err()).contains("socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC");
    assertThat(tinyJail.run("review").succeeded().out()).contains("socket(AF_INET");
  }

  @Test
  void noAgentLeavesNoSupervisorWhereThePolicyHasExecve() throws Exception {
    String policy = learned("sh", "-c", "/bin/true; cat /proc/$$/status");
    TinyJail.Result result =
        tinyJail.run(
            "run", "--policy", policy, "--no-agent", "--", "sh", "-c", "cat /proc/$$/status");
    assertThat(result.succeeded().out()).contains("Seccomp:\t2").contains("NoNewPrivs:\t1");
    long parent =
        result
            .out()
            .lines()
            .filter(line -> line.startsWith("PPid:"))
            .map(EnforcementIT::number)
            .findFirst()
            .orElseThrow();
    assertThat(parent).isEqualTo(ProcessHandle.current().pid());
  }

  private static long number(String line) {
    return Long.parseLong(line.replaceAll("\\D", ""));
  }

  private static String ids(String review) {
    return review
        .lines()
        .filter(line -> line.matches(" +[0-9]+  .*"))
        .map(line -> line.strip().split(" ", 2)[0])
        .collect(java.util.stream.Collectors.joining(","));
  }

  private static java.util.List<String> names(String policy) throws Exception {
    Policy read = OciSeccompJson.read(Path.of(policy));
    return read.rules().stream().map(Rule::syscall).toList();
  }
}
