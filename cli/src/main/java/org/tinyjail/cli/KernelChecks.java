package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tinyjail.agent.KernelProbe;

/** What {@code doctor} says of the kernel, from what the launcher has tried. */
final class KernelChecks {
  private static final int CAP_SYS_PTRACE = 19;
  private static final int ABI_WITH_SCOPES = 6;
  private static final List<String> ACTIONS =
      List.of(
          "kill_process", "kill_thread", "trap", "errno", "user_notif", "trace", "log", "allow");
  private static final List<String> LOGGED_ON_DEMAND = List.of("errno", "trap", "user_notif");

  /** What each Landlock ABI added, from {@code landlock(7)}. */
  private static final List<String> LANDLOCK_ADDED =
      List.of(
          "files",
          "moves between directories",
          "truncation",
          "TCP ports",
          "device ioctls",
          "scopes of signals and abstract sockets",
          "audit records");

  private static final Map<String, String> YAMA =
      Map.of(
          "0", "every process of the user",
          "1", "descendants only",
          "2", "administrators only",
          "3", "nobody");

  private final KernelProbe probe;
  private final SystemFiles files;

  KernelChecks(KernelProbe probe, SystemFiles files) {
    this.probe = probe;
    this.files = files;
  }

  List<Check> seccomp() {
    List<Check> all = new ArrayList<>();
    all.add(filters());
    all.add(actions());
    all.add(userNotification());
    if (probe.works("user_notif")) {
      all.add(listener());
    }
    if (probe.works("listener")) {
      all.add(answers());
      all.add(descriptors());
      all.add(waitKillable());
      all.add(wakeUp());
    }
    all.add(logFlag());
    all.add(actionsLogged());
    return all;
  }

  List<Check> walls() {
    List<Check> all = new ArrayList<>(List.of(landlock(), noNewPrivileges(), yama()));
    if (probe.result("process_vm_readv").isPresent()) {
      all.add(memory());
    }
    all.add(pidfd());
    all.add(userNamespaces());
    all.add(ioUring());
    return all;
  }

  List<Check> audit() {
    return List.of(auditRecords().optional(), auditDaemon().optional());
  }

  private Check filters() {
    String around = around();
    return probe.works("filter")
        ? Check.ok("filters", "installed and obeyed" + around)
        : Check.missing(
            "filters",
            "refused: " + result("filter") + around,
            "run, learn and everything else that starts a program fails",
            "a kernel with CONFIG_SECCOMP_FILTER; in a container, a profile that allows seccomp and"
                + " prctl");
  }

  /** The filters that this process was born under hold before ours. */
  private String around() {
    return switch (files.status("Seccomp").orElse("")) {
      case "0" -> "; no filter around us";
      case "2" ->
          "; already under "
              + files
                  .status("Seccomp_filters")
                  .map(count -> Words.count(Long.parseLong(count), "filter"))
                  .orElse("a filter");
      default -> "";
    };
  }

  private Check actions() {
    List<String> without = ACTIONS.stream().filter(name -> !probe.works("action." + name)).toList();
    return without.isEmpty()
        ? Check.ok("actions", String.join(" ", ACTIONS))
        : Check.partial(
            "actions",
            "the kernel does not have " + String.join(" ", without),
            "policies that use them kill instead",
            "Linux 5.0 or later has all of them");
  }

  private Check userNotification() {
    return probe.works("user_notif")
        ? Check.ok("user notification", "the kernel has it")
        : Check.missing(
            "user notification",
            "the kernel does not have it",
            "learn, trace, run --watch and run --ask fail; run wants --best-effort or --no-agent"
                + " and records no denials",
            "Linux 5.0 or later with CONFIG_SECCOMP_FILTER");
  }

  private Check listener() {
    String result = result("listener");
    if (probe.works("listener")) {
      return Check.ok("listener", "installed");
    }
    if (result.equals("EBUSY")) {
      return Check.partial(
          "listener",
          "EBUSY: a sandbox around us has a listener, and a chain of filters can have only one",
          "learn, trace, run --watch, --ask and --complain fail; run enforces natively, with denials"
              + " in the kernel's audit log only; policies without execve cannot be run",
          "start tiny-jail outside of the other sandbox (or of the other tiny-jail)");
    }
    return Check.missing(
        "listener",
        "refused: " + result,
        "learn, trace, run --watch, --ask and --complain fail; run records no denials",
        "a kernel with CONFIG_SECCOMP_FILTER; in a container, a profile that allows seccomp");
  }

  private Check answers() {
    List<String> steps = List.of("receive", "id_valid", "continue");
    Optional<String> failed = steps.stream().filter(step -> !probe.works(step)).findFirst();
    return failed.isEmpty()
        ? Check.ok("answers", "received, checked (ID_VALID) and continued (CONTINUE)")
        : Check.missing(
            "answers",
            failed.get() + ": " + result(failed.get()),
            "learn, trace, run --watch, --ask and --complain cannot let a call pass",
            "Linux 5.5 or later");
  }

  private Check descriptors() {
    Check check =
        probe.works("addfd") && probe.works("addfd_send")
            ? Check.ok("descriptors", "handed over (ADDFD), also with the answer (ADDFD_SEND)")
            : Check.partial(
                "descriptors",
                "ADDFD " + result("addfd") + ", ADDFD_SEND " + result("addfd_send"),
                "no command of this version hands over descriptors",
                "Linux 5.14 or later");
    return check.optional();
  }

  private Check waitKillable() {
    return probe.works("wait_killable")
        ? Check.ok("WAIT_KILLABLE_RECV", "a call that is being answered is not interrupted")
        : Check.partial(
            "WAIT_KILLABLE_RECV",
            "the kernel does not have it",
            "signals interrupt calls that wait for their answer and are then made again: learn and"
                + " trace may count one call twice",
            "Linux 5.19 or later");
  }

  private Check wakeUp() {
    return probe.works("sync_wake_up")
        ? Check.ok("SYNC_WAKE_UP", "program and supervisor take turns on one processor")
        : Check.partial(
            "SYNC_WAKE_UP",
            "the kernel does not have it (" + result("sync_wake_up") + ")",
            "learn, trace and denied calls under run are slower: the supervisor follows the program"
                + " to its processor instead",
            "Linux 6.6 or later");
  }

  private Check logFlag() {
    return probe.works("log")
        ? Check.ok("filter flag LOG", "the kernel can log what a filter denies")
        : Check.missing(
            "filter flag LOG",
            "the kernel does not have it",
            "run --no-agent leaves no trace of denials",
            "Linux 4.14 or later");
  }

  /** Which actions the kernel logs. */
  Check actionsLogged() {
    String name = "actions_logged";
    Optional<String> text = files.text("/proc/sys/kernel/seccomp/actions_logged");
    if (text.isEmpty()) {
      return Check.unknown(
          name,
          "/proc/sys/kernel/seccomp/actions_logged cannot be read",
          "whether run --no-agent leaves its denials in the audit log cannot be told",
          "mount /proc");
    }
    List<String> words = List.of(text.get().split(" "));
    List<String> without =
        LOGGED_ON_DEMAND.stream().filter(action -> !words.contains(action)).toList();
    return without.isEmpty()
        ? Check.ok(name, text.get())
        : Check.partial(
            name,
            "without " + String.join(" ", without),
            "what run --no-agent denies in these ways is missing from the audit log",
            "as root: sysctl kernel.seccomp.actions_logged=\""
                + text.get()
                + " "
                + String.join(" ", without)
                + "\"");
  }

  private Check landlock() {
    String abi = result("landlock_abi");
    String fix =
        "Linux 6.12 or later with CONFIG_SECURITY_LANDLOCK and landlock among the boot option lsm=";
    String means =
        "a jailed program can signal its supervisor, and as root write its memory: run as root"
            + " wants --best-effort, learn and trace as root fail";
    if (probe.works("landlock_scope")) {
      return Check.ok("Landlock", "ABI " + abi + ": " + added(Integer.parseInt(abi)));
    }
    if (!abi.matches("[0-9]+")) {
      return Check.missing("Landlock", "not there: " + abi, means, fix);
    }
    int number = Integer.parseInt(abi);
    return Check.partial(
        "Landlock",
        "ABI "
            + abi
            + (number < ABI_WITH_SCOPES
                ? ": " + added(number) + "; no scopes"
                : ", but no scope could be set: " + result("landlock_scope")),
        means,
        fix);
  }

  private static String added(int abi) {
    return String.join(", ", LANDLOCK_ADDED.subList(0, Math.min(abi, LANDLOCK_ADDED.size())));
  }

  private Check noNewPrivileges() {
    return Check.ok(
        "no_new_privs",
        "1".equals(files.status("NoNewPrivs").orElse(""))
            ? "set around us: set-user-ID has no effect, as in every jail"
            : "not set around us; every jail sets it");
  }

  private Check yama() {
    String name = "Yama ptrace_scope";
    Optional<String> scope = files.text("/proc/sys/kernel/yama/ptrace_scope");
    if (scope.isEmpty()) {
      return Check.ok(name, "no Yama: memory may be read of every process of the user");
    }
    String found =
        scope.get() + ": memory may be read of " + YAMA.getOrDefault(scope.get(), "some");
    boolean limited =
        scope.get().equals("3")
            || (scope.get().equals("2") && !files.hasCapability(CAP_SYS_PTRACE));
    return limited
        ? Check.partial(
            name,
            found,
            "paths and addresses behind pointers are missing in review, trace and learn's examples",
            scope.get().equals("3")
                ? "boot with kernel.yama.ptrace_scope=1 in sysctl.conf; 3 cannot be taken back"
                : "as root: sysctl kernel.yama.ptrace_scope=1, or run tiny-jail as root")
        : Check.ok(name, found);
  }

  private Check memory() {
    return probe.works("process_vm_readv")
        ? Check.ok("process_vm_readv", "a child's memory can be read")
        : Check.partial(
            "process_vm_readv",
            "refused: " + result("process_vm_readv"),
            "paths and addresses behind pointers are missing in review",
            "CONFIG_CROSS_MEMORY_ATTACH; in a container, a profile that allows it");
  }

  private Check pidfd() {
    Check check =
        probe.works("pidfd_getfd")
            ? Check.ok("pidfd_getfd", "a child's descriptor can be taken")
            : Check.missing(
                "pidfd_getfd",
                "refused: " + result("pidfd_getfd"),
                "no command of this version needs it",
                "Linux 5.6 or later; in a container, a profile that allows it");
    return check.optional();
  }

  private Check userNamespaces() {
    if (probe.works("user_namespace")) {
      return Check.ok("user namespaces", "made one").optional();
    }
    return Check.missing(
            "user namespaces",
            "refused: " + result("user_namespace") + userNamespaceLimits(),
            "no command needs one; programs that sandbox themselves (browsers, bwrap) take other"
                + " paths here than elsewhere, and learn sees those",
            "the sysctl that is named, if any; in a container, CAP_SYS_ADMIN or a profile that allows"
                + " unshare")
        .optional();
  }

  private String userNamespaceLimits() {
    Map<String, String> limits =
        Map.of(
            "/proc/sys/kernel/unprivileged_userns_clone", "0",
            "/proc/sys/user/max_user_namespaces", "0",
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1");
    StringBuilder named = new StringBuilder();
    limits.keySet().stream()
        .sorted()
        .filter(path -> files.text(path).equals(Optional.ofNullable(limits.get(path))))
        .forEach(
            path ->
                named
                    .append("; ")
                    .append(path.substring("/proc/sys/".length()).replace('/', '.'))
                    .append('=')
                    .append(limits.get(path)));
    return named.toString();
  }

  private Check ioUring() {
    if (probe.works("io_uring")) {
      return Check.ok("io_uring", "there; learn answers ENOSYS to it unless --io-uring is given")
          .optional();
    }
    String disabled =
        files
            .text("/proc/sys/kernel/io_uring_disabled")
            .filter(value -> !value.equals("0"))
            .map(value -> "; kernel.io_uring_disabled=" + value)
            .orElse("");
    return Check.missing(
            "io_uring",
            result("io_uring") + disabled,
            "learn --io-uring has nothing to let pass: programs fall back to plain calls",
            "nothing, unless a program needs it: sysctl kernel.io_uring_disabled=0, or a container"
                + " profile that allows it")
        .optional();
  }

  /** Whether records come here. */
  Check auditRecords() {
    String means =
        "what run --no-agent denies, and what policies log or kill, is recorded where you cannot"
            + " read it";
    String name = "audit records";
    return switch (result("audit_read")) {
      case "yes" ->
          probe.works("audit_record")
              ? Check.ok(name, "a record of a logged call arrived")
              : Check.partial(
                  name,
                  "may be read, but the record of a logged call did not arrive",
                  means,
                  "the first network namespace gets them (docker run --network host); auditctl -l"
                      + " shows whether a rule excludes SECCOMP");
      case "EPERM" ->
          Check.missing(
              name,
              "EPERM: wants CAP_AUDIT_READ in the first user namespace",
              means,
              "be root, or in a container: docker run --cap-add AUDIT_READ");
      default ->
          Check.missing(
              name, "not there: " + result("audit_read"), means, "a kernel with CONFIG_AUDIT");
    };
  }

  /** Whether a daemon keeps records. */
  Check auditDaemon() {
    String name = "audit daemon";
    String daemon = result("audit_daemon");
    String fix = "apt-get install auditd, and start it on the host";
    if (daemon.equals("0")) {
      return Check.missing(
          name,
          "none is running",
          "records of the kernel go to its log, which keeps 10 lines in 5 seconds",
          fix);
    }
    if (daemon.matches("[0-9]+")) {
      return Check.ok(name, "process " + daemon);
    }
    return Check.unknown(
        name,
        daemon + ": wants CAP_AUDIT_CONTROL in the first user namespace",
        "whether records of the kernel are kept cannot be told",
        "be root outside of containers");
  }

  private String result(String name) {
    return probe.result(name).orElse("not tried");
  }
}
