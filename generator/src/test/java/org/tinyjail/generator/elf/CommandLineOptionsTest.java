package org.tinyjail.generator.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.elf.Option.Arity;
import org.tinyjail.generator.elf.Option.Source;

class CommandLineOptionsTest {
  private static final Pattern LONG_OPTION = Pattern.compile("(?<![\\w-])--[a-z0-9][a-z0-9-]*");

  private static final Pattern REFUSAL =
      Pattern.compile("unrecognized option|invalid option|(allow|requires) an argument");

  /** Of a program of 1 MB, as CONTRIBUTING's machine runs it warm; it takes a fifth of that. */
  private static final Duration QUICK = Duration.ofMillis(100);

  private static final String GETOPT =
      """
      #include <getopt.h>
      #include <stdio.h>
      #include <stdlib.h>
      static int flag;
      static const struct option table[] = {
        {"all", no_argument, NULL, 'a'},
        {"block-size", required_argument, NULL, 'b'},
        {"color", optional_argument, NULL, 256},
        {"dry-run", no_argument, &flag, 1},
        {"-hidden", no_argument, NULL, 257},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
      struct other { const char *name; int kind; const void *next; int size; };
      const struct other others[] = {
        {"apple", 1, "text", 3}, {"banana", 2, "text", 4}, {"cherry", 7, 0, 1}, {0, 0, 0, 0}};
      int main(int argc, char **argv) {
        int c, n = 0;
        while ((c = getopt_long(argc, argv, "+ab:hx::", table, NULL)) != -1) n += c;
        printf("%d %s %d\\n", n, getenv("MY_SETTING"), others[n & 1].size);
        return flag;
      }
      """;

  private static final String OTHERS =
      """
      #include <stdio.h>
      struct argp_option { const char *n; int key; const char *arg; int flags; const char *doc; int group; };
      struct gentry { const char *n; char s; int flags; int arg; void *data; const char *d; const char *ad; };
      struct popt { const char *n; char s; unsigned info; void *arg; int val; const char *d; const char *ad; };
      static int x;
      const struct argp_option a[] = {
        {0, 0, 0, 0, "Output control:", 1},
        {"argp-output", 'o', "FILE", 0, "Output to FILE", 0},
        {"argp-level", 300, "N", 1, "Level of output", 0},
        {"  any text", 0, 0, 8, "Explains more of it", 0},
        {"argp-quiet", 'q', 0, 0, "Say no more", 0}, {0}};
      const struct gentry g[] = {
        {"glib-count", 'c', 0, 2, &x, "Number of rounds", "N"},
        {"glib-fast", 'f', 0, 0, &x, "Do it fast", 0}, {0}};
      const struct popt p[] = {
        {"popt-name", 'n', 1, &x, 0, "The name of it", "NAME"},
        {"popt-flag", 'p', 0, &x, 0, "Set the flag", 0}, {0}};
      int main(int c, char **v) { puts(c > 1 ? a[c].n : c > 2 ? g[c].n : p[c].n); return x; }
      """;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-pie",
        "-pie -s",
        "-pie -Wl,-z,pack-relative-relocs",
        "-no-pie",
        "-no-pie -s",
        "-no-pie -Wl,-z,noseparate-code",
        "-static -s",
        "-static-pie -s",
        "-m32 -pie",
        "-m32 -no-pie -s",
        "-m32 -static"
      })
  void tablesAndLettersOfGetoptAreFoundHoweverTheProgramIsLinked(String flags) throws Exception {
    List<Option> options = harvest(Programs.compile(directory, GETOPT, flags.split(" ")));
    assertThat(options)
        .contains(
            new Option("--all", Arity.NONE, Source.GETOPT_LONG),
            new Option("--block-size", Arity.REQUIRED, Source.GETOPT_LONG),
            new Option("--color", Arity.OPTIONAL, Source.GETOPT_LONG),
            new Option("--dry-run", Arity.NONE, Source.GETOPT_LONG),
            new Option("---hidden", Arity.NONE, Source.GETOPT_LONG),
            new Option("--help", Arity.NONE, Source.GETOPT_LONG),
            new Option("-a", Arity.NONE, Source.GETOPT),
            new Option("-b", Arity.REQUIRED, Source.GETOPT),
            new Option("-h", Arity.NONE, Source.GETOPT),
            new Option("-x", Arity.OPTIONAL, Source.GETOPT));
    assertThat(options)
        .extracting(Option::name)
        .doesNotContain("--apple", "--banana", "--cherry", "--text", "-hidden");
    if (!flags.contains("static")) {
      assertThat(options).hasSize(10);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-pie", "-no-pie", "-m32 -pie", "-m32 -no-pie"})
  void tablesOfOtherLibrariesAreFoundByTheirShape(String flags) throws Exception {
    assertThat(harvest(Programs.compile(directory, OTHERS, flags.split(" "))))
        .containsExactlyInAnyOrder(
            new Option("--argp-output", Arity.REQUIRED, Source.ARGP),
            new Option("-o", Arity.REQUIRED, Source.ARGP),
            new Option("--argp-level", Arity.OPTIONAL, Source.ARGP),
            new Option("--argp-quiet", Arity.NONE, Source.ARGP),
            new Option("-q", Arity.NONE, Source.ARGP),
            new Option("--glib-count", Arity.REQUIRED, Source.GLIB),
            new Option("-c", Arity.REQUIRED, Source.GLIB),
            new Option("--glib-fast", Arity.NONE, Source.GLIB),
            new Option("-f", Arity.NONE, Source.GLIB),
            new Option("--popt-name", Arity.REQUIRED, Source.POPT),
            new Option("-n", Arity.REQUIRED, Source.POPT),
            new Option("--popt-flag", Arity.NONE, Source.POPT),
            new Option("-p", Arity.NONE, Source.POPT));
  }

  @Test
  void optionsInStringsAreFoundWithTheirValues() throws Exception {
    String source =
        """
        #include <string.h>
        #include <stdio.h>
        int main(int c, char **v) {
          puts("Usage: p [-nv] [-o file] ...\\n  -a, --all[=WHEN]   all of it\\n"
               "      --size=BYTES  see --units\\n  -e-mail is no line for a word-with-dash\\n");
          puts("gcc --sysroot=/x --with-a --with-b --with-c --with-d");
          return strcmp(v[1], "-json") == 0 || strcmp(v[1], "-q") == 0
              || strncmp(v[1], "--name=", c) == 0;
        }
        """;
    List<Option> options = harvest(Programs.compile(directory, source, "-O0"));
    assertThat(options)
        .containsExactlyInAnyOrder(
            new Option("-n", Arity.NONE, Source.TEXT),
            new Option("-v", Arity.NONE, Source.TEXT),
            new Option("-o", Arity.REQUIRED, Source.TEXT),
            new Option("--all", Arity.OPTIONAL, Source.TEXT),
            new Option("-a", Arity.UNKNOWN, Source.TEXT),
            new Option("--size", Arity.REQUIRED, Source.TEXT),
            new Option("--units", Arity.UNKNOWN, Source.TEXT),
            new Option("-e-mail", Arity.UNKNOWN, Source.TEXT),
            new Option("-json", Arity.UNKNOWN, Source.TEXT),
            new Option("-q", Arity.UNKNOWN, Source.TEXT),
            new Option("--name", Arity.REQUIRED, Source.TEXT));
  }

  @Test
  void stringsAndNamesOfTheEnvironmentAreFound() throws Exception {
    ProgramStrings strings =
        ProgramStrings.of(ElfFile.read(Programs.compile(directory, GETOPT, "-pie")));
    assertThat(strings.environmentNames()).containsExactly("MY_SETTING");
    assertThat(strings.printable(1000))
        .contains("apple", "block-size", "%d %s %d\n")
        .doesNotContain("getenv", "libc.so.6", "GNU");
    assertThat(strings.printable(2)).hasSize(2);
    ProgramStrings without =
        ProgramStrings.of(
            ElfFile.read(
                Programs.compile(directory, "int puts(); int main() { puts(\"A_NAME\"); }", "-s")));
    assertThat(without.environmentNames()).isEmpty();
  }

  /** Harvested options that the program itself refuses are the false positives: none. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ls", "cp", "sort", "stat", "tail", "touch", "df", "du", "dd", "chmod", "mktemp", "timeout",
        "nice", "env", "tee"
      })
  void everyLongOptionInCoreutilsHelpIsHarvestedAndNoneThatItRefuses(String program)
      throws Exception {
    Path file = Path.of("/usr/bin", program);
    Set<String> help = longOptions(Programs.run(directory, List.of(file.toString(), "--help")));
    List<Option> options = harvest(file);
    Set<String> harvested = new TreeSet<>();
    List<String> refused = new ArrayList<>();
    for (Option option : options) {
      if (option.name().startsWith("--")) {
        harvested.add(option.name());
      }
      if (isRefused(file, option)) {
        refused.add(option.name());
      }
    }
    assertThat(isRefused(file, new Option("--no-such", Arity.NONE, Source.TEXT))).isTrue();
    assertThat(harvested).containsAll(help);
    assertThat(refused).isEmpty();
  }

  private static Set<String> longOptions(String text) {
    Set<String> options = new TreeSet<>();
    Matcher matcher = LONG_OPTION.matcher(text);
    while (matcher.find()) {
      options.add(matcher.group());
    }
    return options;
  }

  /** {@code --help} behind it keeps the program from doing anything. */
  private boolean isRefused(Path program, Option option) throws Exception {
    boolean valued = option.arity() == Arity.REQUIRED;
    String value = option.name().startsWith("--") ? "=1" : "1";
    String output =
        Programs.run(
            directory,
            List.of(program.toString(), option.name() + (valued ? value : ""), "--help"));
    return REFUSAL.matcher(output).find();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/usr/bin/sqlite3 -json -cmd -readonly -separator",
        "/usr/bin/curl --url --output --proxy-header --max-time -K -x -o",
        "/usr/bin/redis-server --version --sentinel --test-memory --port",
        "/usr/sbin/nginx -t -q -s -p -c -g",
        "/usr/bin/python3 --version -c -m -I -X",
        "/usr/bin/git --git-dir --exec-path --namespace --bare",
        "/usr/bin/tar --create --extract --checkpoint-action --list -x -c -f",
        "/usr/bin/gzip --stdout --best --rsyncable -9 -S",
        "/usr/bin/make --file --jobs"
      })
  void programsWithTablesOfTheirOwnShowTheirOptionsInText(String line) throws Exception {
    List<String> words = List.of(line.split(" "));
    assertThat(harvest(Path.of(words.get(0)).toRealPath()))
        .extracting(Option::name)
        .containsAll(words.subList(1, words.size()));
  }

  @Test
  void aMegabyteIsHarvestedInWellUnderATenthOfASecond() throws Exception {
    Path nginx = Path.of("/usr/sbin/nginx"); // 1.2 MB
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      long start = System.nanoTime();
      assertThat(harvest(nginx)).isNotEmpty();
      best = Math.min(best, System.nanoTime() - start);
    }
    assertThat(Duration.ofNanos(best)).isLessThan(QUICK);
  }

  @Test
  void hostileLinesTakeNoLongerThanTheyAreLong() {
    List<String> lines = new ArrayList<>();
    for (String part : List.of(", -b", " --b", "[-b] ", "[-b", "-", "--a-", " [--b] ")) {
      String line = part.repeat(ElfLimits.STRING_BYTES / part.length());
      lines.addAll(List.of(line, "-a" + line, "  -a, --all" + line));
    }
    long start = System.nanoTime();
    OptionText.options(lines);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }

  private static List<Option> harvest(Path program) throws Exception {
    return CommandLineOptions.of(ElfFile.read(program));
  }
}
