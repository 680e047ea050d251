package org.tinyjail.generator.lint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tinyjail.generator.lint.Dangers.Danger;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Syscall;
import org.tinyjail.model.SyscallTable;

/** Calls that give power, by {@code dangers.tsv}, and defaults that let them pass. */
final class DangerChecks {
  private final PolicyView view;
  private final Policy policy;
  private final List<Finding> findings;

  /** Calls, architectures and reasons of what was found. */
  private final Set<String> found = new HashSet<>();

  DangerChecks(PolicyView view, List<Finding> findings) {
    this.view = view;
    this.policy = view.policy();
    this.findings = findings;
  }

  void check() {
    boolean byDefault = !policy.defaultAction().denies();
    Set<String> named = policy.rules().stream().map(Rule::syscall).collect(Collectors.toSet());
    for (Danger danger : Dangers.all()) {
      if (!byDefault || named.contains(danger.syscall())) {
        check(danger);
      }
    }
    if (byDefault) {
      reportDefault(named);
    }
  }

  private void check(Danger danger) {
    String call = danger.syscall();
    Map<Integer, Long> use =
        danger.value().map(value -> Map.of(value.index(), value.value())).orElse(Map.of());
    List<Arch> where = new ArrayList<>();
    for (Arch arch : view.architectures()) {
      boolean seenInClone =
          call.equals("clone3") && view.canPass(arch, "clone", Map.of(0, 0x10000000L));
      if (view.canPass(arch, call, use) && !seenInClone) {
        where.add(arch);
      }
    }
    if (!where.isEmpty() && found.add(call + where + danger.why())) {
      findings.add(
          new Finding(
              Check.DANGEROUS_CALL,
              danger.severity(),
              passing(call),
              call + uses(call, use) + " passes" + view.onlyOn(where),
              danger.why(),
              danger.advice()));
    }
  }

  private static String uses(String call, Map<Integer, Long> use) {
    return use.entrySet().stream()
        .map(e -> " with " + Values.show(call, e.getKey(), e.getValue()))
        .collect(Collectors.joining());
  }

  private Optional<Rule> passing(String call) {
    return policy.rules().stream()
        .filter(rule -> rule.syscall().equals(call) && !rule.action().denies())
        .findFirst();
  }

  private void reportDefault(Set<String> named) {
    Set<String> all = new TreeSet<>();
    for (Arch arch : view.architectures()) {
      SyscallTable table = SyscallTable.of(arch);
      table.numbers().forEach(number -> all.add(table.nameOrNumber(number)));
    }
    all.removeAll(named);
    Set<String> worst =
        Dangers.all().stream()
            .filter(danger -> danger.severity() == Severity.WARNING)
            .map(Danger::syscall)
            .collect(Collectors.toSet());
    List<String> high =
        all.stream()
            .filter(name -> Syscall.named(name).risk() == Syscall.Risk.HIGH)
            .sorted(Comparator.comparing(name -> !worst.contains(name)))
            .toList();
    String what =
        "the default lets pass "
            + Lists.count(all.size(), "call")
            + " that no rule names"
            + (high.isEmpty()
                ? ""
                : ", " + high.size() + " of them of high risk: " + Lists.of(high));
    findings.add(Finding.of(Check.DEFAULT_ALLOWS, what));
  }
}
