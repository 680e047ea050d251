package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code analyze} on real programs, against what strace sees them do. */
class AnalyzeIT {
  private static final String FORESEES =
      "(?s).*allowed \\d+ calls that it can make and was not seen to make\n.*";

  /**
   * The launch's own, which strace shows; and what the kernel makes a thread do after a stop, with
   * no instruction for it: restart_syscall(2).
   */
  private static final Set<String> NOT_THE_PROGRAMS = Set.of("execve", "restart_syscall");

  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    Files.writeString(directory.resolve("in"), "3 a\n1 b\n2 c\n");
  }

  private Set<String> analyzed(String program, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("analyze", program, "--json"));
    words.addAll(List.of(options));
    JsonNode all = json(tinyJail.run(words.toArray(String[]::new)).succeeded());
    Set<String> calls = new TreeSet<>();
    all.get(0).get("calls").forEach(call -> calls.add(call.get("call").asString()));
    return calls;
  }

  private static JsonNode json(TinyJail.Result result) {
    return JsonMapper.shared().readTree(result.out());
  }

  private Set<String> traced(List<String> command, String... strace) throws Exception {
    Path log = directory.resolve("strace.log");
    List<String> words = new ArrayList<>(List.of("strace", "-f", "-o", log.toString()));
    words.addAll(List.of(strace));
    words.addAll(command);
    tinyJail.end(tinyJail.startOther(words, Map.of()));
    Set<String> names = new HashSet<>(Strace.names(log));
    names.removeAll(NOT_THE_PROGRAMS);
    return names;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/usr/bin/ls        | -laR /etc/ssl",
        "/usr/bin/sort      | --parallel=4 -S 1M /usr/share/dict/../doc/bash/copyright",
        "/usr/bin/cp        | -a in out",
        "/usr/bin/mv        | in in2",
        "/usr/bin/dd        | if=in of=out2 conv=fsync",
        "/usr/bin/df        | -a",
        "/usr/bin/tail      | -n 1 in",
        "/usr/bin/stat      | -f in",
        "/usr/bin/id        | root",
        "/usr/bin/chmod     | 600 in",
        "/usr/bin/mktemp    | -p .",
        "/usr/bin/touch     | -d yesterday in",
        "/usr/bin/sha256sum | in",
        "/usr/bin/find      | /etc/ssl -newer in",
        "/usr/bin/grep      | -r b in /etc/ssl",
        "/usr/bin/sed       | -i s/a/b/ in",
        "/usr/bin/mawk      | {print($1)} in",
        "/usr/bin/tar       | cf t.tar in",
        "/usr/bin/bash      | -c 'for i in 1 2; do echo $i; done | while read x; do echo $x; done'",
        "/usr/bin/dash      | -c 'echo $(:) > o; (ulimit -n 9)'",
        "/usr/bin/sqlite3   | t.db 'create table t(a); insert into t values(1); select * from t'",
        "/usr/bin/bc        | --version",
        "/usr/bin/jq        | -n '[range(9)]'",
        "/usr/bin/curl      | -s --max-time 2 http://localhost:9/",
        "/usr/bin/python3   | -c 'import threading, socket, subprocess, sqlite3; t = threading.Thread(target=print); t.start(); t.join()'",
        "/usr/bin/redis-cli | -p 9 ping",
        "/usr/sbin/nginx    | -t",
        "/usr/bin/git       | --version",
        "/usr/bin/gdb       | --version",
        "/bin/busybox       | ls -l /etc",
        "/usr/bin/strace    | -V",
        "/usr/sbin/runc     | --version",
        "/usr/bin/ps        | aux",
      })
  void whatStraceSeesIsInTheList(String program, String words) throws Exception {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(split(words));
    Set<String> seen = traced(command);
    assertThat(seen).hasSizeGreaterThan(5);
    assertThat(analyzed(program)).containsAll(seen);
    assertThat(analyzed(program, "--precise")).containsAll(seen);
  }

  /**
   * Compilers, C libraries and forms of linking: how each is made of a source of KindsOfProgramIT.
   */
  @ParameterizedTest
  @CsvSource({
    "cc -O2 -o P kind.c",
    "cc -O0 -o P kind.c",
    "cc -O2 -s -o P kind.c",
    "cc -O2 -no-pie -fno-plt -o P kind.c",
    "cc -O2 -static -o P kind.c",
    "cc -O2 -static -s -o P kind.c",
    "cc -O2 -static-pie -s -o P kind.c",
    "clang -O2 -o P kind.c",
    "clang -Os -static -o P kind.c",
    "musl-gcc -O2 -o P kind.c",
    "musl-gcc -O2 -static -s -o P kind.c",
    "c++ -O2 -o P kind.cc",
    "c++ -O2 -static -s -o P kind.cc",
    "go build -o P kind.go",
    "go build -ldflags=-s -o P kind.go",
    "go build -buildmode=pie -o P kind.go",
    "/usr/bin/rustc -O -o P kind.rs",
    "/usr/bin/rustc -O -C target-feature=+crt-static -o P kind.rs",
  })
  void whatStraceSeesIsInTheListHoweverTheProgramIsBuilt(String build) throws Exception {
    Path program = directory.resolve("program");
    List<String> words = new ArrayList<>();
    for (String word : split(build)) {
      String source = Path.of("src/test/kinds", word).toAbsolutePath().toString();
      words.add(word.equals("P") ? program.toString() : word.startsWith("kind.") ? source : word);
    }
    Map<String, String> cache = Map.of("GOCACHE", directory + "/go", "CGO_ENABLED", "0");
    tinyJail.end(tinyJail.startOther(words, cache)).succeeded();
    Set<String> seen = traced(List.of(program.toString()), "-b", "execve"); // not its children
    assertThat(seen).hasSizeGreaterThan(15);
    assertThat(analyzed(program.toString())).containsAll(seen).hasSizeLessThan(160);
    assertThat(analyzed(program.toString(), "--precise")).containsAll(seen);
  }

  /** At spaces, but not in quotation marks. */
  private static List<String> split(String words) {
    List<String> all = new ArrayList<>();
    var matcher = Pattern.compile("'([^']*)'|(\\S+)").matcher(words);
    while (matcher.find()) {
      all.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
    }
    return all;
  }

  @Test
  void preciseListIsPartOfTheOther() throws Exception {
    Set<String> safe = analyzed("/usr/bin/redis-server");
    Set<String> precise = analyzed("/usr/bin/redis-server", "--precise");
    assertThat(safe).containsAll(precise).hasSizeGreaterThan(precise.size());
  }

  @Test
  void whySaysAlongWhichFunctions() throws Exception {
    TinyJail.Result why = tinyJail.run("analyze", "/usr/bin/ls", "--why", "getdents64").succeeded();
    assertThat(why.out().lines().toList())
        .hasSizeGreaterThan(2)
        .allMatch(place -> place.matches("/usr/\\S+(:\\w+|\\+0x[0-9a-f]+)"));
    TinyJail.Result none = tinyJail.run("analyze", "/usr/bin/ls", "--why", "reboot");
    assertThat(none.status()).isEqualTo(1);
    assertThat(none.err()).isEqualTo("tiny-jail: /usr/bin/ls does not reach reboot\n");
  }

  @Test
  void textNamesValuesOfArguments() throws Exception {
    TinyJail.Result list = tinyJail.run("analyze", "/usr/bin/true", "--precise").succeeded();
    assertThat(list.out().lines().toList())
        .contains("exit_group", "arch_prctl  code=ARCH_SET_FS")
        .isSorted();
    assertThat(list.err())
        .matches("tiny-jail: /usr/bin/true: \\d+ calls in \\d+ files, of which .*\n");
  }

  @Test
  void directoryMeansAllProgramsInIt() throws Exception {
    Path programs = Files.createDirectory(directory.resolve("programs"));
    for (String name : List.of("true", "ls", "cat")) {
      Files.copy(Path.of("/usr/bin", name), programs.resolve(name));
    }
    Files.writeString(programs.resolve("script"), "#!/bin/sh\n");
    assertThat(programs.resolve("script").toFile().setExecutable(true)).isTrue();
    Files.createSymbolicLink(programs.resolve("link"), Path.of("true"));
    TinyJail.Result table = tinyJail.run("analyze", "programs").succeeded();
    assertThat(table.out().lines().toList())
        .hasSize(3)
        .allMatch(line -> line.matches(" +\\d+ calls  " + programs + "/(cat|ls|true)( .*)?"));
    assertThat(json(tinyJail.run("analyze", "programs", "--json").succeeded())).hasSize(3);
  }

  @Test
  void imageIsAnalysedWithItsOwnLibraries() throws Exception {
    Path root = directory.resolve("image");
    Files.createDirectories(root.resolve("usr/bin"));
    Files.copy(Path.of("/usr/bin/true"), root.resolve("usr/bin/true"));
    TinyJail.Result missing =
        tinyJail.run("analyze", "--root", "image", "/usr/bin/true").succeeded();
    assertThat(missing.err())
        .contains("wants libc.so.6, which is not there or no library: its calls are missing");
    Path libraries = Files.createDirectories(root.resolve("lib/x86_64-linux-gnu"));
    Files.createDirectories(root.resolve("lib64"));
    Files.copy(Path.of("/lib/x86_64-linux-gnu/libc.so.6"), libraries.resolve("libc.so.6"));
    Files.createSymbolicLink(
        root.resolve("lib64/ld-linux-x86-64.so.2"),
        Path.of("/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"));
    Files.copy(
        Path.of("/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
        libraries.resolve("ld-linux-x86-64.so.2"));
    TinyJail.Result whole =
        tinyJail.run("analyze", "--root", "image", "/usr/bin/true", "--json").succeeded();
    assertThat(json(whole).get(0).get("files"))
        .extracting(JsonNode::asString)
        .startsWith("/usr/bin/true")
        .contains("/lib/x86_64-linux-gnu/libc.so.6");
    assertThat(json(whole).get(0).get("missing")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "analyze                                  | 2 | wants at least one FILE",
        "analyze /nonexistent                     | 4 | /nonexistent: no such file",
        "analyze in                               | 4 | byte 0: no ELF file",
        "analyze home                             | 4 | no programs for x86-64 in it",
        "analyze /usr/bin/true --root nowhere     | 2 | --root wants a directory",
        "analyze /usr/bin/true --plugin nowhere   | 4 | nowhere: no such file",
        "analyze /usr/bin/true --plugin in        | 0 | in, which is not there or no library",
        "analyze true --plugin in --like confine  | 2 | --like and --plugin exclude each other",
        "analyze /usr/bin/true --why opnat        | 2 | unknown system call \"opnat\"",
        "analyze /usr/bin/true --why @network     | 2 | wants one call, not a group",
        "analyze /usr/bin/true /nonexistent       | 4 | /nonexistent: no such file",
      })
  void badInputIsSaidInOneLine(String words, int status, String message) throws Exception {
    TinyJail.Result result = tinyJail.run(words.split(" +"));
    assertThat(result.status()).isEqualTo(status);
    assertThat(result.err().lines().filter(line -> line.contains(message))).hasSize(1);
    assertThat(result.err()).doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/usr/bin/ls", "/usr/bin/python3"})
  void secondTimeSaysTheSame(String program) throws Exception {
    String first = tinyJail.run("analyze", program, "--json").succeeded().out();
    assertThat(tinyJail.home().resolve(".cache/tiny-jail/static")).isNotEmptyDirectory();
    assertThat(tinyJail.run("analyze", program, "--json").succeeded().out()).isEqualTo(first);
  }

  @Test
  void policyWithStaticEvidenceFitsWhatWasNeverSeenAndWithholdsWhatIsOfHighRisk() throws Exception {
    String[] broad = {
      "--",
      "/usr/bin/sqlite3",
      "t2.db",
      "create table t(a); insert into t select value from generate_series(1, 9999); delete from t;"
          + " vacuum"
    };
    for (String mode : List.of("strict", "balanced", "sound")) {
      String[] learn = {"learn", "--mode", mode, "--out", mode + ".json"};
      TinyJail.Result learned =
          tinyJail.run(words(learn, "--", "/usr/bin/sqlite3", "t.db", "select 1")).succeeded();
      assertThat(learned.err().matches(FORESEES)).isEqualTo(!mode.equals("strict"));
    }
    assertThat(tinyJail.calls("strict.json")).doesNotContain("fdatasync", "unlink", "execve");
    assertThat(tinyJail.calls("balanced.json"))
        .contains("fdatasync", "unlink")
        .doesNotContain("execve", "setresuid", "ptrace", "reboot")
        .containsAll(tinyJail.calls("strict.json"));
    assertThat(tinyJail.calls("sound.json"))
        .contains("execve")
        .doesNotContain("ptrace", "reboot")
        .containsAll(tinyJail.calls("balanced.json"));
    assertThat(tinyJail.run("explain", "balanced.json", "fdatasync").succeeded().out())
        .contains("possible", "static", "/usr/bin/sqlite3");

    tinyJail.run(words(new String[] {"run", "--policy", "balanced.json"}, broad)).succeeded();
    assertThat(json(tinyJail.run("review", "--json").succeeded())).isEmpty();
    Files.delete(directory.resolve("t2.db"));
    TinyJail.Result strict =
        tinyJail.run(words(new String[] {"run", "--policy", "strict.json"}, broad));
    assertThat(strict.status()).isNotZero();
    assertThat(
            tinyJail.run("generate", "--program", "sqlite3", "--out", "g.json").succeeded().err())
        .contains("allowed", "withheld");
    assertThat(tinyJail.calls("g.json")).isEqualTo(tinyJail.calls("balanced.json"));
  }

  /** Loads what its arguments name, and calls what they name there. */
  private static final String HOST =
      """
      #include <dlfcn.h>
      #include <stdio.h>
      int main(int count, char **words) {
        char name[64];
        snprintf(name, sizeof name, "%s_%s", "work", words[2]);
        void *plugin = dlopen(words[1], RTLD_NOW);
        int (*work)(void) = plugin ? (int (*)(void))dlsym(plugin, name) : 0;
        return work ? work() : 9;
      }
      """;

  private static final String PLUGIN =
      """
      #define _GNU_SOURCE
      #include <errno.h>
      #include <fcntl.h>
      #include <unistd.h>
      int work_little(void) { return getppid() < 0; }
      int work_much(void) { return tee(-1, -1, 1, 0) != -1 || errno != EBADF; }
      """;

  @Test
  void whatAPluginCanDoIsPossibleOnceItWasLoaded() throws Exception {
    compile("host", HOST);
    compile("plugin.so", PLUGIN, "-shared", "-fPIC");
    assertThat(analyzed("host")).doesNotContain("tee");
    assertThat(analyzed("host", "--plugin", "plugin.so")).contains("tee");

    String[] learn = {"learn", "--mode", "balanced", "--out", "p.json", "--"};
    TinyJail.Result learned =
        tinyJail.run(words(learn, "./host", "./plugin.so", "little")).succeeded();
    assertThat(learned.err()).doesNotContain("did not foresee");
    assertThat(tinyJail.calls("p.json")).contains("tee");
    assertThat(tinyJail.run("explain", "p.json", "tee").succeeded().out()).contains("plugin.so");
    tinyJail.run("run", "--policy", "p.json", "--", "./host", "./plugin.so", "much").succeeded();
    tinyJail.run("generate", "--program", "host", "--out", "g.json").succeeded();
    assertThat(tinyJail.calls("g.json")).isEqualTo(tinyJail.calls("p.json"));

    TinyJail.Result exported = tinyJail.run("evidence", "export").succeeded();
    assertThat(exported.out()).contains("\"" + directory.resolve("plugin.so") + "\"");
    Files.writeString(directory.resolve("e.jsonl"), exported.out());
    tinyJail.run("evidence", "import", "e.jsonl", "--store", "other").succeeded();
    tinyJail
        .run("generate", "--program", "host", "--store", "other", "--out", "o.json")
        .succeeded();
    assertThat(tinyJail.calls("o.json")).isEqualTo(tinyJail.calls("p.json"));
  }

  private void compile(String name, String source, String... flags) throws Exception {
    Files.writeString(directory.resolve(name + ".c"), source);
    List<String> words = new ArrayList<>(List.of("gcc", "-O1", "-o", name, name + ".c"));
    words.addAll(List.of(flags));
    tinyJail.end(tinyJail.startOther(words, Map.of())).succeeded();
  }

  /** As a user has it, who chooses no mode. */
  @Test
  void learnTakesInWhatIsPossibleByItself() throws Exception {
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    List<String> learn =
        List.of(tool, "learn", "--out", "p.json", "--", "/usr/bin/sqlite3", "t.db");
    TinyJail.Result learned = tinyJail.end(tinyJail.startOther(learn, Map.of())).succeeded();
    assertThat(learned.err()).matches(FORESEES);
    assertThat(tinyJail.calls("p.json")).contains("fdatasync", "unlink").doesNotContain("execve");
  }

  @Test
  void otherWaysFindMoreThanIsUsedAndNothingThatIsOpened() throws Exception {
    List<String> safe = names("/usr/bin/sqlite3");
    assertThat(names("/usr/bin/sqlite3", "--like", "sysfilter")).isSubsetOf(safe);
    assertThat(names("/usr/bin/sort", "--like", "confine"))
        .containsAll(names("/usr/bin/sort", "--like", "sysfilter"));
    assertThat(tinyJail.run("analyze", "/usr/bin/sort", "--like", "me").status()).isEqualTo(2);
  }

  private List<String> names(String... words) throws Exception {
    return tinyJail
        .run(words(new String[] {"analyze"}, words))
        .succeeded()
        .out()
        .lines()
        .map(line -> line.split(" ", 2)[0])
        .toList();
  }

  private static String[] words(String[] first, String... more) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
  }
}
