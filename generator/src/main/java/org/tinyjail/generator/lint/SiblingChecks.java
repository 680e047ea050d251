package org.tinyjail.generator.lint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Tables;

/** Calls that do the work of others, by {@code siblings.tsv}. */
final class SiblingChecks {
  private static final List<String[]> TABLE = Tables.body(SiblingChecks.class, "siblings.tsv");
  private static final String EXECVE = "execve";

  private final PolicyView view;
  private final Policy policy;
  private final List<Finding> findings;

  SiblingChecks(PolicyView view, List<Finding> findings) {
    this.view = view;
    this.policy = view.policy();
    this.findings = findings;
  }

  void check() {
    Map<String, Rule> missing = new LinkedHashMap<>();
    for (String[] row : TABLE) {
      List<Arch> where = new ArrayList<>();
      for (Arch arch : view.architectures()) {
        if (view.has(arch, row[0]) && view.has(arch, row[1]) && applies(row, arch)) {
          where.add(arch);
        }
      }
      if (where.isEmpty()) {
        continue;
      }
      Optional<Rule> rule = ruleFor(row[0]);
      switch (row[2]) {
        case "fallback" ->
            findings.add(
                finding(
                    Check.MISSING_FALLBACK,
                    rule,
                    row,
                    row[0] + " passes, " + row[1] + " is denied" + view.onlyOn(where)));
        case "update" -> rule.ifPresent(any -> missing.put(row[0] + " without " + row[1], any));
        default ->
            findings.add(
                finding(
                    Check.SIBLING_HOLE,
                    rule,
                    row,
                    row[0]
                        + " is "
                        + (view.canPass(where.get(0), row[0]) ? "limited" : "denied")
                        + ", "
                        + row[1]
                        + " passes"
                        + view.onlyOn(where)));
      }
    }
    if (!missing.isEmpty()) {
      findings.add(
          Finding.of(
              Check.MISSING_SIBLING,
              missing.values().iterator().next(),
              Lists.of(missing.keySet())));
    }
  }

  private static Finding finding(Check check, Optional<Rule> rule, String[] row, String what) {
    return new Finding(
        check, check.severity(), rule, what, check.why() + "; " + row[3], check.advice());
  }

  private boolean applies(String[] row, Arch arch) {
    return switch (row[2]) {
      case "fallback", "update" ->
          view.canPass(arch, row[0]) && !view.canPass(arch, row[1]) && !view.isHidden(arch, row[1]);
      default -> isHole(row[0], row[1], arch);
    };
  }

  private boolean isHole(String call, String sibling, Arch arch) {
    if (view.canPass(arch, call)) {
      return !view.alwaysPasses(arch, call)
          && isLimitedOnPurpose(call)
          && view.alwaysPasses(arch, sibling);
    }
    return isDeniedOnPurpose(call) && view.canPass(arch, sibling);
  }

  private boolean isLimitedOnPurpose(String call) {
    return policy.rules().stream()
        .anyMatch(rule -> rule.syscall().equals(call) && !rule.conditions().isEmpty());
  }

  /** By a rule, not by silence; ENOSYS says "use the other". */
  private boolean isDeniedOnPurpose(String call) {
    return policy.rules().stream()
            .anyMatch(
                rule ->
                    rule.syscall().equals(call)
                        && rule.action().denies()
                        && !rule.action().equals(Action.fail(Action.ENOSYS)))
        || call.equals(EXECVE);
  }

  private Optional<Rule> ruleFor(String call) {
    return policy.rules().stream().filter(rule -> rule.syscall().equals(call)).findFirst();
  }
}
