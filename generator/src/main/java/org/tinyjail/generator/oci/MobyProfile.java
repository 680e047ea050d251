package org.tinyjail.generator.oci;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/**
 * A seccomp profile as Docker (Moby) and Podman take it: an OCI profile whose rules may depend on
 * the container's capabilities, the host's architecture and its kernel.
 *
 * <p>An OCI profile is one without conditions. {@link #resolve} makes the policy of one container,
 * as Docker does when it starts one. No lambdas and streams here: this runs before a program
 * starts.
 *
 * @param base all but the rules: default action, architectures, flags, listener
 * @param archMap instead of architectures: for each machine the ones that it runs beside its own
 * @param rules in the order of the file
 */
public record MobyProfile(Policy base, List<ArchFamily> archMap, List<ConditionalRule> rules) {

  /** The words for architectures in conditions: libseccomp's and Go's, as Podman and Docker do. */
  private static final Map<String, Arch> ARCHITECTURES =
      Map.ofEntries(
          Map.entry("amd64", Arch.X86_64),
          Map.entry("x86", Arch.X86),
          Map.entry("x32", Arch.X32),
          Map.entry("arm64", Arch.AARCH64),
          Map.entry("arm", Arch.ARM),
          Map.entry("loong64", Arch.LOONGARCH64),
          Map.entry("loongarch64", Arch.LOONGARCH64),
          Map.entry("m68k", Arch.M68K),
          Map.entry("mips", Arch.MIPS),
          Map.entry("mips64", Arch.MIPS64),
          Map.entry("mips64n32", Arch.MIPS64N32),
          Map.entry("mipsel", Arch.MIPSEL),
          Map.entry("mipsle", Arch.MIPSEL),
          Map.entry("mipsel64", Arch.MIPSEL64),
          Map.entry("mips3l64n32", Arch.MIPSEL64N32),
          Map.entry("mipsel64n32", Arch.MIPSEL64N32),
          Map.entry("parisc", Arch.PARISC),
          Map.entry("parisc64", Arch.PARISC64),
          Map.entry("ppc", Arch.PPC),
          Map.entry("ppc64", Arch.PPC64),
          Map.entry("ppc64le", Arch.PPC64LE),
          Map.entry("riscv64", Arch.RISCV64),
          Map.entry("s390", Arch.S390),
          Map.entry("s390x", Arch.S390X),
          Map.entry("sh", Arch.SH),
          Map.entry("sheb", Arch.SHEB));

  public MobyProfile {
    if (!base.rules().isEmpty()) {
      throw new IllegalArgumentException("the rules belong beside the base, not into it");
    }
    archMap = List.copyOf(archMap);
    rules = List.copyOf(rules);
    if (!archMap.isEmpty() && !base.architectures().isEmpty()) {
      throw new IllegalArgumentException("a profile has architectures or an archMap, not both");
    }
  }

  /**
   * A machine's architecture and those that it runs beside.
   *
   * @param architecture the machine's own
   * @param subArchitectures the others
   */
  public record ArchFamily(Arch architecture, List<Arch> subArchitectures) {
    public ArchFamily {
      subArchitectures = List.copyOf(subArchitectures);
    }
  }

  /**
   * A rule and when it is in force.
   *
   * @param rule the rule
   * @param includes all that it names must hold
   * @param excludes nothing that it names may hold
   * @param comment for people; may be empty
   */
  public record ConditionalRule(
      Rule rule, Requirements includes, Requirements excludes, String comment) {
    /** A rule that is always in force. */
    public static ConditionalRule always(Rule rule) {
      return new ConditionalRule(rule, Requirements.NONE, Requirements.NONE, "");
    }

    /** Whether it is in force in {@code context}. */
    public boolean appliesIn(ContainerContext context) {
      return includes.allHoldIn(context) && !excludes.anyHoldsIn(context);
    }

    /** Whether it is in force everywhere. */
    public boolean isUnconditional() {
      return includes.isEmpty() && excludes.isEmpty();
    }
  }

  /**
   * What a container or its host may have.
   *
   * @param capabilities such as {@code CAP_SYS_ADMIN}
   * @param architectures of the machine, as {@link #architectureNames} has them
   * @param minKernel the oldest kernel
   */
  public record Requirements(
      List<String> capabilities, List<String> architectures, Optional<KernelVersion> minKernel) {
    /** Nothing. */
    public static final Requirements NONE =
        new Requirements(List.of(), List.of(), Optional.empty());

    public Requirements {
      capabilities = List.copyOf(capabilities);
      architectures = List.copyOf(architectures);
    }

    /** Whether nothing is named. */
    public boolean isEmpty() {
      return capabilities.isEmpty() && architectures.isEmpty() && minKernel.isEmpty();
    }

    /** The machine must be one of the architectures, all capabilities must be there. */
    boolean allHoldIn(ContainerContext context) {
      return (architectures.isEmpty() || names(context.machine()))
          && context.capabilities().containsAll(capabilities)
          && (minKernel.isEmpty() || context.kernel().isAtLeast(minKernel.get()));
    }

    /** The machine is one of the architectures, or one of the capabilities is there. */
    boolean anyHoldsIn(ContainerContext context) {
      for (String capability : capabilities) {
        if (context.capabilities().contains(capability)) {
          return true;
        }
      }
      return names(context.machine())
          || (minKernel.isPresent() && context.kernel().isAtLeast(minKernel.get()));
    }

    private boolean names(Arch machine) {
      for (String name : architectures) {
        if (ARCHITECTURES.get(name) == machine) {
          return true;
        }
      }
      return false;
    }
  }

  /** The profile that says what {@code policy} says. */
  public static MobyProfile of(Policy policy) {
    List<ConditionalRule> rules = new ArrayList<>(policy.rules().size());
    for (Rule rule : policy.rules()) {
      rules.add(ConditionalRule.always(rule));
    }
    return new MobyProfile(policy.withRules(List.of()), List.of(), rules);
  }

  /** This profile with other rules. */
  public MobyProfile withRules(List<ConditionalRule> newRules) {
    return new MobyProfile(base, archMap, newRules);
  }

  /** The policy of a container in {@code context}. */
  public Policy resolve(ContainerContext context) {
    List<Rule> inForce = new ArrayList<>(rules.size());
    for (ConditionalRule rule : rules) {
      if (rule.appliesIn(context)) {
        inForce.add(rule.rule());
      }
    }
    return new Policy(
        base.defaultAction(),
        architectures(context.machine()),
        inForce,
        base.flags(),
        base.listenerPath(),
        base.listenerMetadata());
  }

  private List<Arch> architectures(Arch machine) {
    ArchFamily family = family(machine);
    if (family == null) {
      return base.architectures();
    }
    List<Arch> architectures = new ArrayList<>();
    architectures.add(machine);
    architectures.addAll(family.subArchitectures());
    return architectures;
  }

  private @Nullable ArchFamily family(Arch machine) {
    for (ArchFamily family : archMap) {
      if (family.architecture() == machine) {
        return family;
      }
    }
    return null;
  }

  /** The words for architectures in conditions. */
  public static Collection<String> architectureNames() {
    return ARCHITECTURES.keySet();
  }
}
