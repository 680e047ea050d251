package org.tinyjail.generator.merge;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;
import org.tinyjail.model.Tables;

/**
 * Calls that another libc or kernel puts in the place of those that a policy allows, by {@code
 * drift.tsv}: with them a program survives an update. None gives more power than the call that it
 * stands in for.
 */
public final class Drift {
  private static final List<DriftRow> TABLE =
      Tables.body(Drift.class, "drift.tsv").stream().map(DriftRow::of).toList();

  private Drift() {}

  /**
   * A call in the place of others.
   *
   * @param rule what it is allowed, or that it answers ENOSYS
   * @param note for whom it stands in, and since when
   */
  public record StandIn(Rule rule, String note) {}

  /** Whom a rule stands in for. */
  private record Reasons(Set<String> calls, Set<String> since) {
    Reasons() {
      this(new LinkedHashSet<>(), new LinkedHashSet<>());
    }

    void add(DriftRow row) {
      calls.add(row.seen());
      since.add(row.since());
    }

    String note() {
      String when = " (" + String.join("; ", since) + ")";
      return calls.contains(DriftRow.ANY_PROGRAM)
          ? "drift: any program may need it" + when
          : "drift: stands in for " + String.join(", ", calls) + when;
    }
  }

  static List<DriftRow> table() {
    return TABLE;
  }

  /** {@code policy} with what it lacks; one that allows by default lacks nothing. */
  public static Added addTo(Policy policy, Arch machine) {
    List<StandIn> added =
        policy.defaultAction().denies()
            ? standIns(policy.rules(), policy.architecturesOn(machine))
            : List.of();
    List<Rule> rules = new ArrayList<>(policy.rules());
    added.forEach(standIn -> rules.add(standIn.rule()));
    return new Added(policy.withRules(rules), added);
  }

  /**
   * A policy that survives updates.
   *
   * @param policy with the stand-ins
   * @param standIns those that were added
   */
  public record Added(Policy policy, List<StandIn> standIns) {
    public Added {
      standIns = List.copyOf(standIns);
    }
  }

  /**
   * What {@code rules} lack on these architectures. What they deny by name stays denied, and a call
   * that they deny in part gets no stand-in.
   */
  static List<StandIn> standIns(List<Rule> rules, Collection<Arch> architectures) {
    Set<String> denied =
        rules.stream()
            .filter(rule -> rule.action().denies())
            .map(Rule::syscall)
            .collect(Collectors.toSet());
    Map<Rule, Reasons> found = new LinkedHashMap<>();
    for (DriftRow row : TABLE) {
      if (!denied.contains(row.seen())
          && !denied.contains(row.standIn())
          && architectures.stream().anyMatch(arch -> has(arch, row.standIn()))) {
        rules(row, rules).forEach(rule -> found.computeIfAbsent(rule, r -> new Reasons()).add(row));
      }
    }
    List<StandIn> lacking = new ArrayList<>();
    found.forEach(
        (rule, reasons) -> {
          boolean isThere = rules.stream().anyMatch(other -> makesNeedless(other, rule));
          boolean isWithin =
              found.keySet().stream()
                  .filter(other -> !other.equals(rule) && !other.action().denies())
                  .anyMatch(other -> makesNeedless(other, rule));
          if (!isThere && !isWithin) {
            lacking.add(new StandIn(rule, reasons.note()));
          }
        });
    return lacking;
  }

  private static boolean has(Arch arch, String call) {
    return arch.hasTable() && SyscallTable.of(arch).number(call).isPresent();
  }

  private static List<Rule> rules(DriftRow row, List<Rule> allowed) {
    return row.isForAnyProgram()
        ? List.of(Rule.allow(row.standIn()))
        : allowed.stream()
            .filter(rule -> rule.syscall().equals(row.seen()))
            .flatMap(rule -> row.ruleBeside(rule).stream())
            .toList();
  }

  /** Whether {@code rule} says nothing new, or would forbid what {@code other} allows. */
  private static boolean makesNeedless(Rule other, Rule rule) {
    return other.syscall().equals(rule.syscall())
        && (rule.action().denies()
            || Set.copyOf(rule.conditions()).containsAll(other.conditions()));
  }
}
