package org.tinyjail.generator.compare;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Multiplexed;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/**
 * What a policy says of one call of one architecture: the strictest of the rules that match, else
 * {@code otherwise}. The same as {@link Policy#actionFor}, for all arguments at once.
 *
 * @param rules those that bear on the call
 * @param otherwise without a matching rule
 */
public record CallRules(List<Rule> rules, Action otherwise) {
  public CallRules {
    rules = List.copyOf(rules);
  }

  /** What {@code policy} says of {@code number} of {@code arch} on {@code machine}. */
  public static CallRules of(Policy policy, Arch arch, int number, Arch machine) {
    if (!policy.architecturesOn(machine).contains(arch)) {
      return new CallRules(List.of(), policy.foreignAction());
    }
    SyscallTable table = SyscallTable.of(arch);
    Optional<String> name = table.name(number);
    if (name.isPresent()) {
      return of(policy, arch, name.get());
    }
    return new CallRules(
        List.of(), table.isNewer(number) ? policy.newerAction() : policy.defaultAction());
  }

  /** What {@code policy} says of the call {@code name} where {@code arch} is in force. */
  public static CallRules of(Policy policy, Arch arch, String name) {
    return new CallRules(Multiplexed.rulesFor(name, arch, policy.rules()), policy.defaultAction());
  }

  /** The answer if of all rules just {@code matching} match. */
  Action answer(List<Rule> matching) {
    return matching.stream()
        .map(Rule::action)
        .min(Comparator.comparingInt(Action::precedence))
        .orElse(otherwise);
  }
}
