package org.tinyjail.generator;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.tinyjail.generator.oci.ContainerContext;
import org.tinyjail.generator.oci.KernelVersion;
import org.tinyjail.generator.oci.MobyProfile;
import org.tinyjail.generator.oci.MobySeccompJson;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;

/** The defaults of container managers under {@code corpora/policies/}. */
public final class ContainerProfiles {
  /** A container without capabilities on x86-64 with Linux 6.18. */
  public static final ContainerContext BARE =
      new ContainerContext(Arch.X86_64, Set.of(), new KernelVersion(6, 18));

  private ContainerProfiles() {}

  /** What a container may have. */
  public enum Capabilities {
    NONE,
    DEFAULT,
    ALL;

    private Collection<String> names() {
      return switch (this) {
        case NONE -> List.of();
        case DEFAULT -> ContainerContext.DOCKER_CAPABILITIES;
        case ALL -> ContainerContext.knownCapabilities();
      };
    }
  }

  /** A profile with its conditions. */
  public static MobyProfile profile(String name) throws IOException {
    return MobySeccompJson.read(Path.of("../corpora/policies", name + ".json"));
  }

  /** A profile on x86-64 with Linux 6.18. */
  public static Policy resolved(String name, Capabilities capabilities) throws IOException {
    return resolved(name, capabilities, Arch.X86_64);
  }

  /** A profile on {@code machine} with Linux 6.18. */
  public static Policy resolved(String name, Capabilities capabilities, Arch machine)
      throws IOException {
    ContainerContext bare = new ContainerContext(machine, Set.of(), BARE.kernel());
    return profile(name).resolve(bare.withCapabilities(capabilities.names()));
  }
}
