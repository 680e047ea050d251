package org.tinyjail.model;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a program may ask of the kernel: policy = default rule*.
 *
 * <p>The meaning, which every compiled form must agree with, is {@link #actionFor}:
 *
 * <ol>
 *   <li>A call of an architecture that is neither the machine's nor listed, x32 included, is denied
 *       even under a default that allows: by the default if that denies, else with ENOSYS.
 *   <li>Of the rules for the call's name whose conditions all hold, the strictest action is taken
 *       (the kernel's order among filters). On a 32-bit architecture conditions see the low halves
 *       of the registers, as the kernel does.
 *   <li>No rule, and the number is newer than the table: ENOSYS if the default denies, so that libc
 *       falls back to older calls (runc does the same).
 *   <li>Else the default.
 * </ol>
 *
 * @param defaultAction for calls without a matching rule
 * @param architectures beside the machine's own; a profile may list that too
 * @param rules in the order of the profile, which has no meaning
 * @param flags {@code SECCOMP_FILTER_FLAG_} names for container runtimes
 * @param listenerPath the socket to which a runtime sends the listener
 * @param listenerMetadata what it sends along
 */
public record Policy(
    Action defaultAction,
    List<Arch> architectures,
    List<Rule> rules,
    List<String> flags,
    Optional<String> listenerPath,
    Optional<String> listenerMetadata) {

  public Policy {
    architectures = List.copyOf(architectures);
    rules = List.copyOf(rules);
    flags = List.copyOf(flags);
  }

  /** A policy of rules alone, for the machine's architecture. */
  public static Policy of(Action defaultAction, List<Rule> rules) {
    return new Policy(
        defaultAction, List.of(), rules, List.of(), Optional.empty(), Optional.empty());
  }

  /** This policy with other rules. */
  public Policy withRules(List<Rule> newRules) {
    return new Policy(
        defaultAction, architectures, newRules, flags, listenerPath, listenerMetadata);
  }

  /** This policy with another default. */
  public Policy withDefaultAction(Action action) {
    return new Policy(action, architectures, rules, flags, listenerPath, listenerMetadata);
  }

  /** The architectures in force on {@code machine}: its own and those listed that it can run. */
  public Set<Arch> architecturesOn(Arch machine) {
    EnumSet<Arch> set = EnumSet.of(machine);
    for (Arch arch : architectures) {
      if (arch.hasTable() && machine.runs(arch)) {
        set.add(arch);
      }
    }
    return set;
  }

  /** The names that no architecture of the tables has, sorted. */
  public Set<String> unknownNames() {
    Set<String> unknown = new TreeSet<>();
    rules.stream()
        .map(Rule::syscall)
        .filter(name -> !SyscallTable.isKnown(name))
        .forEach(unknown::add);
    return unknown;
  }

  /** The answer to {@code data} on this machine. */
  public Action actionFor(SyscallData data) {
    return actionFor(data, Arch.current());
  }

  /** The answer to {@code data} on {@code machine}. */
  public Action actionFor(SyscallData data, Arch machine) {
    Optional<Arch> arch = Arch.of(data.arch(), data.number());
    if (arch.isEmpty() || !architecturesOn(machine).contains(arch.get())) {
      return foreignAction();
    }
    SyscallTable table = SyscallTable.of(arch.get());
    return table
        .name(data.number())
        .flatMap(name -> strictest(name, arch.get(), data))
        .orElseGet(() -> table.isNewer(data.number()) ? newerAction() : defaultAction);
  }

  /** The answer to calls of architectures that are not in force. */
  public Action foreignAction() {
    return defaultAction.denies() ? defaultAction : Action.fail(Action.ENOSYS);
  }

  /** The answer to numbers above the table's newest. */
  public Action newerAction() {
    return defaultAction.denies() ? Action.fail(Action.ENOSYS) : defaultAction;
  }

  private Optional<Action> strictest(String name, Arch arch, SyscallData data) {
    SyscallData seen = arch.is32Bit() ? data.lowHalves() : data;
    return Multiplexed.rulesFor(name, arch, rules).stream()
        .filter(rule -> rule.matches(seen))
        .map(Rule::action)
        .min(Comparator.comparingInt(Action::precedence));
  }
}
