package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.oci.MobyProfile;
import org.tinyjail.generator.oci.MobyProfile.ConditionalRule;
import org.tinyjail.generator.oci.MobySeccompJson;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/** Programs under what container managers allow by default, and profiles in their form. */
class ContainerPoliciesIT {
  /** Threads, processes, sockets, files: what people do in containers. */
  private static final String ORDINARY_WORK =
      """
      set -e
      python3 - <<'END'
      import socket, subprocess, threading
      t = threading.Thread(target=lambda: print("thread"))
      t.start()
      t.join()
      print(subprocess.check_output(["uname", "-s"], text=True).strip())
      END
      git init -q repository
      cd repository
      git config user.email a@example.org
      git config user.name a
      echo text > file
      git add file
      git commit -q -m message
      git log --format=%s
      python3 - > server.out 2>&1 <<'END' &
      import http.server
      server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
      open("port.new", "w").write(str(server.server_port))
      __import__("os").rename("port.new", "port")
      server.handle_request()
      END
      tail -n +1 -F port 2> tail.out | head -c 1 > /dev/null
      curl -sS http://127.0.0.1:$(cat port)/file
      wait %1
      """;

  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"@docker", "@podman", "@nspawn"})
  void ordinaryWorkGoesOnUndenied(String policy) throws Exception {
    TinyJail.Result result =
        tinyJail.run("run", "--policy", policy, "--", "sh", "-c", ORDINARY_WORK).succeeded();
    assertThat(result.out()).isEqualTo("thread\nLinux\nmessage\ntext\n");
    assertThat(tinyJail.run("review").succeeded().out()).isEmpty();
  }

  /** What a call answers under a policy: 0, or the name of its errno. */
  private String answer(List<String> options, String call) throws Exception {
    return tinyJail.run(words(options, call)).succeeded().out().strip();
  }

  private static String[] words(List<String> options, String call) {
    String[] words = call.split(" ", 2);
    int number = SyscallTable.of(Arch.current()).number(words[0]).orElseThrow();
    String program =
        String.format(
            "import ctypes, errno; libc = ctypes.CDLL(None, use_errno=True); r = libc.syscall(%d%s);"
                + " print(errno.errorcode[ctypes.get_errno()] if r < 0 else 0)",
            number, words.length > 1 ? ", " + words[1].replace(" ", ", ") : "");
    List<String> all = new java.util.ArrayList<>(List.of("run", "--quiet"));
    all.addAll(options);
    all.addAll(List.of("--", "/usr/bin/python3", "-c", program));
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @CsvSource({
    "--policy @docker,                          unshare 0x10000000,   EPERM",
    "--policy @docker,                          keyctl 0 -3 0,        EPERM",
    "--policy @docker,                          clone3 0 0,           ENOSYS",
    "--policy @docker,                          personality 0x40000,  EPERM",
    "--policy @docker,                          socket 40 1 0,        EPERM",
    "--policy @docker,                          socket 1 1 0,         0",
    "'--policy @docker --caps none,sys_admin', unshare 0x10000000,       0",
    "--policy @docker,                          ptrace 0 0 0 0,       0",
    "--policy @docker --kernel 4.7,             ptrace 0 0 0 0,       EPERM",
    "--policy @podman,                          unshare 0x10000000,   0",
    "--policy @podman,                          bpf 99 0 0,           EPERM",
    "--policy @podman --caps all,               bpf 99 0 0,           EINVAL",
    "--policy @podman --caps none,              socket 16 3 9,        EINVAL",
    "--policy @nspawn,                          socket 16 3 9,        EAFNOSUPPORT",
    "--policy @nspawn,                          add_key 0 0 0 0 0,    EPERM",
  })
  void callsAreAnsweredAsTheProfileSays(String options, String call, String expected)
      throws Exception {
    assertThat(answer(List.of(options.split(" ", -1)), call)).isEqualTo(expected);
  }

  @Test
  void anotherKernelIsAnotherFilterThoughThePolicyIsTheSame() throws Exception {
    List<String> docker = List.of("--policy", "@docker");
    assertThat(answer(docker, "ptrace 0 0 0 0")).isEqualTo("0");
    List<String> old = new java.util.ArrayList<>(List.of("setarch", "--uname-2.6"));
    old.add(TinyJail.distribution().resolve("bin/tiny-jail").toString());
    old.addAll(List.of(words(docker, "ptrace 0 0 0 0")));
    assertThat(tinyJail.end(tinyJail.startOther(old, Map.of())).succeeded().out().strip())
        .isEqualTo("EPERM");
  }

  @Test
  void convertKeepsConditionsForDockerAndResolvesThemForTheOthers() throws Exception {
    tinyJail.run("convert", "@docker", "--to", "docker", "-o", "docker.json").succeeded();
    MobyProfile original =
        MobySeccompJson.read(TinyJail.distribution().resolve("share/policies/docker.json"));
    assertThat(MobySeccompJson.read(directory.resolve("docker.json"))).isEqualTo(original);

    tinyJail
        .run("convert", "docker.json", "--caps", "SYS_PTRACE,none", "--kernel", "4.7", "-o", "oci")
        .succeeded();
    MobyProfile resolved = MobySeccompJson.read(directory.resolve("oci"));
    assertThat(resolved.rules()).allMatch(ConditionalRule::isUnconditional);
    assertThat(resolved.rules())
        .extracting(rule -> rule.rule().syscall())
        .contains("ptrace", "kcmp")
        .doesNotContain("bpf", "chroot");
    assertThat(resolved.archMap()).isEmpty();
  }

  @Test
  void sameFilterComesOutOfAProfileAndOfWhatItWasResolvedTo() throws Exception {
    tinyJail.run("convert", "@podman", "--arch", "aarch64", "-o", "oci.json").succeeded();
    tinyJail.run("compile", "oci.json", "--arch", "aarch64", "-o", "a.bpf").succeeded();
    tinyJail.run("compile", "@podman", "--arch", "aarch64", "-o", "b.bpf").succeeded();
    assertThat(directory.resolve("a.bpf")).hasSameBinaryContentAs(directory.resolve("b.bpf"));
  }

  @Test
  void reviewAllowsInAProfileWithoutLosingItsConditions() throws Exception {
    Path profile = directory.resolve("docker.json");
    tinyJail.run("convert", "@docker", "--to", "docker", "-o", profile.toString()).succeeded();
    MobyProfile before = MobySeccompJson.read(profile);
    List<String> run = List.of("--policy", "docker.json");
    assertThat(answer(run, "unshare 0x10000000")).isEqualTo("EPERM");
    tinyJail.run("review", "--allow", "1", "--policy", "docker.json").succeeded();

    MobyProfile after = MobySeccompJson.read(profile);
    assertThat(after.rules()).containsAll(before.rules()).hasSize(before.rules().size() + 1);
    assertThat(after.archMap()).isEqualTo(before.archMap());
    assertThat(answer(run, "unshare 0x10000000")).isEqualTo("0");
    assertThat(answer(run, "unshare 0x20000")).isEqualTo("EPERM");
  }

  @Test
  void reviewDoesNotWriteIntoTheDistribution() throws Exception {
    Path file = TinyJail.distribution().resolve("share/policies/docker.json");
    byte[] before = Files.readAllBytes(file);
    assertThat(answer(List.of("--policy", "@docker"), "unshare 0x10000000")).isEqualTo("EPERM");
    TinyJail.Result result = tinyJail.run("review", "--allow", "1", "--policy", "@docker");
    assertThat(result.status()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("tiny-jail convert @docker --to docker -o FILE");
    assertThat(file).hasBinaryContent(before);
  }

  @Test
  void explainShowsWhatAProfileSaysOfACall() throws Exception {
    assertThat(tinyJail.run("explain", "@docker", "socket").succeeded().out())
        .contains("allow  socket(domain=AF_NETLINK)");
    assertThat(tinyJail.run("explain", "@docker", "bpf").succeeded().out())
        .contains("no rule: errno EPERM");
    assertThat(tinyJail.run("explain", "@docker", "bpf", "--caps", "bpf").succeeded().out())
        .contains("allow  bpf");
    assertThat(tinyJail.run("explain", "@docker", "clone").succeeded().out())
        .contains("allow  clone(flags & 0x7e020000 = 0)\n  otherwise: errno EPERM\n");
    assertThat(tinyJail.run("explain", "@docker").succeeded().out())
        .contains("clone3 ", "errno ENOSYS")
        .endsWith(" errno EPERM\n");
  }

  /** A static program, as those of containers often are: learned, then under real runc. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void learnedPolicyThatIsConvertedForDockerStartsInAContainer(boolean noNewPrivileges)
      throws Exception {
    Path root = Files.createDirectories(directory.resolve("bundle/rootfs"));
    Files.copy(Path.of("/bin/busybox"), root.resolve("busybox"));
    tinyJail
        .run("learn", "--out", "learned.json", "--", root + "/busybox", "echo", "hello")
        .succeeded();
    assertThat(runc(noNewPrivileges, "learned.json").status()).isNotZero();
    assertThat(tinyJail.run("check", "--for", "docker", "learned.json").out())
        .contains("[runtime-needs]");

    TinyJail.Result converted =
        tinyJail.run("convert", "learned.json", "--for", "docker", "-o", "docker.json").succeeded();
    assertThat(converted.err())
        .contains("that runc or crun makes before it starts the program", "execve");
    assertThat(tinyJail.run("check", "--for", "docker", "docker.json").out())
        .doesNotContain("[runtime-needs]");
    assertThat(runc(noNewPrivileges, "docker.json").succeeded().out()).isEqualTo("hello\n");
  }

  /** What was measured call by call holds for all together; one call of two will do. */
  @ParameterizedTest
  @CsvSource({"faccessat2, true", "faccessat, true", "getpid, false"})
  void checkForDockerSaysWhatRuncSays(String kept, boolean starts) throws Exception {
    Path root = Files.createDirectories(directory.resolve("bundle/rootfs"));
    Files.copy(Path.of("/bin/busybox"), root.resolve("busybox"));
    String policy =
        """
        {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
         "syscalls": [{"names": ["%s"], "action": "SCMP_ACT_ERRNO"}]}
        """;
    String denied =
        java.util.stream.Stream.of("faccessat", "faccessat2")
            .filter(call -> !call.equals(kept))
            .collect(java.util.stream.Collectors.joining("\", \""));
    Files.writeString(directory.resolve("p.json"), policy.formatted(denied));
    assertThat(runc(false, "p.json").status() == 0).isEqualTo(starts);
    assertThat(tinyJail.run("check", "--for", "docker", "p.json").out().contains("[runtime-needs]"))
        .isEqualTo(!starts);
  }

  @Test
  void whatAPolicyDeniesByARuleIsNotAddedForDocker() throws Exception {
    Files.writeString(
        directory.resolve("p.json"),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":"
            + "[{\"names\":[\"capset\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
    TinyJail.Result result = tinyJail.run("convert", "p.json", "--for", "k8s", "-o", "new.json");
    assertThat(result.status()).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(result.err()).contains("the policy denies capset by rules of its own");
    assertThat(directory.resolve("new.json")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void learnedPolicyThatIsConvertedForPodmanStartsUnderCrun(boolean noNewPrivileges)
      throws Exception {
    Path root = Files.createDirectories(directory.resolve("bundle/rootfs"));
    Files.copy(Path.of("/bin/busybox"), root.resolve("busybox"));
    tinyJail.run("learn", "--out", "l.json", "--", root + "/busybox", "echo", "hello").succeeded();
    TinyJail.Result refused = crun(noNewPrivileges, "l.json");
    assertThat(refused.status()).isNotZero();
    tinyJail.run("convert", "l.json", "--for", "podman", "-o", "podman.json").succeeded();
    assertThat(crun(noNewPrivileges, "podman.json").succeeded().out()).isEqualTo("hello\n");
  }

  /** With cgroups of version 2 alone, which it wants, and none of its own. */
  private TinyJail.Result crun(boolean noNewPrivileges, String policy) throws Exception {
    String script =
        """
        cd bundle && rm -f config.json && runc spec && jq --slurpfile policy "../$1" --argjson nnp "$2" '
          .process += {terminal: false, noNewPrivileges: $nnp, args: ["/busybox", "echo", "hello"]} |
          .linux.seccomp = $policy[0] | del(.linux.resources, .process.rlimits) |
          .linux.namespaces |= map(select(.type != "cgroup"))' config.json > new.json &&
        mv new.json config.json && umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup &&
        exec timeout -s KILL 60 crun --cgroup-manager=disabled run "tiny-jail-$$"
        """;
    List<String> apart = List.of("unshare", "--mount", "sh", "-c", script, "sh");
    List<String> words = new ArrayList<>(apart);
    words.addAll(List.of(policy, "" + noNewPrivileges));
    return tinyJail.end(tinyJail.startOther(words, Map.of()));
  }

  /** Runs busybox's echo in a container that runc makes by itself, with this policy. */
  private TinyJail.Result runc(boolean noNewPrivileges, String policy) throws Exception {
    String script =
        """
        cd bundle && rm -f config.json && runc spec && jq --slurpfile policy "../$1" --argjson nnp "$2" '
          .process += {terminal: false, noNewPrivileges: $nnp, args: ["/busybox", "echo", "hello"]} |
          .linux.seccomp = $policy[0]' config.json > new.json && mv new.json config.json &&
        exec timeout -s KILL 60 runc run "tiny-jail-$$"
        """;
    return tinyJail.end(
        tinyJail.startOther(
            List.of("sh", "-c", script, "sh", policy, "" + noNewPrivileges), Map.of()));
  }
}
