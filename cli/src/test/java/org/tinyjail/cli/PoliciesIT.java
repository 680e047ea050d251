package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code check}, {@code diff} and {@code merge} as a user types them. */
class PoliciesIT {
  private static final String OWN = "import resource; resource.prlimit(0, resource.RLIMIT_CORE)";
  private static final String BY_NUMBER =
      "import os, resource; resource.prlimit(os.getpid(), resource.RLIMIT_CORE)";

  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    policy("read.json", "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}");
    policy("typo.json", "{\"names\":[\"raed\"],\"action\":\"SCMP_ACT_ALLOW\"}");
    policy(
        "twice.json",
        "{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
            + "{\"index\":0,\"op\":\"SCMP_CMP_EQ\",\"value\":1},"
            + "{\"index\":0,\"op\":\"SCMP_CMP_EQ\",\"value\":2}]}");
    policy(
        "inet.json",
        "{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_ALLOW\"},"
            + "{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
            + "{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":4294967295,\"valueTwo\":2}]}");
  }

  private void policy(String name, String rules) throws Exception {
    String json =
        """
        {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],
         "syscalls":[%s]}
        """;
    Files.writeString(directory.resolve(name), json.formatted(rules));
  }

  @ParameterizedTest
  @CsvSource({
    "typo.json, warning, 1",
    "typo.json, error, 1",
    "learned.json, warning, 0",
    "learned.json, note, 1"
  })
  void checkEndsWithFindingsFromTheAskedSeverityOn(String file, String level, int code)
      throws Exception {
    tinyJail.run("learn", "--out", "learned.json", "--", "/bin/true").succeeded();
    assertThat(tinyJail.run("check", "--severity", level, file).status()).isEqualTo(code);
  }

  @Test
  void checkSaysWhatWhereWhyAndWhatToDoOfSeveralFiles() throws Exception {
    TinyJail.Result result = tinyJail.run("check", "typo.json", "twice.json");
    assertThat(result.status()).isEqualTo(ExitCode.FINDINGS);
    assertThat(result.out())
        .contains("typo.json:2:24: warning: unknown system call raed; did you mean read?")
        .contains("twice.json:2:24: error: two conditions on one argument of socket")
        .contains("[repeated-index]", "    why: ", "    do:  ");
    assertThat(result.err()).startsWith("tiny-jail: 2 files: ");
    assertThat(tinyJail.run("check", "--json", "typo.json").out())
        .startsWith("[{\"id\":")
        .contains("\"line\":2", "\"severity\":\"warning\"");
  }

  @Test
  void diffSaysWhatTheSecondLetsPassOrDenies() throws Exception {
    TinyJail.Result wider = tinyJail.run("diff", "read.json", "inet.json");
    assertThat(wider.status()).isEqualTo(ExitCode.FINDINGS);
    assertThat(wider.out())
        .isEqualTo(
            "+ socket(domain=AF_INET): errno EPERM -> allow\n+ write: errno EPERM -> allow\n");
    assertThat(tinyJail.run("diff", "inet.json", "read.json").out())
        .startsWith("- socket(domain=AF_INET): allow -> errno EPERM\n");
    assertThat(tinyJail.run("diff", "read.json", "read.json").succeeded().out()).isEmpty();
    assertThat(tinyJail.run("diff", "--json", "read.json", "inet.json").out())
        .contains("\"call\":\"socket\"", "\"index\":0");
  }

  @Test
  void diffSaysForWhichOtherArgumentsTheAnswersDiffer() throws Exception {
    policy("all.json", "{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\"}");
    assertThat(tinyJail.run("diff", "inet.json", "all.json").out())
        .contains("+ socket where not (domain=AF_INET): errno EPERM -> allow\n");
    policy(
        "other.json",
        "{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
            + "{\"index\":0,\"op\":\"SCMP_CMP_NE\",\"value\":40}]}");
    assertThat(tinyJail.run("diff", "all.json", "other.json").out())
        .contains("- socket(domain=AF_VSOCK): allow -> errno EPERM\n");
  }

  @Test
  void explainShowsTheRulesWhereNoReasonsAreKnown() throws Exception {
    TinyJail.Result all = tinyJail.run("explain", "inet.json").succeeded();
    assertThat(all.err()).contains("inet.why.json is missing").hasLineCount(1);
    assertThat(all.out())
        .containsPattern("(?m)^read +allow +- +read from a descriptor$")
        .containsPattern("(?m)^socket\\(domain=AF_INET\\) +allow ")
        .containsPattern("(?m)^any other call +errno EPERM$");
    assertThat(tinyJail.run("explain", "inet.json", "socket").succeeded().out())
        .endsWith("  allow  socket(domain=AF_INET)\n  otherwise: errno EPERM\n");
    assertThat(tinyJail.run("explain", "--json", "inet.json", "socket").succeeded().out())
        .isEqualTo(
            "[{\"call\":\"socket\",\"rule\":\"socket(domain=AF_INET)\",\"action\":\"allow\","
                + "\"tier\":\"\",\"evidence\":[],\"executables\":[],\"widened\":[],\"sample\":\"\",\"note\":\"\"}]\n");
  }

  @Test
  void mergeWritesWhatBothOrEachLetPass() throws Exception {
    tinyJail.run("merge", "read.json", "inet.json", "-o", "all.json").succeeded();
    tinyJail.run("diff", "all.json", "inet.json").succeeded();
    tinyJail.run("merge", "--intersect", "read.json", "inet.json", "-o", "least.json").succeeded();
    tinyJail.run("diff", "least.json", "read.json").succeeded();
    assertThat(tinyJail.run("merge", "read.json", "-o", "x.json").status())
        .isEqualTo(ExitCode.USAGE);
    assertThat(directory.resolve("x.json")).doesNotExist();
  }

  @Test
  void checkNotesLimitsOfOtherProcessesOnlyWhereAProgramNamedAProcess() throws Exception {
    tinyJail.run("learn", "--out", "own.json", "--", "python3", "-c", OWN).succeeded();
    assertThat(tinyJail.run("check", "own.json").out()).doesNotContain("prlimit64");
    assertThat(tinyJail.run("explain", "own.json", "prlimit64").succeeded().out())
        .contains("allow  prlimit64(pid=0, resource=RLIMIT_CORE)");
    tinyJail.run("run", "--policy", "own.json", "--", "python3", "-c", OWN).succeeded();

    tinyJail
        .run("learn", "--fresh", "--out", "any.json", "--", "python3", "-c", BY_NUMBER)
        .succeeded();
    assertThat(tinyJail.run("check", "any.json").out())
        .contains("any.json:", "note: prlimit64 with pid=1 passes");
    tinyJail.run("run", "--policy", "any.json", "--", "python3", "-c", BY_NUMBER).succeeded();
  }
}
