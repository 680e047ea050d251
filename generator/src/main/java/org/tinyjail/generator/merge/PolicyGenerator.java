package org.tinyjail.generator.merge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/**
 * Makes a policy of what was seen: each call that was made is allowed, with the argument values
 * that were seen where the evidence has them.
 *
 * @param defaultAction for all other calls
 * @param limitArguments whether argument values are kept; else every call is allowed whole
 * @param refused calls that were answered ENOSYS while learning and must be so again
 */
public record PolicyGenerator(Action defaultAction, boolean limitArguments, Set<String> refused) {
  /** More value tuples of one call than this are not listed but widened. */
  public static final int TUPLES_MAX = 16;

  /**
   * No program lives without: it must be able to end, to return from a signal handler and to go on
   * after having been stopped, at any moment.
   */
  private static final List<String> BASE =
      List.of("exit", "exit_group", "restart_syscall", "rt_sigreturn");

  public PolicyGenerator {
    refused = Set.copyOf(refused);
  }

  /** The policy for {@code observations}, which may be of many runs. */
  public GeneratedPolicy generate(List<Observation> observations) {
    Map<String, List<Observation>> calls = new TreeMap<>();
    Set<String> unnamed = new TreeSet<>();
    for (Observation seen : observations) {
      if (SyscallTable.isKnown(seen.syscall())) {
        calls.computeIfAbsent(seen.syscall(), name -> new ArrayList<>()).add(seen);
      } else {
        unnamed.add(seen.syscall());
      }
    }
    List<String> widened = new ArrayList<>();
    List<Reason> reasons = new ArrayList<>();
    calls.forEach((name, seen) -> reasons.addAll(rules(name, seen, widened)));
    addBase(reasons, calls);
    addRefused(reasons, calls.keySet());
    reasons.sort(
        Comparator.comparing((Reason reason) -> reason.rule().action().denies())
            .thenComparing(reason -> !reason.rule().conditions().isEmpty())
            .thenComparing(reason -> reason.rule().syscall()));
    Policy policy =
        new Policy(
            defaultAction,
            architectures(observations),
            reasons.stream().map(Reason::rule).toList(),
            List.of(),
            Optional.empty(),
            Optional.empty());
    return new GeneratedPolicy(policy, reasons, widened, List.copyOf(unnamed));
  }

  private List<Reason> rules(String name, List<Observation> seen, List<String> widened) {
    Map<ArgumentClass, List<Observation>> classes = new LinkedHashMap<>();
    for (Observation observation : seen) {
      ArgumentClass arguments = limitArguments ? observation.arguments() : ArgumentClass.ANY;
      classes.computeIfAbsent(arguments, key -> new ArrayList<>()).add(observation);
    }
    String note = "";
    if (classes.containsKey(ArgumentClass.ANY)) {
      return List.of(Reason.seen(Rule.allow(name), seen, note));
    }
    while (classes.size() > TUPLES_MAX) {
      int index = mostVaried(classes.keySet());
      note = name + ": argument " + index + " took many values; any is allowed";
      widened.add(note);
      classes = without(index, classes);
    }
    List<Reason> reasons = new ArrayList<>();
    for (Map.Entry<ArgumentClass, List<Observation>> entry : sorted(classes)) {
      Rule rule = new Rule(name, entry.getKey().conditions(), Action.ALLOW);
      reasons.add(Reason.seen(rule, entry.getValue(), note));
    }
    return reasons;
  }

  /** The argument with the most values. */
  private static int mostVaried(Set<ArgumentClass> classes) {
    Map<Integer, Set<Long>> values = new TreeMap<>();
    for (ArgumentClass arguments : classes) {
      for (ArgumentClass.Value value : arguments.values()) {
        values.computeIfAbsent(value.index(), index -> new HashSet<>()).add(value.value());
      }
    }
    return values.entrySet().stream()
        .max(Comparator.comparingInt(entry -> entry.getValue().size()))
        .orElseThrow()
        .getKey();
  }

  private static Map<ArgumentClass, List<Observation>> without(
      int index, Map<ArgumentClass, List<Observation>> classes) {
    Map<ArgumentClass, List<Observation>> fewer = new LinkedHashMap<>();
    classes.forEach(
        (arguments, seen) -> {
          ArgumentClass rest =
              new ArgumentClass(
                  arguments.values().stream().filter(v -> v.index() != index).toList());
          fewer.computeIfAbsent(rest, key -> new ArrayList<>()).addAll(seen);
        });
    return fewer;
  }

  private static List<Map.Entry<ArgumentClass, List<Observation>>> sorted(
      Map<ArgumentClass, List<Observation>> classes) {
    return classes.entrySet().stream()
        .sorted(Comparator.comparing(entry -> entry.getKey().toString()))
        .toList();
  }

  private static void addBase(List<Reason> reasons, Map<String, List<Observation>> calls) {
    List<String> base = new ArrayList<>(BASE);
    if (calls.values().stream().flatMap(List::stream).anyMatch(o -> o.arch() == Arch.X86)) {
      base.add("sigreturn");
    }
    for (String name : base) {
      if (!calls.containsKey(name)) {
        reasons.add(Reason.always(Rule.allow(name), "every program may need it at any moment"));
      }
    }
  }

  private void addRefused(List<Reason> reasons, Set<String> seen) {
    for (String name : new TreeSet<>(refused)) {
      if (!seen.contains(name)) {
        reasons.add(
            Reason.always(
                new Rule(name, List.of(), Action.fail(Action.ENOSYS)),
                "answered ENOSYS as while learning, so that libc falls back to other calls"));
      }
    }
  }

  private static List<Arch> architectures(List<Observation> observations) {
    Set<Arch> all = new TreeSet<>(Set.of(Arch.current()));
    observations.forEach(seen -> all.add(seen.arch()));
    return List.copyOf(all);
  }
}
