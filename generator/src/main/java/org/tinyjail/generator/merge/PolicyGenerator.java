package org.tinyjail.generator.merge;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallTable;

/**
 * Makes a policy of the evidence for one profile.
 *
 * <p>A rule names its call for all architectures. Its arguments are the exact combinations that
 * were seen: values of one argument mean something only with those of the others.
 */
public final class PolicyGenerator {
  /** Calls without which no program ends or returns from a signal handler. */
  private static final List<String> BASE =
      List.of("exit", "exit_group", "restart_syscall", "rt_sigreturn");

  private static final String CLONE = "clone";
  private static final String CLONE3 = "clone3";

  private final GeneratorOptions options;
  private final List<RuleReason> reasons = new ArrayList<>();
  private final List<Widened> widened = new ArrayList<>();
  private final PossibleCalls possible;
  private final Set<String> unnamed = new TreeSet<>();

  private PolicyGenerator(GeneratorOptions options) {
    this.options = options;
    this.possible = new PossibleCalls(options);
  }

  /** The policy that {@code evidence} supports; without evidence it allows a program to end. */
  public static GeneratedPolicy generate(List<Observation> evidence, GeneratorOptions options) {
    return new PolicyGenerator(options).generate(evidence);
  }

  private GeneratedPolicy generate(List<Observation> evidence) {
    Map<String, List<Observation>> byName = new TreeMap<>();
    for (Observation observation : evidence) {
      if (SyscallTable.isKnown(observation.syscall())) {
        byName.computeIfAbsent(observation.syscall(), name -> new ArrayList<>()).add(observation);
      } else {
        unnamed.add(observation.syscall());
      }
    }
    byName.forEach(this::addCall);
    Set<Arch> archs = evidence.stream().map(Observation::arch).collect(Collectors.toSet());
    addBase(archs);
    addStandIns(archs);
    addRefused();
    reasons.sort(Comparator.comparing(PolicyGenerator::group).thenComparing(RuleReason::syscall));
    Set<String> named = names();
    List<Withheld> withheld =
        possible.withheld().stream()
            .filter(w -> !w.arguments().equals(ArgumentClass.ANY) || !named.contains(w.syscall()))
            .toList();
    return new GeneratedPolicy(
        policy(archs), reasons, widened, options.strictness(), withheld, List.copyOf(unnamed));
  }

  /** Calls that are always allowed first, then those limited by arguments, then refusals. */
  private static int group(RuleReason reason) {
    return reason.action().denies() ? 2 : reason.arguments().equals(ArgumentClass.ANY) ? 0 : 1;
  }

  private Policy policy(Set<Arch> seen) {
    List<Arch> architectures = new ArrayList<>();
    architectures.add(options.machine());
    seen.stream().sorted().filter(arch -> arch != options.machine()).forEach(architectures::add);
    return new Policy(
        options.defaultAction(),
        architectures,
        reasons.stream().map(RuleReason::rule).toList(),
        List.of(),
        Optional.empty(),
        Optional.empty());
  }

  private void addCall(String name, List<Observation> all) {
    List<Observation> made = all.stream().filter(o -> o.source() != Source.STATIC).toList();
    if (made.isEmpty() && options.refused().contains(name)) {
      return; // programs did without it while learning
    }
    List<Observation> reachable = all.stream().filter(o -> o.source() == Source.STATIC).toList();
    Set<ArgumentClass> allowed = new LinkedHashSet<>();
    made.forEach(o -> allowed.add(options.learned(o)));
    List<Observation> harmless =
        made.isEmpty() ? possible.allowed(reachable) : possible.allowedBesides(reachable, allowed);
    List<Observation> known = new ArrayList<>(made);
    known.addAll(made.isEmpty() ? harmless : reachable);
    harmless.forEach(o -> allowed.add(options.learned(o)));
    Tuples tuples = new Tuples(name, maxTuples(name, allowed.size()));
    for (ArgumentClass arguments : tuples.fit(allowed)) {
      reasons.add(
          reason(
              name,
              arguments,
              known.stream().filter(o -> Tuples.covers(arguments, options.learned(o))).toList()));
    }
    widened.addAll(tuples.widened());
  }

  /** To leave an argument open would allow what is withheld. */
  private int maxTuples(String name, int wanted) {
    boolean withheld = possible.withheld().stream().anyMatch(one -> one.syscall().equals(name));
    return withheld ? Math.max(options.maxTuples(), wanted) : options.maxTuples();
  }

  private static RuleReason reason(String name, ArgumentClass arguments, List<Observation> seen) {
    List<RuleReason.Evidence> evidence = new ArrayList<>();
    for (Source source : Source.values()) {
      List<Observation> said = seen.stream().filter(o -> o.source() == source).toList();
      if (!said.isEmpty()) {
        evidence.add(
            new RuleReason.Evidence(
                source,
                said.stream().mapToLong(Observation::count).sum(),
                said.stream().map(Observation::first).min(Instant::compareTo).orElseThrow(),
                said.stream().map(Observation::last).max(Instant::compareTo).orElseThrow()));
      }
    }
    List<String> executables =
        seen.stream()
            .map(Observation::executable)
            .filter(path -> !path.isEmpty())
            .distinct()
            .sorted()
            .toList();
    String sample =
        seen.stream().map(Observation::sample).filter(s -> !s.isEmpty()).findFirst().orElse("");
    return new RuleReason(name, arguments, Action.ALLOW, evidence, executables, sample, "");
  }

  /** The calls that have a rule. */
  private Set<String> names() {
    return reasons.stream().map(RuleReason::syscall).collect(Collectors.toSet());
  }

  private void addBase(Set<Arch> archs) {
    List<String> base = new ArrayList<>(BASE);
    if (archs.contains(Arch.X86)) {
      base.add("sigreturn");
    }
    base.removeAll(names());
    for (String name : base) {
      add(name, Action.ALLOW, "every program needs it to end or to return from a signal");
    }
  }

  private void addStandIns(Set<Arch> seen) {
    if (options.driftSafe()) {
      Set<Arch> archs = new HashSet<>(seen);
      archs.add(options.machine());
      List<Rule> rules = reasons.stream().map(RuleReason::rule).toList();
      Drift.standIns(rules, archs).stream()
          .filter(standIn -> !options.refused().contains(standIn.rule().syscall()))
          .map(RuleReason::of)
          .forEach(reasons::add);
    }
  }

  private void addRefused() {
    Set<String> named = names();
    boolean cloneIsLimited =
        reasons.stream()
            .anyMatch(r -> r.syscall().equals(CLONE) && !r.arguments().equals(ArgumentClass.ANY));
    Set<String> refused = new TreeSet<>(options.refused());
    if (cloneIsLimited) {
      refused.add(CLONE3);
    }
    for (String name : refused) {
      if (!named.contains(name)) {
        String note =
            name.equals(CLONE3)
                ? "its flags lie in memory, where no filter sees them; libc falls back to clone"
                : "it was refused while learning; programs fall back to other calls";
        add(name, Action.fail(Action.ENOSYS), note);
      }
    }
  }

  private void add(String name, Action action, String note) {
    reasons.add(RuleReason.added(name, action, note));
  }
}
