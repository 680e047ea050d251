package org.tinyjail.generator.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.generator.ContainerProfiles;
import org.tinyjail.generator.oci.MobyProfile.Requirements;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Constants;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/**
 * What the container managers' defaults say of single calls, worked out by hand from their text.
 */
class MobyProfileTest {
  private static ContainerContext context(String capabilities, String kernel, Arch machine) {
    List<String> names =
        switch (capabilities) {
          case "none" -> List.of();
          case "default" -> ContainerContext.DOCKER_CAPABILITIES;
          case "all" -> List.copyOf(ContainerContext.knownCapabilities());
          default -> List.of(capabilities.split(" ", -1));
        };
    return ContainerProfiles.BARE
        .withCapabilities(names)
        .withKernel(KernelVersion.parse(kernel).orElseThrow())
        .withMachine(machine);
  }

  @ParameterizedTest
  @CsvSource({
    // ptrace: safe from 4.8 on, before only with a capability
    "docker, none,           4.7,  X86_64,  ptrace,                  EPERM",
    "docker, none,           4.8,  X86_64,  ptrace,                  allow",
    "docker, none,           5.0,  X86_64,  ptrace,                  allow",
    "docker, CAP_SYS_PTRACE, 3.19, X86_64,  ptrace,                  allow",
    "docker, all,            3.19, X86_64,  process_vm_readv,        allow",
    // clone: without new namespaces, unless CAP_SYS_ADMIN is there; 17 is SIGCHLD
    "docker, default,        6.18, X86_64,  clone 17,                allow",
    "docker, default,        6.18, X86_64,  clone 0x3d0f00,          allow",
    "docker, default,        6.18, X86_64,  clone 0x10000011,        EPERM",
    "docker, default,        6.18, AARCH64, clone 0x20000,           EPERM",
    "docker, CAP_SYS_ADMIN,  6.18, X86_64,  clone 0x10000011,        allow",
    "docker, default,        6.18, X86_64,  clone3,                  ENOSYS",
    "docker, CAP_SYS_ADMIN,  6.18, X86_64,  clone3,                  allow",
    "docker, default,        6.18, X86_64,  unshare,                 EPERM",
    "podman, none,           6.18, X86_64,  clone 0x10000011,        allow",
    "podman, none,           6.18, X86_64,  unshare,                 allow",
    // personality: five values
    "docker, default,        6.18, X86_64,  personality 0,           allow",
    "docker, default,        6.18, X86_64,  personality 8,           allow",
    "docker, default,        6.18, X86_64,  personality 0x20000,     allow",
    "docker, default,        6.18, X86_64,  personality 0x20008,     allow",
    "docker, default,        6.18, X86_64,  personality 0xffffffff,  allow",
    "docker, default,        6.18, X86_64,  personality 0x40000,     EPERM",
    "podman, default,        6.18, X86_64,  personality 0x40000,     ENOSYS",
    // sockets: Docker's without AF_ALG (38) and AF_VSOCK (40), Podman's without the audit socket
    "docker, default,        6.18, X86_64,  socket 2,                allow",
    "docker, default,        6.18, X86_64,  socket 11,               allow",
    "docker, default,        6.18, X86_64,  socket 12,               EPERM",
    "docker, default,        6.18, X86_64,  socket 38,               EPERM",
    "docker, default,        6.18, AARCH64, socket 40,               EPERM",
    "docker, all,            6.18, X86_64,  socket 40,               EPERM",
    "podman, none,           6.18, X86_64,  socket 16 3 9,           EINVAL",
    "podman, none,           6.18, X86_64,  socket 16 3 0,           allow",
    "podman, none,           6.18, X86_64,  socket 2 1 9,            allow",
    "podman, default,        6.18, X86_64,  socket 16 3 9,           allow",
    "nspawn, all,            6.18, X86_64,  socket 16 3 9,           EAFNOSUPPORT",
    "nspawn, all,            6.18, X86_64,  socket 40,               allow",
    // capabilities
    "docker, default,        6.18, X86_64,  chroot,                  allow",
    "docker, none,           6.18, X86_64,  chroot,                  EPERM",
    "docker, CAP_BPF,        6.18, X86_64,  bpf,                     allow",
    "docker, CAP_SYS_ADMIN,  6.18, X86_64,  bpf,                     allow",
    "docker, default,        6.18, X86_64,  bpf,                     EPERM",
    "docker, default,        6.18, X86_64,  keyctl,                  EPERM",
    "podman, default,        6.18, X86_64,  bpf,                     EPERM",
    "podman, all,            6.18, X86_64,  bpf,                     allow",
    "podman, none,           6.18, X86_64,  chroot,                  EPERM",
    "podman, default,        6.18, X86_64,  chroot,                  allow",
    "podman, default,        6.18, X86_64,  kexec_load,              EPERM",
    "podman, default,        6.18, X86_64,  keyctl,                  allow",
    "nspawn, default,        6.18, X86_64,  keyctl,                  EPERM",
    "nspawn, default,        6.18, X86_64,  mount,                   allow",
    "nspawn, default,        6.18, X86_64,  mlock,                   EPERM",
    "nspawn, CAP_IPC_LOCK,   6.18, X86_64,  mlock,                   allow",
    "nspawn, all,            6.18, X86_64,  mseal,                   ENOSYS",
    // architectures
    "docker, default,        6.18, X86_64,  modify_ldt,              allow",
    "docker, default,        6.18, X86_64,  arch_prctl,              allow",
    "podman, default,        6.18, X86_64,  arch_prctl,              allow",
  })
  void answersAsTheTextOfTheProfileSays(
      String profile, String capabilities, String kernel, Arch machine, String call, String answer)
      throws IOException {
    String[] words = call.split(" ", -1);
    long[] arguments = Arrays.stream(words).skip(1).mapToLong(Long::decode).toArray();
    int number = SyscallTable.of(machine).number(words[0]).orElseThrow();
    Policy policy =
        ContainerProfiles.profile(profile).resolve(context(capabilities, kernel, machine));
    Action expected =
        answer.equals("allow")
            ? Action.ALLOW
            : Action.fail(Constants.value("errno", answer).orElseThrow().intValue());
    assertThat(policy.actionFor(SyscallData.of(machine, number, arguments), machine))
        .isEqualTo(expected);
  }

  /** Machines whose numbers are not known: the names that are allowed tell. */
  @ParameterizedTest
  @CsvSource({
    "X86_64,      X86_64 X86 X32,              modify_ldt arch_prctl,   s390_runtime_instr set_tls",
    "AARCH64,     AARCH64 ARM,                 set_tls cacheflush,      arch_prctl modify_ldt",
    "S390X,       S390X S390,                  s390_runtime_instr,      arch_prctl set_tls",
    "MIPSEL64N32, MIPSEL64N32 MIPSEL MIPSEL64, read,                    arch_prctl set_tls",
    "RISCV64,     RISCV64,                     riscv_flush_icache,      arch_prctl set_tls",
    "PPC64LE,     '',                          swapcontext,             arch_prctl set_tls",
  })
  void machineDecidesOnArchitecturesAndRules(
      Arch machine, String architectures, String allowed, String others) throws IOException {
    Policy policy = ContainerProfiles.profile("docker").resolve(context("none", "6.18", machine));
    assertThat(policy.architectures())
        .isEqualTo(
            Arrays.stream(architectures.split(" ", -1))
                .filter(name -> !name.isEmpty())
                .map(Arch::valueOf)
                .toList());
    assertThat(policy.rules())
        .extracting(Rule::syscall)
        .contains(allowed.split(" ", -1))
        .doesNotContain(others.split(" ", -1));
  }

  @ParameterizedTest
  @CsvSource({"S390X, none, 1", "X86_64, none, 0", "S390X, CAP_SYS_ADMIN, -1"})
  void flagsOfCloneAreTheSecondArgumentOnS390(Arch machine, String capabilities, int index)
      throws IOException {
    Policy policy =
        ContainerProfiles.profile("docker").resolve(context(capabilities, "6.18", machine));
    assertThat(policy.rules())
        .filteredOn(rule -> rule.syscall().equals("clone"))
        .singleElement()
        .satisfies(
            rule ->
                assertThat(rule.conditions().isEmpty() ? -1 : rule.conditions().get(0).index())
                    .isEqualTo(index));
  }

  /** All of what includes names, nothing of what excludes names, as Docker has it. */
  @ParameterizedTest
  @CsvSource({
    // of the machine's and the kernel's conditions, and of two capabilities, these are given
    "CAP_BPF CAP_KILL, 5.0, X86_64,  true,  true",
    "CAP_BPF,          5.0, X86_64,  false, true",
    "CAP_BPF CAP_KILL, 4.9, X86_64,  false, true",
    "CAP_BPF CAP_KILL, 5.0, AARCH64, false, true",
    "CAP_CHOWN,        4.9, AARCH64, false, false",
    "CAP_CHOWN,        5.0, AARCH64, false, true",
    "CAP_CHOWN,        4.9, X86_64,  false, true",
  })
  void conditionsAreAllOrAny(
      String capabilities, String kernel, Arch machine, boolean all, boolean any) {
    Requirements requirements =
        new Requirements(
            List.of("CAP_BPF", "CAP_KILL"), List.of("amd64"), Optional.of(new KernelVersion(5, 0)));
    ContainerContext context = context(capabilities, kernel, machine);
    assertThat(requirements.allHoldIn(context)).isEqualTo(all);
    assertThat(requirements.anyHoldsIn(context)).isEqualTo(any);
  }

  @Test
  void kernelsAreComparedByNumberNotByText() {
    assertThat(new KernelVersion(4, 10).isAtLeast(new KernelVersion(4, 9))).isTrue();
    assertThat(new KernelVersion(5, 0).isAtLeast(new KernelVersion(4, 19))).isTrue();
    assertThat(new KernelVersion(4, 19).isAtLeast(new KernelVersion(5, 0))).isFalse();
    assertThat(KernelVersion.parse("6.18.3")).isEmpty();
    assertThat(KernelVersion.current().isAtLeast(new KernelVersion(5, 0))).isTrue();
  }
}
