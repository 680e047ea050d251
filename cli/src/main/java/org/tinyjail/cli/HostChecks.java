package org.tinyjail.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What {@code doctor} says of the user, the container and other programs. */
final class HostChecks {
  /** The capabilities that make a difference here, as in {@code capabilities(7)}. */
  private static final Map<Integer, String> CAPABILITIES =
      new TreeMap<>(
          Map.of(
              16, "SYS_MODULE",
              19, "SYS_PTRACE",
              21, "SYS_ADMIN",
              30, "AUDIT_CONTROL",
              37, "AUDIT_READ"));

  /** Files that a container runtime leaves, and words that it leaves in the cgroup's path. */
  private static final List<List<String>> CONTAINERS =
      List.of(
          List.of("/run/.containerenv", "", "Podman"),
          List.of("/.dockerenv", "", "Docker"),
          List.of("/proc/self/cgroup", "kubepods", "Kubernetes"),
          List.of("/proc/self/cgroup", "libpod", "Podman"),
          List.of("/proc/self/cgroup", "docker", "Docker"),
          List.of("/proc/self/cgroup", "lxc", "LXC"),
          List.of("/proc/1/environ", "container=", "a container"));

  private static final List<List<String>> TOOLS =
      List.of(
          List.of("docker", "docker run --security-opt seccomp=POLICY loads a policy"),
          List.of("podman", "podman run --security-opt seccomp=POLICY loads a policy"),
          List.of("runc", "a bundle's config.json may hold a policy as linux.seccomp"),
          List.of("bwrap", "bwrap --seccomp FD loads what compile -o writes"),
          List.of("auditctl", "auditctl -l shows rules that hide records of denials"),
          List.of("scmp_sys_resolver", "names and numbers of calls beside explain"),
          List.of("strace", "shows results of calls, which learn does not keep"));

  private final SystemFiles files;
  private final Map<String, String> environment;

  HostChecks(SystemFiles files, Map<String, String> environment) {
    this.files = files;
    this.environment = environment;
  }

  List<Check> surroundings() {
    return List.of(user(), container(), cgroups().optional(), processes());
  }

  List<Check> tools() {
    String path = environment.getOrDefault("PATH", "");
    List<Check> all = new ArrayList<>();
    for (List<String> tool : TOOLS) {
      String name = tool.get(0);
      Optional<Path> there = files.program(name, path);
      Check check =
          there.isPresent()
              ? Check.ok(name, there.get() + ": " + tool.get(1))
              : Check.missing(
                  name,
                  "not installed",
                  "no command needs it; " + tool.get(1),
                  "install it if wanted");
      all.add(check.optional());
    }
    return all;
  }

  private Check user() {
    String[] ids = files.status("Uid").orElse("").split("\\s+", -1);
    if (ids.length < 2) {
      return Check.unknown(
          "user", "/proc/self/status has no Uid", "tiny-jail needs /proc", "mount /proc");
    }
    List<String> held =
        CAPABILITIES.entrySet().stream()
            .filter(capability -> files.hasCapability(capability.getKey()))
            .map(capability -> "CAP_" + capability.getValue())
            .toList();
    return Check.ok(
        "user",
        "effective user "
            + ids[1]
            + (isFirstUserNamespace() ? "" : " of a user namespace")
            + (held.isEmpty() ? ", without capabilities" : ", " + String.join(" ", held)));
  }

  private boolean isFirstUserNamespace() {
    return files
        .text("/proc/self/uid_map")
        .map(map -> map.replaceAll("\\s+", " ").equals("0 0 4294967295"))
        .orElse(true);
  }

  private Check container() {
    return CONTAINERS.stream()
        .filter(sign -> files.text(sign.get(0)).orElse("").contains(sign.get(1)))
        .filter(sign -> files.exists(sign.get(0)))
        .map(sign -> sign.get(2))
        .findFirst()
        .map(name -> Check.ok("container", name + ": its own filter and capabilities hold first"))
        .orElseGet(() -> Check.ok("container", "no sign of one"));
  }

  private Check cgroups() {
    if (files.exists("/sys/fs/cgroup/cgroup.controllers")) {
      return Check.ok("cgroup v2", "/sys/fs/cgroup");
    }
    boolean beside = files.text("/proc/self/mounts").orElse("").contains(" cgroup2 ");
    String means = "no command needs it";
    String fix = "boot with systemd.unified_cgroup_hierarchy=1";
    return beside
        ? Check.partial("cgroup v2", "mounted beside version 1", means, fix)
        : Check.missing("cgroup v2", "not mounted", means, fix);
  }

  private Check processes() {
    return files
        .text("/proc/sys/kernel/pid_max")
        .map(max -> Check.ok("process numbers", "up to " + max))
        .orElseGet(
            () ->
                Check.unknown(
                    "process numbers",
                    "/proc/sys/kernel/pid_max cannot be read",
                    "tiny-jail needs /proc",
                    "mount /proc"));
  }
}
