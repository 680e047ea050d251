package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.agent.KernelProbe;

/** What follows from results that this kernel does not give. */
class KernelChecksTest {
  private static final List<String> ALL_WELL =
      Stream.concat(
              Stream.of("kill_process kill_thread trap errno user_notif trace log allow".split(" "))
                  .map(action -> "action." + action),
              Stream.of(
                  ("filter user_notif listener receive id_valid continue addfd addfd_send"
                          + " wait_killable sync_wake_up log process_vm_readv pidfd_getfd"
                          + " landlock_scope user_namespace io_uring audit_read audit_record")
                      .split(" ")))
          .map(name -> name + " yes")
          .toList();

  @TempDir Path root;

  private void write(String path, String text) throws Exception {
    Path file = root.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text + "\n");
  }

  private List<Check> checks(String... changed) throws Exception {
    List<String> lines = new ArrayList<>(ALL_WELL);
    lines.addAll(List.of("landlock_abi 6", "audit_daemon 99"));
    lines.addAll(List.of(changed)); // the last of a name counts
    if (!Files.exists(root.resolve("proc/self/status"))) {
      write("/proc/self/status", "CapEff:\t0000000000000000\nSeccomp:\t0\nNoNewPrivs:\t0");
      write("/proc/sys/kernel/seccomp/actions_logged", "kill_process trap errno user_notif log");
    }
    KernelChecks kernel = new KernelChecks(KernelProbe.parse(lines), new SystemFiles(root));
    return Stream.of(kernel.seccomp(), kernel.walls(), kernel.audit())
        .flatMap(List::stream)
        .toList();
  }

  private static Check named(String name, List<Check> checks) {
    return checks.stream().filter(check -> check.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void whereEverythingWorksNothingIsFound() throws Exception {
    assertThat(checks()).allMatch(check -> check.state() == Check.State.OK);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "filter EINVAL         | filters            | MISSING | true  | run, learn",
        "action.log EOPNOTSUPP | actions            | PARTIAL | true  | kill instead",
        "user_notif no         | user notification  | MISSING | true  | records no denials",
        "listener EBUSY        | listener           | PARTIAL | true  | run enforces natively",
        "listener EPERM        | listener           | MISSING | true  | learn, trace",
        "continue EINVAL       | answers            | MISSING | true  | let a call pass",
        "addfd_send EINVAL     | descriptors        | PARTIAL | false | no command",
        "wait_killable no      | WAIT_KILLABLE_RECV | PARTIAL | true  | count one call twice",
        "sync_wake_up EINVAL   | SYNC_WAKE_UP       | PARTIAL | true  | slower",
        "log no                | filter flag LOG    | MISSING | true  | run --no-agent",
        "landlock_scope no     | Landlock           | PARTIAL | true  | --best-effort",
        "process_vm_readv EPERM| process_vm_readv   | PARTIAL | true  | review",
        "pidfd_getfd ENOSYS    | pidfd_getfd        | MISSING | false | no command",
        "user_namespace EPERM  | user namespaces    | MISSING | false | bwrap",
        "io_uring EPERM        | io_uring           | MISSING | false | plain calls",
        "audit_read EPERM      | audit records      | MISSING | false | cannot read it",
        "audit_record no       | audit records      | PARTIAL | false | cannot read it",
        "audit_daemon 0        | audit daemon       | MISSING | false | 10 lines",
        "audit_daemon EPERM    | audit daemon       | UNKNOWN | false | cannot be told",
      })
  void whatDoesNotWorkIsNamedWithWhatItLimitsAndAFix(
      String result, String name, Check.State state, boolean finding, String means)
      throws Exception {
    Check check = named(name, checks(result));
    assertThat(check.state()).isEqualTo(state);
    assertThat(check.isFinding()).isEqualTo(finding);
    assertThat(check.means()).contains(means);
    assertThat(check.fix()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0000000000000000, OK, every process",
    "1, 0000000000000000, OK, descendants only",
    "2, 0000000000000000, PARTIAL, administrators only",
    "2, 0000000000080000, OK, administrators only",
    "3, 000001ffffffffff, PARTIAL, nobody"
  })
  void yamaLimitsReadingAsFarAsCapabilitiesDoNotHelp(
      String scope, String capabilities, Check.State state, String found) throws Exception {
    checks();
    write("/proc/sys/kernel/yama/ptrace_scope", scope);
    write("/proc/self/status", "CapEff:\t" + capabilities);
    Check check = named("Yama ptrace_scope", checks());
    assertThat(check.state()).isEqualTo(state);
    assertThat(check.found()).contains(found);
  }

  @Test
  void anActionThatIsNotLoggedIsNamedWithTheSysctlThatAddsIt() throws Exception {
    checks();
    write("/proc/sys/kernel/seccomp/actions_logged", "kill_process trap log");
    Check check = named("actions_logged", checks());
    assertThat(check.state()).isEqualTo(Check.State.PARTIAL);
    assertThat(check.fix()).contains("\"kill_process trap log errno user_notif\"");
  }

  @ParameterizedTest
  @CsvSource({
    "/proc/sys/user/max_user_namespaces, 0, user.max_user_namespaces=0",
    "/proc/sys/kernel/unprivileged_userns_clone, 0, kernel.unprivileged_userns_clone=0",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns, 1, apparmor_restrict"
  })
  void theSysctlThatRefusesUserNamespacesIsNamed(String path, String value, String found)
      throws Exception {
    write(path, value);
    assertThat(named("user namespaces", checks("user_namespace EPERM")).found()).contains(found);
    write(path, "1".equals(value) ? "0" : "1");
    assertThat(named("user namespaces", checks("user_namespace EPERM")).found())
        .doesNotContain(found);
  }

  @Test
  void withoutAListenerNothingIsSaidOfWhatNeedsOne() throws Exception {
    List<String> without = List.of("answers", "WAIT_KILLABLE_RECV", "SYNC_WAKE_UP");
    assertThat(checks("listener EBUSY").stream().map(Check::name))
        .doesNotContainAnyElementsOf(without);
  }
}
