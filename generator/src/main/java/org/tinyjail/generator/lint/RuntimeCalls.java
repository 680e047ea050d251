package org.tinyjail.generator.lint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Tables;

/**
 * The calls that a container runtime itself makes under a container's filter before the program
 * starts, as {@code scripts/measure-runtime} has measured them with runc and crun on x86-64.
 */
public final class RuntimeCalls {
  private static final String NONE = "-";
  private static final List<Call> ALL =
      Tables.body(RuntimeCalls.class, "runtime.tsv").stream().map(Call::of).toList();

  private RuntimeCalls() {}

  /**
   * A call of a runtime.
   *
   * @param name the call
   * @param runtime who makes it
   * @param needed whether no container starts where it is denied
   * @param always whether that is so with no_new_privileges too
   * @param instead the call that will do as well; empty: none
   */
  private record Call(String name, String runtime, boolean needed, boolean always, String instead) {
    static Call of(String[] row) {
      return new Call(
          row[0],
          row[1],
          !row[2].equals(NONE),
          row[2].contains("no_new_privs"),
          row[3].equals(NONE) ? "" : row[3]);
    }

    boolean isLackedBy(PolicyView view) {
      boolean passes =
          needed ? view.alwaysPasses(Arch.X86_64, name) : view.canPass(Arch.X86_64, name);
      return !passes
          && view.policy().rules().stream()
              .noneMatch(rule -> rule.syscall().equals(name) && rule.action().denies());
    }

    boolean isMissing(PolicyView view) {
      return needed
          ? !view.alwaysPasses(Arch.X86_64, name)
              && (instead.isEmpty() || !view.alwaysPasses(Arch.X86_64, instead))
          : !view.canPass(Arch.X86_64, name) && view.kills(Arch.X86_64, name);
    }
  }

  /** Whether the runtime's calls are known for this machine. */
  public static boolean areKnownFor(Arch machine) {
    return machine == Arch.X86_64;
  }

  /** The runtimes whose calls are known. */
  static List<String> runtimes() {
    return ALL.stream().map(Call::runtime).distinct().sorted(Comparator.reverseOrder()).toList();
  }

  /** The calls for want of which a runtime starts no container. */
  static List<String> missing(PolicyView view, String runtime) {
    return ALL.stream()
        .filter(call -> call.runtime().equals(runtime) && call.isMissing(view))
        .map(Call::name)
        .toList();
  }

  /** Whether no_new_privileges does not help either. */
  static boolean areAlwaysNeeded(List<String> calls, String runtime) {
    return ALL.stream()
        .filter(call -> call.runtime().equals(runtime))
        .anyMatch(call -> call.always() && calls.contains(call.name()));
  }

  /**
   * {@code policy} with all the runtimes' calls that it lacks, also those that they make by chance,
   * since who loads a policy mostly does not know which runtime will. What it denies by a rule
   * stays denied, since the strictest rule wins.
   *
   * @param policy in force on {@code machine}
   * @param machine one for which the calls are known
   */
  public static Added addTo(Policy policy, Arch machine) {
    PolicyView view = new PolicyView(policy, machine);
    List<Rule> rules = new ArrayList<>(policy.rules());
    List<String> added = new ArrayList<>();
    for (Call call : ALL) {
      if (!added.contains(call.name()) && call.isLackedBy(view)) {
        rules.add(new Rule(call.name(), List.of(), Action.ALLOW));
        added.add(call.name());
      }
    }
    Policy larger = policy.withRules(rules);
    PolicyView after = new PolicyView(larger, machine);
    List<String> denied =
        ALL.stream().filter(call -> call.isMissing(after)).map(Call::name).distinct().toList();
    return new Added(larger, added, denied);
  }

  /**
   * A policy for containers.
   *
   * @param policy with the runtimes' calls
   * @param calls those that were added
   * @param stillDenied those that other rules of the policy deny all the same: no container starts
   */
  public record Added(Policy policy, List<String> calls, List<String> stillDenied) {
    public Added {
      calls = List.copyOf(calls);
      stillDenied = List.copyOf(stillDenied);
    }
  }
}
