package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code trace} on real programs: valid lines, the calls and their order that strace sees. */
class TraceIT {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path directory;
  private TinyJail tinyJail;
  private Schema schema;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(tinyJail.run("trace", "--schema").succeeded().out());
  }

  /** Calls that two runs of a program need not make equally often, and why. */
  private static final Map<String, String> CHANCE =
      Map.of(
          "futex", "made only where two threads meet",
          "getrandom", "glibc's mkstemp asks it where the time alone gives a biased name: 1 of 22",
          "rt_sigreturn", "a child may end before or while its parent waits for it",
          "wait4", "asked again after a child's signal",
          "rt_sigprocmask", "around such signals",
          "brk", "where the heap begins is chance, and so is where it ends",
          "munmap", "a thread's heap is cut to where its address may begin");

  static Stream<Arguments> programs() {
    String threads =
        """
        import threading, os
        together = threading.Barrier(4)
        def work(n):
          together.wait() # or one's stack and heap become another's
          for i in range(50): os.access('/', i % 8)
          together.wait()
        all = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        [t.start() for t in all]; [t.join() for t in all]
        """;
    return Stream.of(
            List.of("ls", "-l", "sub"),
            List.of("cat", "a.txt", "b.txt"),
            List.of("sort", "a.txt"),
            List.of("bash", "-c", "cat a.txt | sort | uniq -c"),
            List.of("/usr/bin/python3", "-S", "-c", threads),
            List.of("sqlite3", "new.db", "create table t(a); insert into t values(1);"),
            List.of("jq", ".a", "c.json"),
            List.of("curl", "-s", "file:///etc/hostname"),
            List.of("git", "init", "-q", "repository"),
            List.of("find", "sub", "-name", "*.txt"),
            List.of("tar", "-cf", "new.tar", "a.txt", "b.txt"),
            List.of("gzip", "-k", "a.txt"),
            List.of("awk", "{ print $1 }", "a.txt"),
            List.of("sed", "s/a/b/", "a.txt"),
            List.of("grep", "-r", "b", "sub"),
            List.of("sh", "-c", "cat a.txt; ls sub; exec xargs -n 1 echo <b.txt"),
            List.of("bash", "-c", "sleep 0.05 & wait; exec id -u"),
            List.of("date", "+%s"),
            List.of("id"),
            List.of("env", "perl", "-e", "open F, '>', 'new'; print F 1; fork or exit; wait"))
        .map(Arguments::of);
  }

  @ParameterizedTest
  @MethodSource("programs")
  void everyLineIsValidAndEachThreadMadeTheCallsThatStraceSawInTheSameOrder(List<String> command)
      throws Exception {
    List<String> words = new ArrayList<>(List.of("trace", "--json", "--out", "../trace.json"));
    words.add("--");
    words.addAll(command);
    inNewDirectory("1").run(words.toArray(String[]::new)).succeeded();
    List<JsonNode> events = events(directory.resolve("trace.json"));

    TinyJail second = inNewDirectory("2");
    List<String> strace = new ArrayList<>(List.of("strace", "-f", "-o", "../strace.log"));
    strace.addAll(command);
    second.end(second.startOther(strace, Map.of())).succeeded();
    Map<Integer, List<String>> expected = Strace.callsByThread(directory.resolve("strace.log"));
    // The launch's own execve is not the program's.
    assertThat(expected.values().stream().map(calls -> calls.get(0))).contains("execve");
    expected.values().stream()
        .filter(calls -> calls.get(0).equals("execve"))
        .findFirst()
        .orElseThrow()
        .remove(0);
    assertThat(withoutChance(callsByThread(events).values()))
        .containsExactlyInAnyOrderElementsOf(withoutChance(expected.values()));
  }

  private TinyJail inNewDirectory(String name) throws IOException {
    Path work = Files.createDirectories(directory.resolve(name));
    Files.writeString(work.resolve("a.txt"), "b 1\na 2\n");
    Files.writeString(work.resolve("b.txt"), "c 3\n");
    Files.writeString(Files.createDirectories(work.resolve("sub")).resolve("b.txt"), "b 4\n");
    Files.writeString(work.resolve("c.json"), "{\"a\":[1,2]}");
    return new TinyJail(work);
  }

  private static List<String> withoutChance(Collection<List<String>> threads) {
    return threads.stream()
        .map(calls -> calls.stream().filter(call -> !CHANCE.containsKey(call)))
        .map(calls -> calls.collect(Collectors.joining(" ")))
        .toList();
  }

  /** All lines, each checked against the schema. */
  private List<JsonNode> events(Path log) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String line : Files.readAllLines(log)) {
      assertThat(
              schema.validate(
                  line,
                  InputFormat.JSON,
                  context -> context.executionConfig(c -> c.formatAssertionsEnabled(true))))
          .as(line)
          .isEmpty();
      events.add(JSON.readTree(line));
    }
    return events;
  }

  private List<JsonNode> trace(String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of("trace", "--json", "--out", "log"));
    all.addAll(List.of(words));
    tinyJail.run(all.toArray(String[]::new)).succeeded();
    return events(directory.resolve("log"));
  }

  private static Stream<JsonNode> calls(List<JsonNode> events, String... names) {
    return events.stream()
        .filter(event -> event.get("event").asString().equals("call"))
        .filter(event -> names.length == 0 || Set.of(names).contains(name(event)));
  }

  private static String name(JsonNode call) {
    return call.get("call").asString();
  }

  private static String decoded(JsonNode call, int argument) {
    return call.get("arguments").get(argument).get("decoded").asString();
  }

  private static Map<Integer, List<String>> callsByThread(List<JsonNode> events) {
    Map<Integer, List<String>> threads = new TreeMap<>();
    calls(events)
        .forEach(
            call ->
                threads
                    .computeIfAbsent(call.get("tid").asInt(), thread -> new ArrayList<>())
                    .add(name(call)));
    return threads;
  }

  private static List<String> kinds(List<JsonNode> events, String kind) {
    return events.stream()
        .filter(event -> event.get("event").asString().equals(kind))
        .map(event -> event.path("executable").asString(""))
        .toList();
  }

  @Test
  void theSchemaRefusesWhatTraceDoesNotWrite() {
    assertThat(schema.validate("{\"event\":\"call\"}", InputFormat.JSON)).isNotEmpty();
    assertThat(schema.validate("{\"event\":\"other\"}", InputFormat.JSON)).isNotEmpty();
    assertThat(
            schema.validate(
                "{\"event\":\"exit\",\"time\":\"2026-01-01T00:00:00Z\",\"pid\":1}",
                InputFormat.JSON))
        .isNotEmpty();
  }

  @Test
  void callsOfManyThreadsStandInTheOrderInWhichEachMadeThem() throws Exception {
    List<JsonNode> events =
        trace(
            "--filter",
            "lseek",
            "--",
            "/usr/bin/python3",
            "-c",
            """
            import ctypes, threading
            seek = ctypes.CDLL(None).lseek
            def work():
                for i in range(500): seek(-1, i, 0)
            threads = [threading.Thread(target=work) for n in range(8)]
            [t.start() for t in threads]; [t.join() for t in threads]
            """);
    Map<Integer, List<String>> offsets = new TreeMap<>();
    calls(events, "lseek")
        .filter(call -> decoded(call, 0).equals("-1"))
        .forEach(
            call ->
                offsets
                    .computeIfAbsent(call.get("tid").asInt(), thread -> new ArrayList<>())
                    .add(decoded(call, 1)));
    assertThat(offsets).hasSize(8);
    assertThat(offsets.values())
        .allMatch(IntStream.range(0, 500).mapToObj(String::valueOf).toList()::equals);
  }

  @Test
  void processesTheirExecsAndTheEndOfTheMainOneAreToldOfWhereKnown() throws Exception {
    List<JsonNode> events =
        trace("--", "sh", "-c", "/nowhere/there || ls /nowhere 2>&- ; exec sh -c 'exit 0'");
    assertThat(kinds(events, "start")).containsOnly("/usr/bin/dash").hasSize(3);
    assertThat(kinds(events, "exec")).containsExactly("/usr/bin/ls", "/usr/bin/dash");
    JsonNode main = events.get(0);
    JsonNode end = events.get(events.size() - 1);
    assertThat(end.get("event").asString()).isEqualTo("exit");
    assertThat(end.get("code").asInt()).isZero();
    assertThat(end.get("pid")).isEqualTo(main.get("pid"));
    assertThat(events.stream().filter(event -> event.path("parent").equals(main.get("pid"))))
        .hasSize(2);
  }

  @Test
  void noResultIsClaimedButThoseOfCallsThatTinyJailAnswers() throws Exception {
    List<JsonNode> events =
        trace(
            "--",
            "/usr/bin/python3",
            "-c",
            """
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            libc.prctl(38, 1, 0, 0, 0)
            class Program(ctypes.Structure):
                _fields_ = [('length', ctypes.c_ushort), ('code', ctypes.c_void_p)]
            allow = ctypes.create_string_buffer(bytes.fromhex('06000000 0000ff7f'))
            program = Program(1, ctypes.addressof(allow))
            assert libc.syscall(317, 1, 8, ctypes.byref(program)) == -1
            assert ctypes.get_errno() == 16
            assert libc.prlimit(1, 7, ctypes.byref(program), None) == -1
            assert ctypes.get_errno() == 1
            """);
    assertThat(
            calls(events)
                .filter(call -> call.get("seen").asBoolean())
                .map(call -> name(call) + " " + call.get("result")))
        .containsExactly("seccomp -16", "prlimit64 -1");
    assertThat(calls(events).filter(call -> !call.get("seen").asBoolean()))
        .hasSizeGreaterThan(100)
        .allMatch(call -> call.get("result").isNull());
  }

  @Test
  void textNamesThreadTimeArchitectureAndFilesAndCannotSteerTheTerminal() throws Exception {
    TinyJail.Result traced = tinyJail.run("trace", "--", Attacker.program32("call32").toString());
    if (Attacker.has32BitCalls()) {
      assertThat(traced.status()).isEqualTo(7);
      assertThat(traced.err().lines().skip(1))
          .satisfiesExactly(
              line ->
                  assertThat(line)
                      .matches("[0-9]+ \\d\\d:\\d\\d:\\d\\d\\.\\d{6} .*")
                      .endsWith("[x86] unlink(\"/nowhere/\\n\\x1b[31m\") = ?"),
              line -> assertThat(line).endsWith("[x86] exit(7) = ?"),
              line -> assertThat(line).endsWith(" +++ exited with 7 +++"));
    } else {
      assertThat(traced.status()).as(traced.err()).isEqualTo(126);
    }
    Files.writeString(directory.resolve("in"), "x".repeat(40));
    assertThat(tinyJail.run("trace", "--", "head", "in").succeeded().err())
        .containsPattern("openat\\(AT_FDCWD<[^>]+>, \"in\", O_RDONLY\\) = \\?")
        .containsPattern("read\\(3<[^>]+/in>, 0x[0-9a-f]{6,}, [0-9]+\\) = \\?");
    assertThat(tinyJail.run("trace", "--", "printf", "%040d", "0").succeeded().err())
        .contains(", \"" + "0".repeat(32) + "\"…, 40) = ?");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "openat                        | openat",
        "!openat,mmap exit_group        | exit_group",
        "execve                        | execve",
        "@network,openat !openat,bind  | ",
        "@file-open-read-only path=*/a?txt | openat",
        "@file-open-write path=*/a?txt | ",
        "openat !@file-open-read-only path=*/a?txt | ",
        "@file-open !@file-open-write path=*/a?txt | openat",
        "exe=*/cat openat path=*/a?txt | openat",
        "exe=*/dash openat path=*a.txt | ",
        "exe=*/cat path=*/a.txt !fadvise64,copy_file_range,newfstatat,read | openat close",
        "!exe=*/dash !path=* exit_group| exit_group",
        "pid=1                         | ",
      })
  void aFilterShowsJustTheCallsThatItSelects(String filter, String names) throws Exception {
    Files.writeString(directory.resolve("a.txt"), "a");
    List<JsonNode> events =
        trace("--filter", filter, "--", "sh", "-c", "cat " + directory + "/a.txt; :");
    assertThat(calls(events).map(TraceIT::name).distinct())
        .containsExactlyElementsOf(names == null ? List.of() : List.of(names.split(" ")));
  }

  @Test
  void ofSeveralFiltersAllMustHold() throws Exception {
    String[] words = {"--filter", "openat,close", "--filter", "exe=*/cat", "--filter", "!close"};
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--", "sh", "-c", "cat /etc/hostname; :"));
    assertThat(calls(trace(all.toArray(String[]::new))).map(TraceIT::name).distinct())
        .containsExactly("openat");
  }

  @Test
  void aSummaryCountsByCallExecutableAndProcess() throws Exception {
    JsonNode summary =
        trace("--summary", "--filter", "exit_group,execve", "--", "sh", "-c", "date; id; :").get(0);
    assertThat(summary.get("calls").toString())
        .isEqualTo("[{\"call\":\"exit_group\",\"count\":3},{\"call\":\"execve\",\"count\":2}]");
    assertThat(summary.get("executables").get(0).toString())
        .isEqualTo("{\"executable\":\"/usr/bin/dash\",\"count\":3}");
    assertThat(summary.get("processes")).hasSize(5);
    assertThat(
            tinyJail
                .run("trace", "--summary", "--filter", "exit_group", "--", "date")
                .err()
                .lines())
        .startsWith("     calls  call", "         1  exit_group", "         1  in all");
  }

  @Test
  void daemonsAreFollowedToTheirEnd() throws Exception {
    List<JsonNode> events =
        trace("--filter", "mkdir", "--", "sh", "-c", "(sleep 0.3; mkdir late) >/dev/null 2>&1 &");
    assertThat(calls(events, "mkdir")).hasSize(1);
  }

  @Test
  void whatOutlivesTheMainProcessGoesOnUntracedIfSoWanted() throws Exception {
    List<JsonNode> events =
        trace(
            "--until-main-exits",
            "--filter",
            "mkdir",
            "--",
            "sh",
            "-c",
            "mkdir soon; (until [ -e go ]; do sleep 0.02; done; mkdir late) >/dev/null 2>&1 &");
    assertThat(calls(events, "mkdir").map(call -> decoded(call, 0))).containsExactly("\"soon\"");
    assertThat(directory.resolve("late")).doesNotExist();
    Files.createFile(directory.resolve("go"));
    Attacker.await("the daemon's directory", () -> Files.exists(directory.resolve("late")));
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void anInterruptEndsTheProgramAndTheTailIsWritten(String signal, int status) throws Exception {
    Process traced = tinyJail.start("trace", "--json", "--out", "log", "--", "sleep", "100");
    Path log = directory.resolve("log");
    Attacker.await(
        "the sleep", () -> Files.exists(log) && Attacker.text(log).contains("clock_nanosleep"));
    RealProgramsIT.signal(traced.pid(), signal);
    assertThat(tinyJail.end(traced).status()).isEqualTo(status);
    List<JsonNode> events = events(log);
    assertThat(events.get(events.size() - 1).path("signal").asString()).isEqualTo("SIG" + signal);
  }

  @Test
  void aFullDiskEndsTheTraceNotTheProgramAndTheExitCodeSaysSo() throws Exception {
    TinyJail.Result full = tinyJail.run("trace", "--out", "/dev/full", "--", "echo", "hello");
    assertThat(full.out()).isEqualTo("hello\n");
    assertThat(full.err())
        .isEqualTo(
            "tiny-jail: /dev/full: No space left on device; the program goes on, its trace ends\n");
    assertThat(full.status()).isEqualTo(125);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--filter äöüß      | --filter: column 1: unknown system call \"äöüß\"; wanted a name such as openat",
        "--filter read,opnat| --filter: column 6: unknown system call \"opnat\"; did you mean openat?",
        "--filter @netwrk   | --filter: column 1: unknown group \"@netwrk\"; did you mean @network?",
        "--filter read,     | --filter: column 6: a name is missing; wanted a call or @GROUP",
        "--filter !pth=/etc | --filter: column 2: unknown condition \"pth=\"; did you mean path=?",
        "--filter pid=1,x   | --filter: column 7: \"x\" is no process id",
        "--filter exe=      | --filter: column 5: nothing after exe=",
        "--filter read --filter opnat | --filter: column 1: unknown system call \"opnat\"; did you mean openat?",
        "--out a --out b    | --out is given twice; wanted one FILE",
        "--out .            | is a directory; name a file to write",
        "--out no/log       | no such file",
        "--sumary           | unknown option --sumary; did you mean --summary?",
      })
  void badInputGetsOneLineAndNothingIsStarted(String options, String message) throws Exception {
    List<String> words = new ArrayList<>(List.of("trace"));
    words.addAll(List.of(options.strip().split(" ")));
    words.addAll(List.of("--", "touch", "made"));
    TinyJail.Result result = tinyJail.run(words.toArray(String[]::new));
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err().lines()).singleElement().asString().contains(message);
    assertThat(directory.resolve("made")).doesNotExist();
  }
}
