package org.tinyjail.generator.oci;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Constants;

/**
 * What the conditions of a {@link MobyProfile} ask for.
 *
 * @param machine the architecture of the host
 * @param capabilities those of the container's bounding set, such as {@code CAP_SYS_ADMIN}
 * @param kernel the host's
 */
public record ContainerContext(Arch machine, Set<String> capabilities, KernelVersion kernel) {
  /**
   * What Docker leaves to a container unless told otherwise. Source: moby, {@code
   * oci/caps/defaults.go}; Podman's default is a part of it.
   */
  public static final List<String> DOCKER_CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");

  public ContainerContext {
    capabilities = Set.copyOf(capabilities);
  }

  /** A container with Docker's default capabilities on this machine. */
  public static ContainerContext current() {
    return new ContainerContext(
        Arch.current(), Set.copyOf(DOCKER_CAPABILITIES), KernelVersion.current());
  }

  /** The same with other capabilities. */
  public ContainerContext withCapabilities(Collection<String> other) {
    return new ContainerContext(machine, Set.copyOf(other), kernel);
  }

  /** The same on another kernel. */
  public ContainerContext withKernel(KernelVersion other) {
    return new ContainerContext(machine, capabilities, other);
  }

  /** The same on another machine. */
  public ContainerContext withMachine(Arch other) {
    return new ContainerContext(other, capabilities, kernel);
  }

  /** The names of all capabilities of Linux. */
  public static Collection<String> knownCapabilities() {
    return Constants.set("capability").keySet();
  }
}
