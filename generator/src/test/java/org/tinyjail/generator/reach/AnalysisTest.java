package org.tinyjail.generator.reach;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.elf.Programs;

/** What is found in programs whose calls are known, since each is written here. */
class AnalysisTest {
  /** Without libc, so that there is no call but those that the test makes. */
  private static final List<String> ALONE =
      List.of("-nostdlib", "-ffreestanding", "-fno-stack-protector");

  private static final String WITHOUT_TABLES = "-fno-asynchronous-unwind-tables";

  private static final String BEGIN =
      """
      typedef unsigned long word;
      #define CALL(n, a, b, c) ({ word r = (n); register word c_ asm("rdx") = (word)(c); \\
        asm volatile("syscall" : "+a"(r) : "D"((word)(a)), "S"((word)(b)), "r"(c_) : "rcx", "r11", "memory"); r; })
      #define APART __attribute__((noinline, noclone))
      enum { READ = 0, WRITE = 1, SOCKET = 41, GETPID = 39, GETUID = 102, EXIT = 60, PRCTL = 157, FCNTL = 72, REBOOT = 169, ACCT = 163, SWAPON = 167, SWAPOFF = 168 };
      """;

  @TempDir Path directory;

  private Analysis analyzed(Path program, boolean precise) throws IOException {
    return analyzed(program, precise, Optional.empty());
  }

  private static Analysis analyzed(Path program, boolean precise, Optional<Path> cache)
      throws IOException {
    return analyzed(program, List.of(), precise ? Method.PRECISE : Method.SAFE, cache);
  }

  private static Analysis analyzed(
      Path program, List<Path> loaded, Method method, Optional<Path> cache) throws IOException {
    try (Analyzer analyzer = new Analyzer(FileTree.below(Path.of("/")), method, cache)) {
      return analyzer.analyze(program.toString(), loaded.stream().map(Path::toString).toList());
    }
  }

  private Path compile(String source, String... flags) throws Exception {
    List<String> all = new ArrayList<>(ALONE);
    all.addAll(List.of(flags));
    return Programs.compile(directory, BEGIN + source, all.toArray(String[]::new));
  }

  static Stream<Arguments> programs() {
    return Stream.of(
        Arguments.of(
            "written at the instruction",
            "void _start(void) { CALL(GETPID, 0, 0, 0); CALL(EXIT, 0, 0, 0); }",
            "exit getpid"),
        Arguments.of(
            "handed to a function",
            """
            APART word call(word n) { return CALL(n, 0, 0, 0); }
            void _start(void) { call(GETUID); call(GETPID); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getpid getuid"),
        Arguments.of(
            "handed on by functions that are jumped to",
            """
            APART word call(word x, word n) { return CALL(n, x, 0, 0); }
            APART word two(word n, word x) { return call(x, n); }
            APART word three(word n) { return two(n, 7); }
            void _start(void) { three(GETUID); two(GETPID, 1); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getpid getuid"),
        Arguments.of(
            "handed on the stack",
            """
            APART word call(word a, word b, word c, word d, word e, word f, word n) {
              return CALL(n, a, b + c + d + e + f, 0);
            }
            void _start(void) { call(1, 2, 3, 4, 5, 6, GETUID); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getuid"),
        Arguments.of(
            "in a field of what is pointed at",
            """
            struct command { word id; int number; };
            APART word call(struct command *c) { return CALL(c->number, c->id, 0, 0); }
            void _start(void) { struct command c; c.id = 1; c.number = GETUID; call(&c); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getuid"),
        Arguments.of(
            "in a variable",
            """
            static word number;
            APART word call(void) { return CALL(number, 0, 0, 0); }
            APART void set(void) { number = GETUID; asm volatile("" ::: "memory"); }
            void _start(void) { set(); call(); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getuid"),
        Arguments.of(
            "chosen by a switch",
            """
            APART word call(word what) {
              word n;
              switch (what) {
                case 1: n = READ; break; case 2: n = WRITE; break; case 3: n = SOCKET; break;
                case 4: n = GETPID; break; case 5: n = GETUID; break; case 6: n = FCNTL; break;
                default: n = PRCTL;
              }
              return CALL(n, 0, 0, 0);
            }
            void _start(word x) { call(x); CALL(EXIT, 0, 0, 0); }
            """,
            "exit fcntl getpid getuid prctl read socket write"),
        Arguments.of(
            "known since it was compared",
            """
            APART word call(word n) { if (n == GETUID) return CALL(n, 0, 0, 0); return n; }
            void _start(word x) { call(x); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getuid"),
        Arguments.of(
            "taken out of a loop",
            """
            APART void loop(word x) { for (word i = 0; i < x; i++) { CALL(GETUID, i, 0, 0); CALL(GETPID, i, 0, 0); } }
            void _start(word x) { loop(x); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getpid getuid"),
        Arguments.of(
            "made by functions of a table",
            """
            APART static word a(void) { return CALL(GETUID, 0, 0, 0); }
            APART static word b(void) { return CALL(GETPID, 0, 0, 0); }
            word (*volatile const table[])(void) = {a, b};
            void _start(word x) { table[x & 1](); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getpid getuid"),
        Arguments.of(
            "made by a function that is handed on",
            """
            APART static word a(void) { return CALL(GETUID, 0, 0, 0); }
            APART word run(word (*f)(void)) { asm volatile("" : "+r"(f)); return f() + 1; }
            void _start(void) { run(a); CALL(EXIT, 0, 0, 0); }
            """,
            "exit getuid"),
        Arguments.of(
            "behind a call that does not return, of no function",
            """
            APART __attribute__((noreturn)) void end(void) { CALL(EXIT, 0, 0, 0); __builtin_unreachable(); }
            APART void start(word x) { if (x) end(); CALL(GETUID, 0, 0, 0); end(); }
            APART __attribute__((used)) static word unused(void) { return CALL(SOCKET, 0, 0, 0); }
            void _start(word x) { start(x); }
            """,
            "exit getuid"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("programs")
  void numberIsFoundHoweverItGetsToTheInstruction(String how, String source, String calls)
      throws Exception {
    List<List<String>> ways =
        List.of(
            List.of("-static", "-O2"),
            List.of("-static", "-O0"),
            List.of("-static", "-Os"),
            List.of("-static", "-O1", WITHOUT_TABLES),
            List.of("-static-pie", "-fPIE", "-O2"),
            List.of("-static-pie", "-fPIE", "-O2", "-s"),
            List.of("-static", "-no-pie", "-fno-pie", "-O2", "-s"));
    for (List<String> flags : ways) {
      if (how.endsWith("switch") && (flags.contains("-Os") || flags.contains(WITHOUT_TABLES))) {
        continue; // not found: another number was compared than the one that the table is entered
        // by
      }
      Path program = compile(source, flags.toArray(String[]::new));
      for (boolean precise : new boolean[] {false, true}) {
        Analysis analysis = analyzed(program, precise);
        assertThat(analysis.unresolved()).as("unresolved, %s", flags).isEmpty();
        List<String> wanted = List.of(calls.split(" ", -1));
        // Where a function ends is not known, or a table of numbers.
        if (flags.contains(WITHOUT_TABLES) || how.endsWith("switch")) {
          assertThat(analysis.calls().keySet()).as("%s", flags).containsAll(wanted);
        } else {
          assertThat(analysis.calls().keySet())
              .as("%s, precise %s", flags, precise)
              .containsExactlyElementsOf(wanted);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"int $0x80", "sysenter"})
  void placeThatCallsAsOtherProgramsDoIsNamed(String instruction) throws Exception {
    Path program =
        compile(
            "void _start(void) { asm volatile(\"" + instruction + "\" : : \"a\"(20)); for (;;); }",
            "-static",
            "-O2");
    Analysis analysis = analyzed(program, false);
    assertThat(analysis.calls()).isEmpty();
    assertThat(analysis.unresolved())
        .singleElement()
        .asString()
        .matches(program + "\\+0x[0-9a-f]+ \\(as 32-bit programs call\\)");
  }

  @Test
  void placeWhoseNumberIsHandedOnSaysWhereItWasFound() throws Exception {
    Path program =
        compile(
            """
            APART static word call(word a, word number) { return CALL(number, 0, 0, 0) + a; }
            word (*volatile pointer)(word, word) = call;
            void _start(word x) { pointer(1, x); CALL(EXIT, 0, 0, 0); }
            """,
            "-static",
            "-O2");
    assertThat(analyzed(program, false).unresolved())
        .singleElement()
        .asString()
        .matches(
            program
                + "\\+0x[0-9a-f]+ \\(rsi at its entry: handed to a function whose address is taken\\)");
  }

  @Test
  void placeWhoseNumberComesFromOutsideIsNamed() throws Exception {
    Path program =
        compile(
            "word outside;"
                + "void _start(word *x) { CALL(x[3] * 5, 0, 0, 0); CALL(EXIT, 0, 0, 0); }",
            "-static",
            "-O2");
    Analysis analysis = analyzed(program, false);
    assertThat(analysis.calls().keySet()).containsExactly("exit");
    assertThat(analysis.unresolved()).hasSize(1);
    assertThat(analysis.unresolved().get(0)).matches(program + "\\+0x[0-9a-f]+ \\(any\\)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CALL(SOCKET, 2, 1, 0); CALL(SOCKET, 1, 2, 0)          | socket | {0=[1, 2], 1=[1, 2], 2=[0]}",
        "CALL(SOCKET, x, 1, 0)                                 | socket | {1=[1], 2=[0]}",
        "CALL(PRCTL, 15, x, 0)                                 | prctl  | {0=[15]}",
        "control(3, 1); control(4, x)                          | fcntl  | {1=[3, 4]}",
        "control(3, 1); word (*volatile f)(word, word) = control; f(x, 1) | fcntl | {}",
      })
  void valuesOfDangerousArgumentsAreFoundOrMayBeAny(String body, String call, String values)
      throws Exception {
    Path program =
        compile(
            "APART word control(word how, word x) { return CALL(FCNTL, x, how, 0); }"
                + "void _start(word x) { "
                + body
                + "; CALL(EXIT, 0, 0, 0); }",
            "-static",
            "-O2");
    Analysis.Call found = Objects.requireNonNull(analyzed(program, false).calls().get(call));
    Map<Integer, Set<Long>> arguments = found.arguments();
    assertThat(new TreeMap<>(arguments)).hasToString(values);
  }

  @Test
  void whatALibraryDoesCountsAsFarAsItIsCalled() throws Exception {
    Path library =
        library(
            "two",
            "word one(void) { return CALL(GETUID, 0, 0, 0); }"
                + "word two(word n) { return CALL(n, 0, 0, 0); } word three(void) { return CALL(REBOOT, 0, 0, 0); }");
    Path program =
        compile(
            "word one(void); word two(word); void _start(void) { one(); two(ACCT); CALL(EXIT, 0, 0, 0); }",
            "-O2",
            "-fPIE",
            "-pie",
            "-Wl,--no-as-needed",
            library.toString(),
            "-Wl,-rpath,$ORIGIN");
    Analysis analysis = analyzed(program, true);
    assertThat(analysis.files()).contains(library.toString());
    assertThat(analysis.calls()).containsKeys("exit", "acct", "getuid");
    assertThat(analysis.calls()).doesNotContainKey("reboot");
    Analysis.Call made = Objects.requireNonNull(analysis.calls().get("acct"));
    assertThat(made.path()).hasSize(1).allMatch(place -> place.startsWith(program + "+0x"));
    Analysis.Call inLibrary = Objects.requireNonNull(analysis.calls().get("getuid"));
    assertThat(inLibrary.path()).hasSize(2).element(1).isEqualTo(library + ":one");
  }

  /** As libseccomp does: the name is beside where the number is looked up in a table. */
  @Test
  void callThatIsLookedUpByItsNameIsTakenInAndStaysUnresolved() throws Exception {
    Path program =
        compile(
            """
            APART word number(const char *name) { word n = 0; while (*name) n = n * 31 + *name++; return n; }
            void _start(void) { CALL(number("getuid"), 0, 0, 0); CALL(EXIT, 0, 0, 0); }
            """,
            "-static");
    Analysis analysis = analyzed(program, false);
    assertThat(analysis.calls()).containsOnlyKeys("exit", "getuid");
    assertThat(analysis.unresolved()).singleElement().asString().endsWith("(any)");
  }

  /** Old linkers put code at the start of a file, where what is not defined there seems to be. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-Wl,-z,noseparate-code | -Wl,-z,lazy",
        "-Wl,-z,noseparate-code | -Wl,-z,now",
        "-Wl,-z,separate-code | -Wl,-z,lazy",
        "-Wl,-z,separate-code | -fno-plt"
      })
  void functionOfALibraryThatIsSearchedLaterIsFound(String layout, String binding)
      throws Exception {
    Path far = library("far", "word far(void) { return CALL(GETUID, 0, 0, 0); }");
    Path near =
        library(
            "near",
            "word far(void); word near(void) { return far() + 1; }",
            "-Wl,--no-as-needed",
            far.toString(),
            layout,
            binding);
    Path program = callsNear(near);
    assertThat(analyzed(program, false).calls()).containsKeys("exit", "getuid");
    assertThat(analyzed(program, true).calls()).containsKeys("exit", "getuid");
  }

  /** A program that calls the function {@code near} of a library. */
  private Path callsNear(Path library) throws Exception {
    return compile(
        "word near(void); void _start(void) { near(); CALL(EXIT, 0, 0, 0); }",
        "-fPIE",
        "-pie",
        "-Wl,--no-as-needed",
        library.toString(),
        "-Wl,-rpath," + directory);
  }

  private Path library(String name, String source, String... more) throws Exception {
    Path place = Files.createDirectories(directory.resolve("lib-" + name));
    List<String> flags = new ArrayList<>(ALONE);
    flags.addAll(List.of("-shared", "-fPIC", "-O2", "-Wl,-soname,lib" + name + ".so"));
    flags.addAll(List.of("-Wl,-rpath," + directory));
    flags.addAll(List.of(more));
    Path made = Programs.compile(place, BEGIN + source, flags.toArray(String[]::new));
    return Files.move(made, directory.resolve("lib" + name + ".so"));
  }

  @Test
  void libraryThatIsOpenedByItsNameCountsWithWhatIsLookedUpInIt() throws Exception {
    library(
        "plug",
        "word plug(void) { return CALL(GETUID, 0, 0, 0); }"
            + "word other(void) { return CALL(SOCKET, 0, 0, 0); }");
    Path program =
        Programs.compile(
            directory,
            "#include <dlfcn.h>\n"
                + "int main(void) { void *p = dlopen(\"libplug.so\", RTLD_NOW);"
                + " long (*f)(void) = dlsym(p, \"plug\"); return f(); }",
            "-Wl,-rpath,$ORIGIN");
    Analysis analysis = analyzed(program, true);
    assertThat(analysis.opened()).contains(directory.resolve("libplug.so").toString());
    Analysis.Call made = Objects.requireNonNull(analysis.calls().get("getuid"));
    assertThat(made.path()).last().asString().endsWith("libplug.so:plug");
  }

  /** What is made of words at run time is no name in a file. */
  @ParameterizedTest
  @EnumSource(Method.class)
  void allOfAPluginCountsAndOfALibraryThatItWantsWhatItUses(Method method) throws Exception {
    Path near =
        library(
            "near",
            "word near(void) { return CALL(REBOOT, 0, 0, 0); }"
                + "word far(void) { return CALL(SWAPOFF, 0, 0, 0); }");
    Path plugin =
        library(
            "plug",
            "word near(void); word plug(void) { return CALL(ACCT, near(), 0, 0); }"
                + "static word own(void) { return CALL(SWAPON, 0, 0, 0); }"
                + "word (*volatile table[])(void) = {own};",
            "-Wl,--no-as-needed",
            near.toString());
    Path program = compile("void _start(void) { CALL(EXIT, 0, 0, 0); }", "-fPIE", "-pie");
    Path gone = directory.resolve("gone.so");
    Path damaged = directory.resolve("damaged.so");
    Files.write(damaged, Arrays.copyOf(Files.readAllBytes(plugin), 100));
    Analysis analysis =
        analyzed(program, List.of(near, damaged, plugin, gone), method, Optional.empty());
    Set<String> found = new TreeSet<>(Set.of("acct", "reboot", "swapoff", "swapon"));
    found.retainAll(analysis.calls().keySet());
    assertThat(analysis.missing().containsAll(Set.of(gone.toString(), damaged.toString())))
        .isEqualTo(method.opensLibraries());
    assertThat(String.join(" ", found))
        .isEqualTo(method.opensLibraries() ? "acct reboot swapon" : "");
  }

  /** As with LD_LIBRARY_PATH. */
  @Test
  void allOfALibraryCountsThatWasLoadedInPlaceOfTheOneThatIsWanted() throws Exception {
    Path usual = library("near", "word near(void) { return CALL(REBOOT, 0, 0, 0); }");
    Path program = callsNear(usual);
    Path kept = Files.move(usual, directory.resolve("kept"));
    Path other = library("near", "word near(void) { return CALL(SWAPOFF, 0, 0, 0); }");
    Path elsewhere =
        Files.move(other, Files.createDirectory(directory.resolve("opt")).resolve("libnear.so"));
    Files.move(kept, usual);
    assertThat(
            analyzed(program, List.of(elsewhere), Method.SAFE, Optional.empty()).calls().keySet())
        .contains("reboot", "swapoff");
  }

  @Test
  void libraryThatIsMissingIsSaid() throws Exception {
    Path library = library("gone", "word gone(void) { return CALL(GETUID, 0, 0, 0); }");
    Path program =
        compile(
            "word gone(void); void _start(void) { gone(); CALL(EXIT, 0, 0, 0); }",
            "-O2",
            "-fPIE",
            "-pie",
            "-Wl,--no-as-needed",
            library.toString(),
            "-Wl,-rpath,$ORIGIN");
    Files.delete(library);
    Analysis analysis = analyzed(program, false);
    assertThat(analysis.missing()).containsExactly("libgone.so");
    assertThat(analysis.calls()).containsKey("exit");
  }

  @Test
  void whatWasKeptOfFilesGivesTheSame() throws Exception {
    Path cache = directory.resolve("cache");
    Path program = Path.of("/usr/bin/ls");
    Analysis alone = analyzed(program, false);
    assertThat(analyzed(program, false, Optional.of(cache))).isEqualTo(alone);
    assertThat(files(cache)).anyMatch(name -> name.endsWith(".summary"));
    assertThat(analyzed(program, false, Optional.of(cache))).isEqualTo(alone);
    for (String name : files(cache)) {
      if (name.endsWith(".analysis")) {
        Files.delete(cache.resolve(name));
      }
    }
    assertThat(analyzed(program, false, Optional.of(cache))).isEqualTo(alone);
    assertThat(analyzed(program, true, Optional.of(cache))).isEqualTo(analyzed(program, true));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
        .isEqualTo("rwx------");
  }

  @ParameterizedTest
  @CsvSource({
    "nothing,                    reboot",
    "the library,                acct",
    "a library that comes first, acct",
    "a library that was missing, acct reboot",
    "the program,                ''",
  })
  void analysisIsKeptUntilWhatItFollowsFromChanges(String change, String calls) throws Exception {
    Path cache = directory.resolve("cache");
    Path near = library("near", "word near(void) { return CALL(REBOOT, 0, 0, 0); }");
    Path gone = library("gone", "word gone(void) { return 0; }");
    Path program =
        compile(
            "word near(void), gone(void); void _start(void) { near(); gone(); CALL(EXIT, 0, 0, 0); }",
            "-fPIE",
            "-pie",
            "-Wl,--no-as-needed",
            near.toString(),
            gone.toString(),
            "-Wl,-rpath," + directory.resolve("first") + ":" + directory);
    Files.delete(gone);
    Files.move(near, directory.resolve("near"));
    Path other = library("near", "word near(void) { return CALL(ACCT, 0, 0, 0); }");
    Files.move(other, directory.resolve("other"));
    Files.move(directory.resolve("near"), near);
    Thread.sleep(2100); // what has changed a moment ago may change again unseen
    Analysis before = analyzed(program, false, Optional.of(cache));
    forgetFiles(cache);

    switch (change) {
      case "the library" -> Files.move(directory.resolve("other"), near, REPLACE_EXISTING);
      case "a library that comes first" -> {
        Path first = Files.createDirectory(directory.resolve("first"));
        Files.move(directory.resolve("other"), first.resolve("libnear.so"));
      }
      case "a library that was missing" ->
          library("gone", "word gone(void) { return CALL(ACCT, 0, 0, 0); }");
      case "the program" ->
          Files.move(
              compile("void _start(void) { CALL(EXIT, 0, 0, 0); }", "-fPIE", "-pie"),
              program,
              REPLACE_EXISTING);
      default -> {}
    }
    Analysis after = analyzed(program, false, Optional.of(cache));
    Set<String> made = new TreeSet<>(Set.of("acct", "reboot"));
    made.retainAll(after.calls().keySet());
    assertThat(String.join(" ", made)).isEqualTo(calls);
    assertThat(after.equals(before)).isEqualTo(change.equals("nothing"));
    assertThat(files(cache).stream().noneMatch(name -> name.endsWith(".summary")))
        .as("whether a file was looked into again")
        .isEqualTo(change.equals("nothing"));
    assertThat(analyzed(program, true, Optional.of(cache)).calls().keySet())
        .as("another method")
        .isEqualTo(analyzed(program, true).calls().keySet());
  }

  @ParameterizedTest
  @CsvSource({"damaged.so, false", "gone.so, true"})
  void analysisWithoutAFileThatIsThereIsNotKept(String plugin, boolean isKept) throws Exception {
    Path cache = directory.resolve("cache");
    Files.writeString(directory.resolve("damaged.so"), "\177ELF");
    Path program = compile("void _start(void) { CALL(EXIT, 0, 0, 0); }", "-fPIE", "-pie");
    Thread.sleep(2100); // as above
    Path loaded = directory.resolve(plugin);
    Analysis analysis = analyzed(program, List.of(loaded), Method.SAFE, Optional.of(cache));
    assertThat(analysis.missing()).containsExactly(loaded.toString());
    assertThat(files(cache).stream().anyMatch(name -> name.endsWith(".analysis")))
        .isEqualTo(isKept);
  }

  @Test
  void whatWasKeptLongAgoIsRemovedWhenMoreIsKept() throws Exception {
    Path cache = directory.resolve("cache");
    analyzed(Path.of("/usr/bin/true"), false, Optional.of(cache));
    Path old = Files.writeString(cache.resolve("old.summary"), "x");
    Path young = Files.writeString(cache.resolve("young.summary"), "x");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(61))));
    Files.setLastModifiedTime(young, FileTime.from(Instant.now().minus(Duration.ofDays(59))));
    analyzed(Path.of("/usr/bin/ls"), false, Optional.of(cache));
    assertThat(old).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void fileSystemsOfWhichOthersChooseTheTimesAreToldFromTheUsual() throws Exception {
    assertThat(Mounts.sayChanges((long) Files.getAttribute(directory, "unix:dev"))).isTrue();
    assertThat(Mounts.sayChanges((long) Files.getAttribute(Path.of("/proc"), "unix:dev")))
        .isFalse();
  }

  private static void forgetFiles(Path cache) throws IOException {
    for (String name : files(cache)) {
      if (!name.endsWith(".analysis")) {
        Files.delete(cache.resolve(name));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut", "changed", "empty", "directory"})
  void damageOfWhatWasKeptIsMended(String how) throws Exception {
    Path cache = directory.resolve("cache");
    Path program = Path.of("/usr/bin/ls");
    Analysis before = analyzed(program, false, Optional.of(cache));
    for (String name : files(cache)) {
      Path file = cache.resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      switch (how) {
        case "cut" -> Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        case "changed" -> {
          bytes[bytes.length / 2] ^= 1;
          Files.write(file, bytes);
        }
        case "empty" -> Files.write(file, new byte[0]);
        default -> {
          Files.delete(file);
          Files.createDirectory(file);
        }
      }
    }
    assertThat(analyzed(program, false, Optional.of(cache))).isEqualTo(before);
  }

  @Test
  void directoryThatOthersCanWriteToIsNotUsed() throws Exception {
    Path cache = Files.createDirectory(directory.resolve("cache"));
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
    analyzed(Path.of("/usr/bin/true"), false, Optional.of(cache));
    assertThat(files(cache)).isEmpty();
  }

  @Test
  void manyMayKeepAtOnce() throws Exception {
    Path cache = directory.resolve("cache");
    List<Path> programs =
        Stream.of("ls", "true", "cat", "sort", "df", "stat", "tail", "ls")
            .map(name -> Path.of("/usr/bin", name))
            .toList();
    List<Set<String>> together =
        programs.parallelStream().map(program -> calls(program, Optional.of(cache))).toList();
    for (int i = 0; i < programs.size(); i++) {
      assertThat(together.get(i)).isEqualTo(calls(programs.get(i), Optional.empty()));
    }
    assertThat(files(cache)).noneMatch(name -> name.endsWith(".new"));
  }

  /** A checksum that fits is no proof that what follows was written by this build. */
  @ParameterizedTest
  @CsvSource({"true, 1.0", "true, 0.5", "false, 0.9", "false, 0.5", "false, 0.0"})
  void whatAnotherBuildHasKeptIsFoundAnew(boolean another, double part) throws Exception {
    int build = "tiny-jail summary\n".length();
    int checksum = build + Long.BYTES;
    int header = checksum + Integer.BYTES;
    Path cache = directory.resolve("cache");
    Path program = Path.of("/usr/bin/true");
    Set<String> expected = calls(program, Optional.of(cache));
    for (String name : files(cache)) {
      byte[] all = Files.readAllBytes(cache.resolve(name));
      byte[] body = Arrays.copyOfRange(all, header, header + (int) (part * (all.length - header)));
      body = another ? reversed(body) : body;
      CRC32C sum = new CRC32C();
      sum.update(body);
      ByteBuffer changed = ByteBuffer.allocate(header + body.length).put(all, 0, header).put(body);
      changed.putLong(build, changed.getLong(build) + (another ? 1 : 0));
      changed.putInt(checksum, (int) sum.getValue());
      Files.write(cache.resolve(name), changed.array());
    }
    assertThat(calls(program, Optional.of(cache))).isEqualTo(expected);
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  private static Set<String> calls(Path program, Optional<Path> cache) {
    try {
      return analyzed(program, false, cache).calls().keySet();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> files(Path cache) throws IOException {
    try (Stream<Path> all = Files.list(cache)) {
      return all.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }

  /** An entry of the unwinding table by hand: 2 GiB, of which the file has some bytes. */
  @Test
  void functionEndsWithTheCodeWhateverItsUnwindingTableSays() throws Exception {
    Path program =
        compile(
            """
            void _start(void) { CALL(GETUID, 0, 0, 0); CALL(EXIT, 0, 0, 0); }
            asm(".pushsection .eh_frame,\\"a\\",@progbits; 1: .long 3f - 2f; 2: .long 0; .byte 1;"
                ".asciz \\"zR\\"; .uleb128 1; .sleb128 -8; .byte 16; .uleb128 1;"
                ".byte 0x1b, 0x0c, 7, 8, 0x90, 1; .balign 8; 3: .long 5f - 4f; 4: .long 4b - 1b;"
                ".long _start - .; .long 0x7fffffff; .uleb128 0; .balign 8; 5: .popsection");
            """,
            "-static",
            WITHOUT_TABLES);
    long start = System.nanoTime();
    assertThat(analyzed(program, false).calls()).containsOnlyKeys("exit", "getuid");
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(10);
  }

  @Test
  void damagedProgramIsRefusedWithTheByteOrAnalysedInTime() throws Exception {
    Path program =
        compile(
            "APART word call(word n) { return CALL(n, 0, 0, 0); }"
                + "void _start(void) { call(GETUID); CALL(EXIT, 0, 0, 0); }",
            "-static-pie",
            "-fPIE",
            "-O2");
    byte[] good = Files.readAllBytes(program);
    Random random = new Random(5);
    Path mutant = directory.resolve("mutant");
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = good.clone();
      int changes = 1 + random.nextInt(8);
      for (int j = 0; j < changes; j++) {
        bytes[random.nextInt(Math.min(bytes.length, j % 2 == 0 ? 1024 : bytes.length))] =
            (byte) random.nextInt();
      }
      Files.write(
          mutant,
          random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
      long start = System.nanoTime();
      try {
        analyzed(mutant, random.nextBoolean());
      } catch (IOException e) {
        assertThat(e.getMessage()).as("mutant %d", i).contains(mutant.toString());
        refused++;
      }
      assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start))
          .as("mutant %d", i)
          .isLessThan(10);
    }
    assertThat(refused).isBetween(100, 1999);
  }

  @Test
  void otherProcessorIsRefused() throws Exception {
    byte[] bytes =
        Files.readAllBytes(compile("void _start(void) { CALL(EXIT, 0, 0, 0); }", "-static"));
    bytes[18] = (byte) 183;
    Path other = Files.write(directory.resolve("aarch64"), bytes);
    assertThatThrownBy(() -> analyzed(other, false))
        .hasMessage(other + ": no program for x86-64, the only one that is analysed");
  }
}
