package org.tinyjail.generator.lint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Tables;

/** Calls that do the work of others, by {@code siblings.tsv}. */
final class SiblingChecks {
  private static final List<String[]> TABLE = Tables.body(SiblingChecks.class, "siblings.tsv");
  private static final String EXECVE = "execve";
  private static final List<String> OPENING = List.of("open", "openat", "openat2", "creat");

  private final PolicyView view;
  private final Policy policy;
  private final List<Finding> findings;

  SiblingChecks(PolicyView view, List<Finding> findings) {
    this.view = view;
    this.policy = view.policy();
    this.findings = findings;
  }

  /** What a call is, and what passes in its place. */
  private record Hole(String call, String verb, String suffix) {}

  void check() {
    Map<String, Rule> missing = new LinkedHashMap<>();
    Map<Hole, List<String[]>> holes = new LinkedHashMap<>();
    for (String[] row : TABLE) {
      check(row, missing, holes);
      if (row[2].equals("twin") || row[2].equals("open")) {
        check(new String[] {row[1], row[0], "twin", row[3]}, missing, holes);
      }
    }
    holes.forEach(this::report);
    if (!missing.isEmpty()) {
      findings.add(
          Finding.of(
              Check.MISSING_SIBLING,
              missing.values().iterator().next(),
              Lists.of(missing.keySet())));
    }
  }

  private void check(String[] row, Map<String, Rule> missing, Map<Hole, List<String[]>> holes) {
    List<Arch> where = new ArrayList<>();
    for (Arch arch : view.architectures()) {
      if (view.has(arch, row[0]) && view.has(arch, row[1]) && applies(row, arch)) {
        where.add(arch);
      }
    }
    if (where.isEmpty()) {
      return;
    }
    Optional<Rule> rule = ruleFor(row[0]);
    switch (row[2]) {
      case "fallback" ->
          findings.add(
              finding(
                  Check.MISSING_FALLBACK,
                  rule,
                  row[3],
                  row[0] + " passes, " + row[1] + " is denied" + view.onlyOn(where)));
      case "update" -> rule.ifPresent(any -> missing.put(row[0] + " without " + row[1], any));
      default -> {
        String verb = view.canPass(where.get(0), row[0]) ? "limited" : "denied";
        Hole hole = new Hole(row[0], verb, view.onlyOn(where));
        holes.computeIfAbsent(hole, any -> new ArrayList<>()).add(row);
      }
    }
  }

  private void report(Hole hole, List<String[]> rows) {
    List<String> siblings = rows.stream().map(row -> row[1]).toList();
    findings.add(
        finding(
            Check.SIBLING_HOLE,
            ruleFor(hole.call()),
            rows.stream().map(row -> row[3]).distinct().collect(Collectors.joining("; ")),
            hole.call()
                + " is "
                + hole.verb()
                + ", "
                + String.join(", ", siblings)
                + (siblings.size() == 1 ? " passes" : " pass")
                + hole.suffix()));
  }

  private static Finding finding(Check check, Optional<Rule> rule, String reason, String what) {
    return new Finding(
        check, check.severity(), rule, what, check.why() + "; " + reason, check.advice());
  }

  private boolean applies(String[] row, Arch arch) {
    return switch (row[2]) {
      case "fallback", "update" ->
          view.canPass(arch, row[0]) && !view.canPass(arch, row[1]) && !view.isHidden(arch, row[1]);
      case "open" -> isHole(row, arch) && OPENING.stream().anyMatch(c -> view.canPass(arch, c));
      default -> isHole(row, arch);
    };
  }

  private boolean isHole(String[] row, Arch arch) {
    String call = row[0];
    if (view.canPass(arch, call)) {
      return !view.alwaysPasses(arch, call)
          && isLimitedOnPurpose(call)
          && view.alwaysPasses(arch, row[1]);
    }
    Map<Integer, Long> as = row.length > 4 ? Map.of(0, Long.decode(row[4])) : Map.of();
    return isDeniedOnPurpose(call) && view.canPass(arch, row[1], as);
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
