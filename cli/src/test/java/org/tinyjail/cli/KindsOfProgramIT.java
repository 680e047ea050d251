package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kind of program, however it was built and started, does under tiny-jail what it does
 * without.
 */
class KindsOfProgramIT {
  private static final String TRESPASS = "ln -s nowhere trespassed";

  private static final Set<String> VARYING = Set.of("Java", "Go", "Node", "gdb");

  private static final int MORE_RUNS = 5;

  /** Shared, as a user's directories are: so is what tiny-jail keeps between runs. */
  @TempDir static Path directory;

  private static TinyJail tinyJail;

  /** Of a copy that every user can reach. */
  private static String tool;

  @BeforeAll
  static void build() throws Exception {
    tinyJail = new TinyJail(directory);
    tool = directory.resolve("tiny-jail/bin/tiny-jail").toString();
    List<String> command =
        List.of(
            Path.of("src/test/kinds/build").toAbsolutePath().toString(),
            directory.toString(),
            TinyJail.distribution().toString());
    tinyJail.end(tinyJail.startOther(command, Map.of())).succeeded();
  }

  /**
   * A kind of program, and a way to start one.
   *
   * @param name of the kind
   * @param script for bash: {@code $JAIL} is empty, or tiny-jail with its options; {@code
   *     $TRESPASS} is empty, or the words of a command that makes a symbolic link, at which the
   *     program makes one in its own way; {@code $AS_USER} starts a command as a user other than
   *     root, {@code $TOOL} is tiny-jail
   */
  record Kind(String name, String script) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kind> kinds() {
    return Stream.of(
        new Kind("dynamic", "$JAIL ./kind $TRESPASS"),
        new Kind("i386", "$JAIL ./kind-i386 $TRESPASS"),
        new Kind("i386, static", "$JAIL ./kind-i386-static $TRESPASS"),
        new Kind("x86-64 with calls of i386", "$JAIL ./kind-int80 $TRESPASS"),
        new Kind("static and position-independent", "$JAIL ./kind-static-pie $TRESPASS"),
        new Kind("musl", "$JAIL ./kind-musl $TRESPASS"),
        new Kind("musl, static", "$JAIL ./kind-musl-static $TRESPASS"),
        new Kind("Java", "$JAIL java -cp . Kind $TRESPASS"),
        new Kind("Go", "$JAIL ./kind-go $TRESPASS"),
        new Kind("Node", "$JAIL node kind.js $TRESPASS"),
        new Kind("Python, fork", "$JAIL /usr/bin/python3 kind.py fork $TRESPASS"),
        new Kind("Python, spawn", "$JAIL /usr/bin/python3 kind.py spawn $TRESPASS"),
        new Kind("Python, forkserver", "$JAIL /usr/bin/python3 kind.py forkserver $TRESPASS"),
        new Kind("own filter", "$JAIL ./filter plain $TRESPASS"),
        new Kind("own filter with a listener", "$JAIL ./filter listener $TRESPASS"),
        new Kind(
            "gdb",
            "$JAIL gdb -nx -batch -ex 'set print thread-events off' -ex 'break memory'"
                + " -ex 'handle SIGUSR1 nostop noprint' -ex run -ex 'bt 1' -ex continue"
                + " -ex 'print $_exitcode' --args ./kind $TRESPASS | sed 's/process [0-9]*//'"),
        new Kind("strace", "$JAIL strace -f -o calls ./kind $TRESPASS; grep -c socketpair calls"),
        new Kind(
            "all descriptors closed",
            "$JAIL ./closer $TRESPASS; code=$?; cat closed; rm closed; exit $code"),
        new Kind("no terminal", "setsid -w $JAIL ./kind $TRESPASS"),
        new Kind("session of its own", "$JAIL setsid -w ./kind $TRESPASS"),
        new Kind("nohup", "nohup $JAIL sh -c 'kill -HUP $$; exec ./kind \"$@\"' sh $TRESPASS"),
        new Kind(
            "first of a pipeline",
            "$JAIL sh -c 'eval \"$TRESPASS\"; exec yes' | head -2; echo ${PIPESTATUS[*]}"),
        new Kind(
            "middle of a pipeline",
            "yes | $JAIL sh -c 'eval \"$TRESPASS\"; exec head -2' | cat; echo ${PIPESTATUS[*]}"),
        new Kind(
            "last of a pipeline",
            "seq 3 | $JAIL sh -c 'eval \"$TRESPASS\"; exec sort -r'; echo ${PIPESTATUS[*]}"),
        new Kind(
            "pipeline", "$JAIL bash -c 'eval \"$TRESPASS\"; yes | head -2; echo ${PIPESTATUS[*]}'"),
        new Kind("user", "$AS_USER $JAIL ./kind $TRESPASS"),
        new Kind("user namespace", "$AS_USER unshare -Ur $JAIL ./kind $TRESPASS"),
        new Kind("user by sudo", "sudo -n -u nobody env HOME=$PWD/user $JAIL ./kind $TRESPASS"),
        new Kind(
            "root by sudo",
            "unshare -m sh -c 'mount --bind sudoers /etc/sudoers && exec \"$@\"' sh"
                + " $AS_USER sudo -n env HOME=$HOME $JAIL ./kind $TRESPASS"),
        new Kind("sudo", "$JAIL sudo -n -u nobody ./kind $TRESPASS"),
        new Kind("container", "./contain none $JAIL ./kind $TRESPASS"),
        new Kind("container with Docker's filter", "./contain docker.json $JAIL ./kind $TRESPASS"));
  }

  private static TinyJail.Result perform(String script, String jail, String trespass)
      throws Exception {
    Map<String, String> environment =
        Map.of(
            "TOOL", tool,
            "JAIL", jail,
            "TRESPASS", trespass,
            "AS_USER", "setpriv --reuid=nobody --clear-groups env HOME=" + directory + "/user");
    return tinyJail.end(tinyJail.startOther(List.of("bash", "-c", script), environment));
  }

  private static TinyJail.Result learn(String script, String policy) throws Exception {
    return perform(
        script, tool + " learn --quiet --mode strict --fresh --out " + policy + " --", "");
  }

  /**
   * Adds what another run shows, where a program does not do the same in each. What was denied is
   * printed, since only those of {@link #VARYING} are known to.
   */
  private static TinyJail.Result holdWithMoreLearned(Kind kind, String policy) throws Exception {
    TinyJail.Result held = hold(kind.script(), policy, "");
    for (int i = 0; i < MORE_RUNS && held.err().contains("denied"); i++) {
      if (!VARYING.contains(kind.name())) {
        System.out.println(held.out() + held.err() + denials(kind));
      }
      perform(kind.script(), tool + " learn --quiet --mode strict --out " + policy + " --", "");
      held = hold(kind.script(), policy, "");
    }
    return held;
  }

  private static TinyJail.Result hold(String script, String policy, String trespass)
      throws Exception {
    return perform(script, run(policy), trespass);
  }

  /** What a failure is to say of: which kind, and every denial in its user's store. */
  private static String denials(Kind kind) {
    boolean root = !kind.script().contains("$AS_USER") && !kind.script().startsWith("sudo");
    try {
      String review = root ? "$JAIL" : "$AS_USER $JAIL";
      return kind + ": " + perform(review, tool + " review --json", "").out();
    } catch (Exception e) {
      return kind + ": " + e;
    }
  }

  private static boolean trespassed() throws IOException {
    return Files.deleteIfExists(directory.resolve("trespassed"));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void doesTheSameInAJailButForWhatItNeverDid(Kind kind) throws Exception {
    String policy = kind.name().replaceAll("[^A-Za-z0-9]+", "-") + ".json";
    TinyJail.Result bare = perform(kind.script(), "", "");
    if (kind.name().contains("i386") && !Attacker.has32BitCalls()) {
      // Not even here: bash's 126 is that of a file that cannot be executed; a gate that is a
      // fault.
      assertThat(List.of(126, 128 + 11)).contains(bare.status());
      return;
    }
    assertThat(bare.out()).isNotEmpty();

    TinyJail.Result learned = learn(kind.script(), policy);
    assertThat(learned.out()).isEqualTo(bare.out());
    assertThat(learned.status()).as(learned.err()).isEqualTo(bare.status());

    TinyJail.Result held = holdWithMoreLearned(kind, policy);
    assertThat(held.err()).as(() -> denials(kind)).doesNotContain("denied");
    assertThat(held.out()).as(kind + ": " + held.err()).isEqualTo(bare.out());
    assertThat(held.status()).as(held.err()).isEqualTo(bare.status());

    perform(kind.script(), "", TRESPASS);
    assertThat(trespassed()).as("without a jail").isTrue();
    TinyJail.Result trespassing = hold(kind.script(), policy, TRESPASS);
    assertThat(trespassed()).as("in the jail").isFalse();
    assertThat(trespassing.err()).containsPattern("[1-9][0-9]* calls? denied");
  }

  /** Which calls the inner launcher makes depends on how soon its child is ready. */
  @Test
  void tinyJailWorksInTinyJail() throws Exception {
    String script = "$JAIL $TOOL run --policy anything.json -- ./kind $TRESPASS";
    TinyJail.Result bare = perform(script, "", "");
    TinyJail.Result learned = learn(script, "nested.json");
    TinyJail.Result held = hold(script, "nested.json", "");
    assertThat(List.of(learned.out(), held.out())).containsOnly(bare.out());
    assertThat(List.of(learned.status(), held.status())).containsOnly(bare.status());
    assertThat(hold(script, "nested.json", TRESPASS).err()).containsPattern("[0-9]+ calls? denied");
    assertThat(trespassed()).isFalse();
  }

  @Test
  void daemonIsFollowedToItsEndAndHeldWhenItsParentIsGone() throws Exception {
    String script =
        "$JAIL ./daemon $TRESPASS; code=$?; until [ -e done ]; do sleep 0.02; done; cat done;"
            + " rm done; exit $code";
    TinyJail.Result learned = learn(script, "daemon.json");
    TinyJail.Result held = hold(script, "daemon.json", TRESPASS);
    assertThat(List.of(learned.out(), held.out())).containsOnly("worked\n");
    assertThat(List.of(learned.status(), held.status())).containsOnly(7);
    assertThat(trespassed()).isFalse();
    String denials = tinyJail.run("review", "--json", "--program", "daemon").succeeded().out();
    assertThat(Attacker.recorded(denials, "symlink")).isEqualTo(1);
    assertThat(Attacker.recorded(denials, "")).isEqualTo(1);
  }

  @Test
  void daemonThatLearnDoesNotFollowGoesOnUnlearned() throws Exception {
    String script = "$JAIL ./daemon; echo $?; until [ -e done ]; do sleep 0.02; done; rm done";
    String learn =
        tool + " learn --quiet --mode strict --fresh --until-main-exits --out early.json --";
    assertThat(perform(script, learn, "").out()).isEqualTo("7\n");
    Set<String> early = allowed("early.json");
    learn(script, "late.json");
    assertThat(early).contains("setsid").doesNotContain("rename");
    assertThat(allowed("late.json")).containsAll(early).contains("rename");
  }

  private static Set<String> allowed(String policy) throws Exception {
    return Set.copyOf(tinyJail.calls(policy));
  }

  @Test
  void setUserIdFileIsRefusedToAUserAndWhatCannotGainPrivilegesSaysSo() throws Exception {
    TinyJail.Result refused = perform("$AS_USER $JAIL sudo -n true", run("anything.json"), "");
    assertThat(refused.status()).isEqualTo(126);
    assertThat(refused.err()).contains("sudo: not started: it is set-user-ID").hasLineCount(1);
    TinyJail.Result within =
        perform("$AS_USER $JAIL sh -c 'sudo -n true; exit 5'", run("anything.json"), "");
    assertThat(within.status()).isEqualTo(5);
    assertThat(within.err()).contains("\"no new privileges\" flag is set");
  }

  @Test
  void userReviewsWhatWasDeniedFromAStoreOfHisOwn() throws Exception {
    String user = "$AS_USER $JAIL";
    learn(user + " ./kind", "own.json");
    hold(user + " ./kind $TRESPASS", "own.json", TRESPASS);
    String denials = perform(user, tool + " review --json", "").succeeded().out();
    assertThat(Attacker.recorded(denials, "symlink(")).isPositive();
    assertThat(Files.getOwner(directory.resolve("user/.local/share/tiny-jail")).getName())
        .isEqualTo("nobody");
  }

  /**
   * What is waited for and then typed, by turns, to a shell with job control.
   *
   * <p>The second job says that it is going when its command is executed, not before: a stop key
   * between a shell's vfork and the exec stops the child alone, and its parent cannot stop.
   */
  private static final List<String> SESSION =
      List.of(
          "ready> ",
          "$JAIL sh -c 'echo up$((1+1)); read x; echo got-$x; exit 3'\n",
          "up2",
          "^Z",
          "exit 3'", // where the shell says that it has stopped
          "fg\n",
          "exit 3'", // where it says what goes on
          "line\n",
          "got-line",
          "echo code=$?\n",
          "code=3",
          "$JAIL sh -c 'sh -c \"echo going$((1+1)); exec sleep 1\"; echo woke$((1+1))'\n",
          "going2",
          "^Z",
          "Stopped",
          "bg\n",
          "woke2",
          "$JAIL /usr/bin/python3 window.py\n",
          "up 200x24",
          "^W",
          "now 100x40",
          "\n",
          "ready> ",
          "$JAIL sh -c 'eval \"$TRESPASS\"; echo t$((1+1))'\n",
          "t2",
          "exit\n");

  /** Waits for the signal: one that arrives just before a read would be handled after it only. */
  private static final String WINDOW =
      """
      import os, signal
      def show(when):
          size = os.get_terminal_size()
          print(f'{when} {size.columns}x{size.lines}', flush=True)
      signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
      show('up')
      signal.sigwait([signal.SIGWINCH])
      show('now')
      input()
      """;

  private static String session(String jailOfShell, String jailOfJobs, String trespass)
      throws Exception {
    Files.writeString(directory.resolve("window.py"), WINDOW);
    List<String> words = new ArrayList<>(List.of(Attacker.program("terminal").toString()));
    words.addAll(SESSION);
    words.add("--");
    words.addAll(List.of("/bin/sh", "-c", "exec " + jailOfShell + " bash --norc --noprofile -i"));
    Map<String, String> environment =
        Map.of("JAIL", jailOfJobs, "TRESPASS", trespass, "PS1", "ready> ", "TERM", "dumb");
    TinyJail.Result shown = tinyJail.end(tinyJail.startOther(words, environment)).succeeded();
    assertThat(shown.out()).doesNotContain("never shown").contains("ended=");
    return shown.out();
  }

  private static String run(String policy) {
    return tool + " run --policy " + policy + " --";
  }

  @Test
  void jailsAreJobsOfAShell() throws Exception {
    String learn = tool + " learn --quiet --mode strict --profile session --out session.json --";
    session("", learn, "");
    assertThat(session("", run("session.json"), "")).doesNotContain("denied");
    assertThat(session("", run("session.json"), TRESPASS)).contains("1 call denied");
    assertThat(trespassed()).isFalse();
  }

  @Test
  void shellInAJailHasJobs() throws Exception {
    assertThat(session(run("no-links.json"), "", "")).doesNotContain("denied");
    assertThat(session(run("no-links.json"), "", TRESPASS)).contains("1 call denied");
    assertThat(trespassed()).isFalse();
  }
}
