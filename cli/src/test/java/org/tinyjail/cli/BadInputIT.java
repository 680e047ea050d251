package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever is wrong with what a user gives: one line that says so, the right exit code, no debris.
 */
class BadInputIT {
  @TempDir Path directory;
  private TinyJail tinyJail;
  private Map<Path, String> before = Map.of();

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    Files.writeString(directory.resolve("good.json"), Attacker.ALL_BUT_MKDIR);
    Files.writeString(directory.resolve("empty.json"), "");
    Files.writeString(
        directory.resolve("truncated.json"),
        Attacker.ALL_BUT_MKDIR.substring(0, Attacker.ALL_BUT_MKDIR.length() / 2));
    try (RandomAccessFile huge =
        new RandomAccessFile(directory.resolve("huge.json").toFile(), "rw")) {
      huge.setLength(50 << 20);
    }
    Files.writeString(directory.resolve("deep.json"), "[".repeat(200_000));
    Files.writeString(directory.resolve("words.json"), "this is no policy\n");
    Files.createDirectory(directory.resolve("directory.json"));
    assertThat(
            new ProcessBuilder("mkfifo", directory.resolve("fifo.json").toString())
                .start()
                .waitFor())
        .isZero();
    Files.writeString(directory.resolve("not-executable"), "#!/bin/sh\n");
    Path text = Files.writeString(directory.resolve("no-program"), "text\n");
    assertThat(text.toFile().setExecutable(true)).isTrue();
    before = files();
  }

  private Map<Path, String> files() throws Exception {
    Map<Path, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : (Iterable<Path>) all::iterator) {
        boolean small = Files.isRegularFile(file) && Files.size(file) < (1 << 20);
        files.put(file, small ? Files.readString(file) : "");
      }
    }
    return files;
  }

  /** One line with all these words, this exit code, nothing on stdout, no file made or changed. */
  private void assertRefused(TinyJail.Result result, int status, String... words) throws Exception {
    String said = result.err();
    assertThat(said).contains(words).startsWith("tiny-jail: ").hasLineCount(1);
    assertThat(said).doesNotContain("Exception", "at org.");
    assertThat(result.out()).isEmpty();
    assertThat(result.status()).isEqualTo(status);
    assertThat(files()).isEqualTo(before);
  }

  /** A bad policy and a word of the message. */
  static Stream<String[]> policies() {
    return Stream.of(
        new String[] {"empty.json", "is empty"},
        new String[] {"truncated.json", "truncated.json:1:"},
        new String[] {"huge.json", "52,428,800 bytes"},
        new String[] {"deep.json", "deep.json:1:"},
        new String[] {"words.json", "words.json:1:1"},
        new String[] {"directory.json", "directory"},
        new String[] {"fifo.json", "fifo"},
        new String[] {"missing.json", "missing.json"});
  }

  @ParameterizedTest
  @MethodSource("policies")
  void policyThatIsNoneIsRefusedByRun(String policy, String word) throws Exception {
    assertRefused(
        tinyJail.run("run", "--policy", policy, "--", "touch", "started"), 125, policy, word);
    assertRefused(
        tinyJail.run("run", "--watch", "--policy", policy, "--", "touch", "started"),
        125,
        policy,
        word);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void policyThatIsNoneIsRefusedByTheOthers(String policy, String word) throws Exception {
    assertRefused(tinyJail.run("compile", policy, "-o", "new.bpf"), 4, policy, word);
    assertRefused(tinyJail.run("explain", policy), 4, policy, word);
    assertRefused(tinyJail.run("check", "good.json", policy), 4, policy, word);
    assertRefused(tinyJail.run("diff", "good.json", policy), 4, policy, word);
    assertRefused(tinyJail.run("merge", "good.json", policy, "-o", "new.json"), 4, policy, word);
    assertRefused(tinyJail.run("convert", policy, "-o", "new.json"), 4, policy, word);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void policyThatIsNoneIsLeftAloneByReview(String policy, String word) throws Exception {
    tinyJail.run(
        "run",
        "--policy",
        "good.json",
        "--quiet",
        "--",
        Attacker.program("attacker") + "",
        "mkdir",
        "made");
    assertRefused(tinyJail.run("review", "--allow", "1", "--policy", policy), 4, policy, word);
    assertThat(tinyJail.run("review", "--json").succeeded().out()).contains("\"open\"");
  }

  @ParameterizedTest
  @CsvSource({
    "127,missing-command,not found",
    "127,./missing,No such file",
    "126,./not-executable,Permission denied",
    "126,./no-program,Exec format error",
    "126,./directory.json,Permission denied"
  })
  void commandThatCannotBeStartedIsReportedAsAShellDoes(int status, String command, String word)
      throws Exception {
    assertRefused(
        tinyJail.run("run", "--quiet", "--policy", "good.json", "--", command),
        status,
        command,
        word);
    assertRefused(tinyJail.run("learn", "--", command), status, command, word);
  }

  /** Words of a command, exit code, a word of the message. */
  static Stream<List<String>> usages() {
    return Stream.of(
        List.of("125", "--polcy", "run", "--polcy", "good.json", "--", "true"),
        List.of("125", "--policy", "run", "--", "true"),
        List.of("125", "-- CMD", "run", "--policy", "good.json"),
        List.of("125", "-- CMD", "run", "--policy", "good.json", "--"),
        List.of("125", "-- CMD", "learn"),
        List.of("125", "--fsat", "learn", "--fsat", "--", "true"),
        List.of("125", "--args", "learn", "--args", "sfae", "--", "true"),
        List.of("125", "--timeout", "learn", "--timeout", "soon", "--", "true"),
        List.of(
            "125",
            "frobnicate",
            "run",
            "--policy",
            "good.json",
            "--kill",
            "frobnicate",
            "--",
            "true"),
        List.of(
            "125",
            "--default-action",
            "run",
            "--policy",
            "good.json",
            "--default-action",
            "x",
            "--",
            "true"),
        List.of(
            "125", "--ask", "run", "--policy", "good.json", "--ask", "--complain", "--", "true"),
        List.of("125", "did you mean @docker?", "run", "--policy", "@dokcer", "--", "true"),
        List.of("125", "@../x", "run", "--policy", "@../x", "--", "true"),
        List.of(
            "125",
            "did you mean CAP_BPF?",
            "run",
            "--policy",
            "@docker",
            "--caps",
            "pbf",
            "--",
            "true"),
        List.of("125", "such as 6.1", "run", "--policy", "@docker", "--kernel", "6", "--", "true"),
        List.of("2", "-o FILE", "convert", "@docker"),
        List.of("2", "oci or docker", "convert", "@docker", "--to", "bpf", "-o", "new"),
        List.of(
            "2", "--caps", "convert", "@docker", "--to", "docker", "--caps", "all", "-o", "new"),
        List.of("2", "did you mean x86?", "convert", "@docker", "--arch", "x68", "-o", "new"),
        List.of("4", "one of @docker, @nspawn, @podman", "compile", "@", "-o", "new"),
        List.of("2", "reveiw", "reveiw"),
        List.of(
            "125",
            "--policy is given twice; wanted one POLICY",
            "run",
            "--policy",
            "good.json",
            "--policy",
            "empty.json",
            "--",
            "true"),
        List.of(
            "2", "--output is given twice", "compile", "good.json", "-o", "new", "-o", "new.bpf"),
        List.of("2", "--since is given twice", "review", "--since", "1h", "--since", "2h"),
        List.of("2", "--sicne", "review", "--sicne", "1h"),
        List.of("2", "--allow", "review", "--allow", "1"),
        List.of("2", "x", "review", "--allow", "x", "--policy", "good.json"),
        List.of("2", "99", "review", "--deny", "99"),
        List.of("2", "POLICY", "compile"),
        List.of("2", "POLICY", "explain"),
        List.of("2", "did you mean read?", "explain", "good.json", "raed"),
        List.of("2", "POLICY...", "check"),
        List.of("2", "did you mean warning?", "check", "--severity", "waring", "good.json"),
        List.of("2", "did you mean docker?", "check", "--for", "dokcer", "good.json"),
        List.of("2", "A and B", "diff", "good.json"),
        List.of("2", "-o FILE", "merge", "good.json", "good.json"),
        List.of("4", "did you mean @docker?", "check", "@dokcer"),
        List.of("2", "--program", "generate"));
  }

  @ParameterizedTest
  @MethodSource("usages")
  void wrongUseSaysWhatWasMeant(List<String> usage) throws Exception {
    String[] words = usage.subList(2, usage.size()).toArray(String[]::new);
    assertRefused(tinyJail.run(words), Integer.parseInt(usage.get(0)), usage.get(1));
  }

  @ParameterizedTest
  @CsvSource({
    "learn ls -l,learn -- ls -l",
    "learn --quiet --out p.json ls --all,learn --quiet --out p.json -- ls --all",
    "run --policy good.json ls,run --policy good.json -- ls",
    "trace ls,trace -- ls"
  })
  void aForgottenDoubleDashIsNamedAndPutWhereItBelongs(String words, String corrected)
      throws Exception {
    assertRefused(
        tinyJail.run(words.split(" ")),
        125,
        "\"--\" is missing before the program to start; did you mean: tiny-jail "
            + corrected
            + "\n");
  }

  @Test
  void theLineWithTheDoubleDashCanBePastedIntoAShell() throws Exception {
    assertRefused(
        tinyJail.run("learn", "sh", "-c", "echo it's"),
        125,
        "tiny-jail learn -- sh -c 'echo it'\\''s'\n");
  }

  @Test
  void aWordBeforeTheDoubleDashThatIsNoOptionIsRefused() throws Exception {
    assertRefused(
        tinyJail.run("run", "--policy", "good.json", "stray", "--", "touch", "started"),
        125,
        "run: unexpected \"stray\"");
    assertRefused(
        tinyJail.run("learn", "stray", "--", "touch", "started"),
        125,
        "learn: unexpected \"stray\"");
  }

  @ParameterizedTest
  @CsvSource({
    "125,run --policy= -- touch started,--policy is empty; wanted POLICY",
    "125,run --policy good.json --profile= -- touch started,--profile is empty; wanted NAME",
    "125,learn --out= -- touch started,--out is empty; wanted FILE",
    "125,learn --profile= -- touch started,--profile is empty; wanted NAME",
    "125,trace --filter= -- touch started,--filter is empty; wanted EXPR",
    "2,review --allow 1 --policy=,--policy is empty; wanted FILE"
  })
  void anEmptyValueIsSaidWithWhatWasWanted(int status, String words, String said) throws Exception {
    assertRefused(tinyJail.run(words.split(" ")), status, said);
    String[] apart = words.replace("=", " =").split(" ");
    for (int i = 0; i < apart.length; i++) {
      apart[i] = apart[i].equals("=") ? "" : apart[i];
    }
    assertRefused(tinyJail.run(apart), status, said);
  }

  @Test
  void theReasonsOfAPolicyAreNotTakenForThePolicy() throws Exception {
    tinyJail.run("learn", "--quiet", "--out", "app.policy.json", "--", "true").succeeded();
    before = files();
    String reasons = "app.policy.why.json";
    String said =
        reasons + ": the reasons of a policy; wanted the policy itself: app.policy.json\n";
    assertRefused(tinyJail.run("run", "--policy", reasons, "--", "touch", "started"), 125, said);
    assertRefused(tinyJail.run("check", reasons), 4, said);
    assertRefused(tinyJail.run("explain", reasons), 4, said);
  }

  @Test
  void aPolicyMayBeNamedAsReasonsAre() throws Exception {
    Files.copy(directory.resolve("good.json"), directory.resolve("odd.why.json"));
    tinyJail.run("run", "--policy", "odd.why.json", "--", "true").succeeded();
  }

  @ParameterizedTest
  @ValueSource(strings = {"good.json", "/proc/tiny-jail"})
  void storeThatCannotBeWrittenIsRefused(String store) throws Exception {
    assertRefused(tinyJail.run("review", "--store", store), 5, store);
    String[] words = {"--store", store, "--", "touch", "started"};
    assertRefused(tinyJail.run(join("run", "--policy", "good.json", words)), 125, store);
    assertRefused(tinyJail.run(join("learn", "--quiet", words)), 125, store);
  }

  @Test
  void storeOnAReadOnlyFileSystemIsRefused() throws Exception {
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    Path store = directory.resolve("store");
    Files.createDirectory(
        store,
        java.nio.file.attribute.PosixFilePermissions.asFileAttribute(
            java.nio.file.attribute.PosixFilePermissions.fromString("rwx------")));
    before = files();
    String script =
        "mount --bind \"$2\" \"$2\" && mount -o remount,bind,ro \"$2\" && shift 2 && exec \"$@\"";
    for (List<String> words :
        List.of(
            List.of("5", "review"),
            List.of("125", "run", "--policy", "good.json", "--", "touch", "started"),
            List.of("125", "learn", "--", "touch", "started"))) {
      List<String> all =
          new ArrayList<>(
              List.of("unshare", "-m", "sh", "-c", script, "sh", "x", "" + store, tool));
      all.addAll(words.subList(1, words.size()));
      TinyJail.Result result =
          tinyJail.end(tinyJail.startOther(all, Map.of("TINY_JAIL_STORE", store.toString())));
      assertRefused(result, Integer.parseInt(words.get(0)), store.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"directory.json", "missing/out.json", "good.json/out.json"})
  void placeWhereNoPolicyCanBeWrittenIsRefusedBeforeTheProgramStarts(String out) throws Exception {
    String named = String.valueOf(Path.of(out).getName(0));
    assertRefused(tinyJail.run("learn", "--out", out, "--", "touch", "started"), 125, named);
    assertRefused(tinyJail.run("compile", "good.json", "-o", out), 4, named);
    assertRefused(tinyJail.run("generate", "--program", "true", "--out", out), 4, named);
  }

  @Test
  void aFullDiskIsSaidOfThePolicyThatHasNoRoom() throws Exception {
    String script =
        "mount -t tmpfs -o size=4k none directory.json && head -c 4096 /dev/zero >directory.json/a"
            + " && exec \"$0\" learn --quiet --out directory.json/p.json -- true";
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    List<String> words = List.of("unshare", "-m", "sh", "-c", script, tool);
    assertRefused(
        tinyJail.end(tinyJail.startOther(words, Map.of())),
        125,
        "learn: " + directory.resolve("directory.json/p.why.json") + ": No space left on device");
  }

  @Test
  void aPolicyInADirectoryOfAnotherIsLeftAloneAndNoTemporaryFileIsNamed() throws Exception {
    tinyJail.run("run", "--policy", "good.json", "--quiet", "--", "mkdir", "made");
    Path theirs = Files.createDirectory(directory.resolve("theirs"));
    Files.copy(directory.resolve("good.json"), theirs.resolve("p.json"));
    Files.setAttribute(theirs, "unix:uid", 65_533);
    before = files();
    List<String> words = new ArrayList<>();
    words.addAll(List.of("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"));
    words.add(TinyJail.distribution().resolve("bin/tiny-jail").toString());
    words.addAll(List.of("review", "--allow", "1", "--policy", "theirs/p.json"));
    assertRefused(
        tinyJail.end(tinyJail.startOther(words, Map.of())),
        4,
        "cannot write in " + theirs + "; copy the policy");
  }

  @Test
  void kernelWithoutUserNotificationIsSaidAndPartialEnforcementIsAskedFor() throws Exception {
    Map<String, String> without = Map.of("TINY_JAIL_TEST_WITHOUT", "user_notif");
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    String attacker = Attacker.program("attacker").toString();
    String[] command = {"--", attacker, "mkdir", directory + "/made"};
    for (String[] words :
        List.of(
            join(tool, "run", "--quiet", join("--policy", "good.json", command)),
            join(tool, "run", "--watch", join("--policy", "good.json", command)),
            join(tool, "learn", "--quiet", command))) {
      assertRefused(
          tinyJail.end(tinyJail.startOther(List.of(words), without)), 125, "user notification");
    }
    TinyJail.Result partial =
        tinyJail.end(
            tinyJail.startOther(
                List.of(join(tool, "run", "--best-effort", join("--policy", "good.json", command))),
                without));
    assertThat(partial.out()).isEqualTo("mkdir=EDOM\n");
    assertThat(partial.err()).contains("audit log");
  }

  private static String[] join(String first, String second, String third, String[] rest) {
    return Stream.concat(Stream.of(first, second, third), Stream.of(rest)).toArray(String[]::new);
  }

  private static String[] join(String first, String second, String[] rest) {
    return Stream.concat(Stream.of(first, second), Stream.of(rest)).toArray(String[]::new);
  }
}
