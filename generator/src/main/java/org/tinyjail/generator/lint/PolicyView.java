package org.tinyjail.generator.lint;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tinyjail.generator.compare.CallRules;
import org.tinyjail.generator.compare.Regions;
import org.tinyjail.generator.compare.Regions.Region;
import org.tinyjail.generator.compare.TooComplexException;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/** Questions to a policy about whole calls. */
final class PolicyView {
  private final Policy policy;
  private final Arch machine;
  private final Set<Arch> architectures;

  PolicyView(Policy policy, Arch machine) {
    this.policy = policy;
    this.machine = machine;
    this.architectures = policy.architecturesOn(machine);
  }

  Policy policy() {
    return policy;
  }

  Arch machine() {
    return machine;
  }

  /** Those in force. */
  Set<Arch> architectures() {
    return architectures;
  }

  /** Whether {@code arch} is in force and has the call. */
  boolean has(Arch arch, String call) {
    return architectures.contains(arch) && SyscallTable.of(arch).number(call).isPresent();
  }

  /** Whether any architecture in force has the call. */
  boolean isInForce(String call) {
    return architectures.stream().anyMatch(arch -> has(arch, call));
  }

  /** {@code " (only on x86)"} where a finding is not about the machine's own architecture. */
  String onlyOn(List<Arch> where) {
    return where.contains(machine)
        ? ""
        : " (only on " + where.stream().map(Arch::label).collect(Collectors.joining(", ")) + ")";
  }

  /** Whether denying the call ends the program. */
  boolean kills(Arch arch, String call) {
    return regions(arch, call, Map.of()).stream()
        .map(Region::answer)
        .filter(Action::denies)
        .allMatch(action -> action.precedence() <= Action.TRAP.precedence());
  }

  /** Whether the call passes with some arguments that have these values. */
  boolean canPass(Arch arch, String call, Map<Integer, Long> values) {
    return has(arch, call)
        && regions(arch, call, values).stream().anyMatch(region -> !region.answer().denies());
  }

  boolean canPass(Arch arch, String call) {
    return canPass(arch, call, Map.of());
  }

  /** Whether the call passes whatever its arguments. */
  boolean alwaysPasses(Arch arch, String call) {
    return has(arch, call)
        && regions(arch, call, Map.of()).stream().noneMatch(region -> region.answer().denies());
  }

  /** Whether what denies the call answers ENOSYS, as if the kernel did not have it. */
  boolean isHidden(Arch arch, String call) {
    return regions(arch, call, Map.of()).stream()
        .map(Region::answer)
        .filter(Action::denies)
        .allMatch(action -> action.equals(Action.fail(Action.ENOSYS)));
  }

  private List<Region> regions(Arch arch, String call, Map<Integer, Long> values) {
    try {
      return Regions.of(List.of(CallRules.of(policy, arch, call)), arch, values);
    } catch (TooComplexException e) {
      return List.of();
    }
  }

  /** Whether {@code rules} say the same of {@code call}, also where it is reached by another. */
  boolean sameWith(String call, List<Rule> rules) throws TooComplexException {
    for (Arch arch : architectures) {
      for (String name : new TreeSet<>(List.of(call, "socketcall", "ipc", "mmap"))) {
        if (has(arch, name)
            && !Regions.differences(
                    CallRules.of(policy, arch, name),
                    CallRules.of(policy.withRules(rules), arch, name),
                    arch)
                .isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }
}
