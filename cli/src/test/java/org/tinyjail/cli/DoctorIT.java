package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.cli.TinyJail.Result;

/** {@code doctor} on the real kernel, in surroundings that lack something. */
class DoctorIT {
  private static final String LAUNCHER =
      TinyJail.distribution().resolve("bin/tiny-jail").toString();
  private static final Pattern CHECK =
      Pattern.compile("\"name\":\"([^\"]*)\",\"state\":\"([a-z]*)\"");

  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  private Result run(Map<String, String> environment, String... words) throws Exception {
    return tinyJail.end(tinyJail.startOther(List.of(words), environment));
  }

  private static Map<String, String> states(Result result) {
    Map<String, String> states = new HashMap<>();
    Matcher matcher = CHECK.matcher(result.out());
    while (matcher.find()) {
      states.put(matcher.group(1), matcher.group(2));
    }
    return states;
  }

  @Test
  void rootOnThisKernelHasEverythingThatCommandsNeed() throws Exception {
    Result result = tinyJail.run("doctor").succeeded();
    assertThat(result.out())
        .contains("  ok       listener ", "  ok       Landlock ", "  ok       store ")
        .endsWith("No command is limited.\n")
        .doesNotContain("\033");
    assertThat(result.err()).isEmpty();
    assertThat(states(tinyJail.run("doctor", "--json").succeeded()))
        .containsEntry("answers", "ok")
        .containsEntry("descriptors", "ok")
        .containsEntry("audit records", "ok")
        .containsEntry("pidfd_getfd", "ok");
    String pids = run(Map.of(), "cat", "/proc/sys/kernel/pid_max").out().strip();
    assertThat(result.out()).contains("up to " + pids + "\n");
  }

  @ParameterizedTest
  @CsvSource({
    "user_notif, user notification, missing",
    "log, filter flag LOG, missing",
    "wait_killable, WAIT_KILLABLE_RECV, partial",
    "landlock, Landlock, partial",
    "sync_wake_up, SYNC_WAKE_UP, partial"
  })
  void aFeatureThatIsTakenAwayIsAFinding(String feature, String check, String state)
      throws Exception {
    Result result = run(Map.of("TINY_JAIL_TEST_WITHOUT", feature), LAUNCHER, "doctor", "--json");
    assertThat(result.status()).isEqualTo(ExitCode.FINDINGS);
    assertThat(states(result)).containsEntry(check, state);
  }

  @Test
  void insideAJailThereIsNoSecondListenerAndRunEnforcesNatively() throws Exception {
    Files.writeString(directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR);
    String[] jail = {LAUNCHER, "run", "--policy", "p.json", "--", LAUNCHER};
    Result doctor = run(Map.of(), concat(jail, "doctor", "--json"));
    assertThat(doctor.status()).as(doctor.err()).isEqualTo(ExitCode.FINDINGS);
    assertThat(states(doctor))
        .containsEntry("user notification", "ok")
        .containsEntry("listener", "partial")
        .containsEntry("filters", "ok");
    assertThat(doctor.out()).contains("EBUSY", "already under 1 filter", "set around us");

    Result nested = run(Map.of(), concat(jail, "run", "--policy", "p.json", "--", "mkdir", "x"));
    assertThat(nested.err()).contains("no supervisor can stay").contains("out of domain");
    assertThat(directory.resolve("x")).doesNotExist();
    Result learned = run(Map.of(), concat(jail, "learn", "--", "true"));
    assertThat(learned.status()).isEqualTo(ExitCode.FAILED);
    assertThat(learned.err()).contains("a jail within a jail has no supervisor");
  }

  @Test
  void underAPolicyThatRefusesSeccompAndNamespacesTheirErrnoIsNamed() throws Exception {
    Files.writeString(
        directory.resolve("p.json"),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"seccomp\",\"unshare\","
            + "\"io_uring_setup\",\"process_vm_readv\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
    Result result =
        run(
            Map.of(),
            LAUNCHER,
            "run",
            "--no-agent",
            "--policy",
            "p.json",
            "--",
            LAUNCHER,
            "doctor");
    assertThat(result.status()).isEqualTo(ExitCode.FINDINGS);
    assertThat(result.out())
        .contains("missing  filters              refused: EPERM")
        .contains("missing  user namespaces      refused: EPERM")
        .contains("missing  io_uring             EPERM");
  }

  @Test
  void anOrdinaryUserHasNoAuditRecordsAndAllElse() throws Exception {
    Path home = readableCopy();
    Result result =
        run(
            Map.of("HOME", home.resolve("own").toString()),
            concat(
                new String[] {
                  "setpriv",
                  "--reuid=65534",
                  "--regid=65534",
                  "--clear-groups",
                  "--bounding-set=-all"
                },
                home.resolve("tiny-jail/bin/tiny-jail").toString(),
                "doctor",
                "--json"));
    assertThat(result.status()).as(result.out() + result.err()).isZero();
    assertThat(result.out()).contains("effective user 65534, without capabilities");
    assertThat(states(result))
        .containsEntry("listener", "ok")
        .containsEntry("process_vm_readv", "ok")
        .containsEntry("audit records", "missing")
        .containsEntry("audit daemon", "unknown");
  }

  /** The distribution where another user gets at it, and a home directory of his own. */
  private Path readableCopy() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    run(Map.of(), "cp", "-r", TinyJail.distribution().toString(), "tiny-jail").succeeded();
    run(Map.of(), "chmod", "-R", "go+rX", "tiny-jail").succeeded();
    run(Map.of(), "install", "-d", "-o", "65534", "-m", "700", "own").succeeded();
    return directory;
  }

  @Test
  void aUserNamespaceIsNamedAndHasNoAudit() throws Exception {
    Result result =
        run(Map.of(), "unshare", "--user", "--map-root-user", LAUNCHER, "doctor", "--json");
    assertThat(result.out()).contains("effective user 0 of a user namespace");
    assertThat(states(result))
        .containsEntry("listener", "ok")
        .containsEntry("user namespaces", "ok")
        .containsEntry("audit records", "missing");
  }

  @Test
  void aStoreAndACacheThatOthersCanWriteAreFindings() throws Exception {
    Path store = Files.createDirectory(directory.resolve("store"));
    Path caches = Files.createDirectory(directory.resolve("caches"));
    for (Path open : List.of(store, caches)) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    Result result =
        run(
            Map.of("TINY_JAIL_STORE", store.toString(), "XDG_CACHE_HOME", caches.toString()),
            LAUNCHER,
            "doctor");
    assertThat(result.status()).isEqualTo(ExitCode.FINDINGS);
    assertThat(result.out().replaceAll("\\s+", " "))
        .contains(" missing store ", "others may write to it", " missing cache ")
        .endsWith("2 findings: cache, store ");
  }

  @Test
  void coloursAreForATerminalThatWantsThem() throws Exception {
    String[] words = {"script", "-qec", LAUNCHER + " doctor", "/dev/null"};
    assertThat(run(Map.of("NO_COLOR", ""), words).out()).contains("\033[32mok\033[0m");
    assertThat(run(Map.of("NO_COLOR", "1"), words).out()).contains("ok").doesNotContain("\033");
  }

  private static String[] concat(String[] first, String... then) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(then));
    return all.toArray(new String[0]);
  }
}
