package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the target inherits: the same with the launcher between it and the shell as without. */
class LauncherInheritanceTest {
  private static final String UNDER = "$TJ run --policy p.json -- ";

  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail().withCache();
    jail.plan(
        PlanBytes.mode(PlanBytes.RECORDER)
            .on(PlanBytes.CONNECT, PlanBytes.ERRNO | 1)
            .flags(PlanBytes.CACHEABLE));
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "trap '' HUP INT TERM CHLD PIPE ALRM;",
        "ulimit -n 40;",
        "ulimit -c 0; ulimit -s 1024; ulimit -f 100;",
        "umask 027; echo 300 > /proc/self/oom_score_adj;",
        "exec 0<&-;",
        "exec 0<&- 2>&-;",
        "exec 7</dev/null 9>/dev/null;",
        "exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null;",
      })
  void stateOfTheTargetIsTheCallers(String setUp) throws Exception {
    String bare = jail.shell(setUp + " exec $TARGET state").out();
    assertThat(bare).contains("SigIgn");
    assertThat(jail.shell(setUp + " exec " + UNDER + "$TARGET state").out()).isEqualTo(bare);
    assertThat(jail.cached()).hasSize(1);
    assertThat(jail.shell(setUp + " exec " + UNDER + "$TARGET state").out()).isEqualTo(bare);
  }

  @Test
  void closedStandardOutputStaysClosed() throws Exception {
    String check = "/bin/sh -c '[ -e /proc/self/fd/1 ] && exit 1; exit 0' >&-";
    assertThat(jail.shell(check).exit()).isEqualTo(jail.shell(UNDER + check).exit()).isZero();
  }

  @Test
  void wordsReachTheTargetAsRawBytes() throws Exception {
    String words = "printf '[%s]' $'\\xff\\xfe' '' 'a b' $'new\\nline'";
    assertThat(jail.shell(UNDER + "/usr/bin/" + words).out())
        .isEqualTo("[\u00ff\u00fe][][a b][new\nline]");
  }

  @Test
  void environmentReachesTheTargetAsRawBytesAndNothingIsAdded() throws Exception {
    String variables = "env -i RAW=$'\\xff\\x01' JAVA_TOOL_OPTIONS=-Xnone JAVA_HOME=$JAVA_HOME ";
    assertThat(jail.shell(variables + UNDER + "/usr/bin/env").out())
        .isEqualTo(jail.shell(variables + "/usr/bin/env").out())
        .contains("RAW=\u00ff\u0001");
  }

  @Test
  void nameOfTheTargetIsTheWordGiven() throws Exception {
    assertThat(jail.shell(UNDER + "sh -c 'cat /proc/$$/cmdline'").out()).startsWith("sh\u0000-c");
  }

  @Test
  void standardInputIsTheTargetsAlone() throws Exception {
    assertThat(jail.shell("printf 'a\\nb\\n' | (" + UNDER + "head -c 2; cat)").out())
        .isEqualTo("a\nb\n");
  }

  @Test
  void readerSeesTheEndWhenTheTargetClosesItsOutput() throws Exception {
    long start = System.nanoTime();
    assertThat(jail.shell(UNDER + "$TARGET close-output | cat; exit").out()).isEqualTo("closing\n");
    // The shell waits for the whole pipeline: what counts is when cat was through.
    assertThat(jail.shell("(" + UNDER + "$TARGET close-output &) | (cat; date +%s%N)").out())
        .startsWith("closing\n");
    assertThat(System.nanoTime() - start).isLessThan(6_000_000_000L);
  }

  @Test
  void javaGetsABuiltEnvironment() throws Exception {
    jail.java(
        "#!/bin/sh\n/usr/bin/env > "
            + jail.root
            + "/env.txt; pwd >> "
            + jail.root
            + "/env.txt; exit 4\n");
    String hostile =
        "JAVA_TOOL_OPTIONS=-javaagent:x LD_PRELOAD_X=1 CLASSPATH=y JDK_JAVA_OPTIONS=z NO_COLOR=1 ";
    assertThat(jail.shell(hostile + UNDER + "true").exit()).isEqualTo(4);
    assertThat(jail.shell("cat env.txt").out())
        .contains("LANG=C.UTF-8\n", "NO_COLOR=1\n", "PATH=")
        .doesNotContain(
            "JAVA_TOOL_OPTIONS", "LD_PRELOAD", "CLASSPATH", "JDK_JAVA_OPTIONS", "JAVA_HOME")
        .endsWith("/\n");
  }

  @Test
  void javaGetsTheDescriptorsOfTheWireAndNoOthers() throws Exception {
    jail.java(
        "#!/bin/sh\nls -l /proc/$$/fd | sed 's/.* \\([0-9]*\\) -> /\\1 /' > "
            + jail.root
            + "/fds; exit 4\n");
    jail.shell("exec 8</dev/null 3</dev/null; " + UNDER + "true");
    assertThat(jail.shell("cat fds").out())
        .containsPattern("(?m)^3 pipe:")
        .containsPattern("(?m)^4 socket:")
        .containsPattern("(?m)^5 /memfd:launch")
        .doesNotContainPattern("(?m)^8 ");
  }

  @Test
  void launchDescriptionHoldsTheRawWords() throws Exception {
    jail.java("#!/bin/sh\ncat <&5 > " + jail.root + "/launch; exit 4\n");
    jail.shell(UNDER + "sh -c $'\\xff'");
    assertThat(Jail.text(jail.root.resolve("launch")))
        .startsWith("TJLAUNC1\u0001\u0000\u0000\u0000\u0002\u0000\u0000\u0000sh")
        .contains("\u00ff", "" + Path.of("/bin/sh").toRealPath(), "p.json", "{}");
  }
}
