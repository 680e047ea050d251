package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Programs of this Debian and of a newer one, Debian 13 with glibc 2.41, whose packages are
 * unpacked: each is started by its own linker, with its own libraries.
 */
class NewerDebianIT {
  private static final Path NEWER = Path.of("target/debian-13").toAbsolutePath();
  private static final String LIBRARIES = "usr/lib/x86_64-linux-gnu";

  /** A program and its arguments, in which a no-break space stands for a space. */
  private static final String PROGRAMS =
      """
      /usr/bin/ls           | -l /etc
      /usr/bin/sort         | --parallel=2 in
      /usr/bin/cp           | -a in out
      /usr/bin/find         | /etc/ssl -name c*
      /usr/bin/grep         | -r b in /etc/ssl
      /usr/bin/sed          | -i s/a/b/ in
      /usr/bin/tar          | cf t.tar in
      /usr/bin/gzip         | -kf in
      /usr/bin/dash         | -c echo&wait
      /usr/bin/sqlite3      | t.db pragma\u00a0journal_mode=wal;create\u00a0table\u00a0if\u00a0not\u00a0exists\u00a0t(a);vacuum
      /usr/bin/curl         | -s file:///etc/hostname
      /usr/bin/openssl      | rand -hex 4
      /usr/bin/jq           | -n 1+1
      /usr/bin/redis-cli    | -p 9 ping
      /usr/bin/redis-server | --version
      /usr/sbin/nginx       | -v
      """;

  /** One for all, with what was found in the libraries. */
  @TempDir static Path directory;

  private static TinyJail tinyJail;

  @BeforeAll
  static void unpack() throws Exception {
    tinyJail = new TinyJail(directory);
    if (Files.exists(NEWER)) {
      return;
    }
    List<String> words = new ArrayList<>(List.of("../scripts/unpack-debian", "trixie", "" + NEWER));
    words.addAll(List.of("base-files", "coreutils", "findutils", "grep", "sed", "tar", "gzip"));
    words.addAll(List.of("dash", "sqlite3", "curl", "openssl", "jq", "redis-tools"));
    words.addAll(List.of("redis-server", "nginx"));
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
  }

  @BeforeEach
  void makeInput() throws IOException {
    Files.deleteIfExists(directory.resolve("in.gz"));
    Files.writeString(directory.resolve("in"), "3 a\n1 b\n");
  }

  private static List<String> split(String words) {
    return Stream.of(words.split(" ")).map(word -> word.replace('\u00a0', ' ')).toList();
  }

  private static List<String> newer(String program, List<String> words) {
    List<String> command = new ArrayList<>();
    command.add(NEWER + "/usr/lib64/ld-linux-x86-64.so.2");
    command.addAll(List.of("--inhibit-cache", "--library-path", NEWER.resolve(LIBRARIES) + ""));
    command.add(NEWER + program);
    command.addAll(words);
    return command;
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = PROGRAMS)
  void aPolicyThatOutlivesUpdatesFitsTheProgramOfANewerDebian(String program, String words)
      throws Exception {
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    List<String> learn = new ArrayList<>(List.of(tool, "learn", "--drift-safe", "--out", "p.json"));
    learn.addAll(List.of("--", program));
    learn.addAll(split(words));
    TinyJail.Result here = tinyJail.end(tinyJail.startOther(learn, Map.of()));

    List<String> run = new ArrayList<>(List.of(tool, "run", "--policy", "p.json", "--"));
    run.addAll(newer(program, split(words)));
    TinyJail.Result there = tinyJail.end(tinyJail.startOther(run, Map.of()));
    assertThat(there.err()).doesNotContain("denied");
    assertThat(there.status()).as(there.err()).isEqualTo(here.status());
  }

  /** glibc 2.41 hands the numbers of calls that can be cancelled on to __syscall_cancel. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = PROGRAMS)
  void whatStraceSeesOfANewerGlibcIsInTheList(String program, String words) throws Exception {
    Path log = directory.resolve("strace.log");
    List<String> strace = new ArrayList<>(List.of("strace", "-f", "-o", log.toString()));
    strace.addAll(newer(program, split(words)));
    tinyJail.end(tinyJail.startOther(strace, Map.of()));
    Set<String> seen = new HashSet<>(Strace.names(log));
    seen.removeAll(Set.of("execve", "restart_syscall"));
    assertThat(seen).hasSizeGreaterThan(5);
    assertThat(analyzed(program)).containsAll(seen);
    assertThat(analyzed(program, "--precise")).containsAll(seen).hasSizeLessThan(160);
  }

  private List<String> analyzed(String program, String... options) throws Exception {
    List<String> words =
        new ArrayList<>(List.of("analyze", "--root", NEWER.toString(), program, "--json"));
    words.addAll(List.of(options));
    TinyJail.Result result = tinyJail.run(words.toArray(String[]::new)).succeeded();
    JsonNode one = JsonMapper.shared().readTree(result.out()).get(0);
    assertThat(one.get("missing")).isEmpty();
    return one.get("calls").valueStream().map(call -> call.get("call").asString()).toList();
  }
}
