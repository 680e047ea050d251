package org.tinyjail.model;

import java.util.List;

/**
 * What happens to one system call under conditions: rule = syscall condition* action.
 *
 * @param syscall the name; it need not be known to {@link SyscallTable}
 * @param conditions all must hold; none: always
 * @param action the answer
 */
public record Rule(String syscall, List<ArgCondition> conditions, Action action) {
  public Rule {
    if (syscall.isEmpty()) {
      throw new IllegalArgumentException("a rule needs the name of a system call");
    }
    conditions = List.copyOf(conditions);
  }

  /** A rule without conditions that allows {@code syscall}. */
  public static Rule allow(String syscall) {
    return new Rule(syscall, List.of(), Action.ALLOW);
  }

  /** Whether every condition holds for the arguments of {@code data}. */
  public boolean matches(SyscallData data) {
    return conditions.stream().allMatch(c -> c.test(data.argument(c.index())));
  }

  /** Whether two conditions look at the same argument: libseccomp refuses it, runc makes it OR. */
  public boolean repeatsIndex() {
    return conditions.stream().mapToInt(ArgCondition::index).distinct().count() < conditions.size();
  }
}
