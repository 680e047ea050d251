package org.tinyjail.generator.lint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tinyjail.generator.compare.TooComplexException;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/** What rules of one call say of each other. */
final class OverlapChecks {
  private final PolicyView view;
  private final Policy policy;
  private final List<Finding> findings;

  OverlapChecks(PolicyView view, List<Finding> findings) {
    this.view = view;
    this.policy = view.policy();
    this.findings = findings;
  }

  void check() {
    Map<String, List<Rule>> byName = new LinkedHashMap<>();
    for (Rule rule : policy.rules()) {
      byName.computeIfAbsent(rule.syscall(), name -> new ArrayList<>()).add(rule);
    }
    byName.values().forEach(this::check);
  }

  private void check(List<Rule> rules) {
    Set<Rule> said = new HashSet<>();
    Map<Set<ArgCondition>, Rule> byConditions = new LinkedHashMap<>();
    List<Rule> suspects = new ArrayList<>();
    for (Rule rule : rules) {
      Rule same = byConditions.putIfAbsent(Set.copyOf(rule.conditions()), rule);
      if (!said.add(rule)) {
        findings.add(
            Finding.of(Check.DUPLICATE_RULE, rule, "the rule for " + rule.syscall() + " again"));
      } else if (same != null && !same.action().equals(rule.action())) {
        findings.add(
            Finding.of(
                Check.CONTRADICTION,
                rule,
                rule.syscall()
                    + ": "
                    + same.action().scmpName()
                    + " and "
                    + rule.action().scmpName()
                    + " under the same conditions"));
        suspects.remove(same);
      } else if (rule.action().equals(policy.defaultAction()) && rules.size() == 1) {
        findings.add(
            Finding.of(
                Check.REPEATS_DEFAULT,
                rule,
                rule.syscall() + " has the default's action, " + rule.action().scmpName()));
      } else {
        suspects.add(rule);
      }
    }
    lostCondition(rules);
    suspects.forEach(rule -> shadowed(rule, rules.size()));
  }

  private void lostCondition(List<Rule> rules) {
    for (Rule free : rules) {
      for (Rule limited : rules) {
        if (free.conditions().isEmpty()
            && !limited.conditions().isEmpty()
            && !free.action().equals(policy.defaultAction())
            && limited.action().precedence() < free.action().precedence()) {
          findings.add(
              Finding.of(
                  Check.LOST_CONDITION,
                  limited,
                  limited.syscall()
                      + " is "
                      + limited.action().scmpName()
                      + " under a condition, and "
                      + free.action().scmpName()
                      + " without"));
          return;
        }
      }
    }
  }

  private void shadowed(Rule rule, int count) {
    if (count < 2) {
      return;
    }
    List<Rule> others = policy.rules().stream().filter(other -> !other.equals(rule)).toList();
    try {
      if (view.isInForce(rule.syscall()) && view.sameWith(rule.syscall(), others)) {
        findings.add(
            Finding.of(
                Check.SHADOWED_RULE, rule, "this rule for " + rule.syscall() + " has no effect"));
      }
    } catch (TooComplexException e) {
      findings.add(Finding.of(Check.TOO_COMPLEX, rule, "the rules for " + rule.syscall()));
    }
  }
}
