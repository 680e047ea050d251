package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/** Signals, exit codes and the terminal are the program's own; questions are asked and answered. */
class TerminalIT {
  private static final String ATTACKER = Attacker.program("attacker").toString();
  private static final String TOOL = TinyJail.distribution().resolve("bin/tiny-jail").toString();

  @TempDir Path directory;
  private TinyJail tinyJail;
  private final List<Long> started = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    Files.writeString(directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR);
  }

  @AfterEach
  void endAll() {
    started.forEach(Attacker::kill);
  }

  /** What a terminal shows while somebody waits for texts and types others, by turns. */
  private String terminal(List<String> waitForAndType, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of(Attacker.program("terminal").toString()));
    words.addAll(waitForAndType);
    words.add("--");
    words.addAll(List.of(command));
    Process process = tinyJail.startOther(words, Map.of());
    started.add(process.pid());
    return tinyJail.end(process).succeeded().out().replace("\r\n", "\n");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 6, 9, 11, 13, 14, 15})
  void exitCodeOfASignalIsAsAShellGivesIt(int number) throws Exception {
    Process shell =
        tinyJail.startOther(
            List.of(
                "sh",
                "-c",
                "\"$@\"; echo $?",
                "sh",
                TOOL,
                "run",
                "--policy",
                "p.json",
                "--",
                ATTACKER,
                "die",
                "" + number),
            Map.of());
    assertThat(tinyJail.end(shell).succeeded().out()).isEqualTo((128 + number) + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT", "HUP", "USR1"})
  void signalSentToTheCommandReachesTheProgram(String name) throws Exception {
    Process run = tinyJail.start("run", "--policy", "p.json", "--", ATTACKER, "wait");
    started.add(run.pid());
    long target = Attacker.child(run.pid(), "attacker");
    started.add(target);
    Path out = tinyJail.outputOf(run);
    Attacker.await("the target", () -> Attacker.text(out).contains("pid="));
    RealProgramsIT.signal(run.pid(), name);
    assertThat(tinyJail.end(run).status()).isGreaterThan(128);
    Attacker.await("the target's end", () -> !Attacker.alive(target));
  }

  @Test
  void programReadsALineFromItsTerminal() throws Exception {
    assertThat(
            terminal(
                List.of("name? ", "somebody\n"),
                TOOL,
                "run",
                "--policy",
                "p.json",
                "--",
                "sh",
                "-c",
                "test -t 0 && test -t 1 && printf 'name? ' && read x && echo \"hello, $x\"; exit 5"))
        .contains("hello, somebody\n", "ended=5\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stopKeyStopsTheJobAndInterruptEndsIt(boolean watched) throws Exception {
    List<String> command = new ArrayList<>(List.of(TOOL, "run", "--policy", "p.json"));
    if (watched) {
      command.add("--watch");
    }
    command.addAll(
        List.of(
            "--",
            "sh",
            "-c",
            "printf 'ready? '; read x; echo \"got $x\"; printf 'go? '; exec sleep 60"));
    assertThat(
            terminal(
                List.of("ready? ", "^Z", "stopped by", "a line\n", "go? ", "^C"),
                command.toArray(String[]::new)))
        .contains("stopped by ", "got a line", "ended=-2\n");
  }

  private String ask(List<String> waitForAndType, String... directories) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(TOOL, "run", "--ask", "--policy", "p.json", "--", ATTACKER, "mkdir"));
    for (String name : directories) {
      command.add(directory.resolve(name).toString());
    }
    return terminal(waitForAndType, command.toArray(String[]::new));
  }

  @Test
  void askedUserAllowsOnceAndDeniesOnce() throws Exception {
    String shown =
        ask(List.of("then denied): ", "y\n", "then denied): ", "n\n"), "first", "second");
    assertThat(shown).contains("mkdir=ok\n", "mkdir=EDOM\n", "create a directory", "ended=1\n");
    assertThat(directory.resolve("first")).isDirectory();
    assertThat(directory.resolve("second")).doesNotExist();
    assertThat(Files.readString(directory.resolve("p.json"))).isEqualTo(Attacker.ALL_BUT_MKDIR);
    String review = tinyJail.run("review", "--json").succeeded().out();
    assertThat(Attacker.recorded(review, "second")).isEqualTo(1);
    assertThat(Attacker.recorded(review, "first")).isZero();
  }

  @Test
  void askedUserDeniesForGoodAndIsNotAskedAgain() throws Exception {
    String shown = ask(List.of("then denied): ", "d\n"), "first", "second", "third");
    assertThat(shown.split("mkdir=EDOM\n", -1)).hasSize(4);
    assertThat(shown).contains("ended=1\n");
    assertThat(shown.split("then denied", -1)).hasSize(2);
    assertThat(Attacker.recorded(tinyJail.run("review", "--json").out(), "mkdir")).isEqualTo(3);
  }

  @Test
  void askedUserAllowsForGoodAndThePolicySaysSo() throws Exception {
    String shown = ask(List.of("then denied): ", "a\n"), "first", "second");
    assertThat(shown.split("mkdir=ok\n", -1)).hasSize(3);
    assertThat(shown).contains("allowed for good: mkdir", "ended=0\n");
    Policy policy = OciSeccompJson.read(directory.resolve("p.json"));
    assertThat(policy.rules()).noneMatch(TerminalIT::deniesMkdir);
    assertThat(Files.readString(directory.resolve("p.json.bak"))).isEqualTo(Attacker.ALL_BUT_MKDIR);
  }

  private static boolean deniesMkdir(Rule rule) {
    return rule.syscall().equals("mkdir") && rule.action().denies();
  }

  @Test
  void explainKeepsToTheWidthOfItsTerminalAndWritesWholeLinesElsewhere() throws Exception {
    String[] explain = {TOOL, "explain", "@docker"};
    List<String> narrow =
        terminal(List.of("ready? ", "^W", "", "\n"), shell("printf 'ready? '; read x; ", explain))
            .lines()
            .toList();
    assertThat(narrow).hasSizeGreaterThan(100).allMatch(line -> line.length() <= 100);
    List<String> whole = tinyJail.run("explain", "@docker").succeeded().out().lines().toList();
    assertThat(whole).anyMatch(line -> line.length() > 100).noneMatch(line -> line.startsWith(" "));
    assertThat(unbroken(narrow)).containsAll(whole.stream().map(TerminalIT::plain).toList());
  }

  private static String[] shell(String before, String... command) {
    return new String[] {"/bin/sh", "-c", before + String.join(" ", command)};
  }

  private static String plain(String line) {
    return line.replaceAll(" +", " ");
  }

  private static List<String> unbroken(List<String> lines) {
    return String.join("\n", lines).replace("\n    ", " ").lines().map(TerminalIT::plain).toList();
  }

  @Test
  void whoeverAsksWithoutATerminalIsRefused() throws Exception {
    Process run =
        tinyJail.startOther(
            List.of("setsid", "-w", TOOL, "run", "--ask", "--policy", "p.json", "--", "touch", "x"),
            Map.of());
    TinyJail.Result result = tinyJail.end(run);
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err()).contains("--ask wants a terminal").hasLineCount(1);
    assertThat(directory.resolve("x")).doesNotExist();
  }
}
