package org.tinyjail.generator.compare;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tinyjail.generator.compare.Regions.Region;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/**
 * One policy of several.
 *
 * <p>A union answers every call as the most lenient of them does, an intersection as the strictest
 * (the kernel's order of actions; of two errnos the first policy's). So a call passes a union if
 * any lets it pass, and an intersection if all do: for every call, all arguments and every
 * architecture in force, compared exactly before the result is given out. Where rules cannot say
 * that, which they cannot where it takes two conditions on one argument, an intersection denies
 * more than asked, and a union is refused.
 *
 * <p>Both are in force on the architectures that all inputs have. A union of policies that differ
 * in that is refused, since rules hold on every architecture alike, unless the common ones are
 * asked for. Flags, and the listener, are those of the first that has any.
 *
 * @param policy the result
 * @param stricter the calls of which an intersection denies more than asked
 */
public record PolicyMerge(Policy policy, List<String> stricter) {
  public PolicyMerge {
    stricter = List.copyOf(stricter);
  }

  /** How policies are put together. */
  public enum Kind {
    /** What any of them lets pass. */
    UNION,
    /** What all of them let pass. */
    INTERSECTION;

    Action of(Action first, Action second) {
      int order = Integer.compare(first.precedence(), second.precedence());
      return (this == UNION ? order >= 0 : order <= 0) ? first : second;
    }
  }

  /** No rules say what was asked for; the message says why and what to do. */
  public static final class NotExpressibleException extends Exception {
    private static final long serialVersionUID = 1L;

    NotExpressibleException(String message) {
      super(message);
    }
  }

  /**
   * Puts {@code policies} together, at least one.
   *
   * @param commonArchitectures whether a union may drop architectures that not all have
   */
  public static PolicyMerge of(
      List<Policy> policies, Kind kind, Arch machine, boolean commonArchitectures)
      throws NotExpressibleException {
    Policy result = policies.get(0);
    List<String> stricter = new ArrayList<>();
    for (Policy next : policies.subList(1, policies.size())) {
      if (kind == Kind.UNION
          && !commonArchitectures
          && !result.architecturesOn(machine).equals(next.architecturesOn(machine))) {
        throw new NotExpressibleException(
            "the policies are in force on different architectures ("
                + result.architecturesOn(machine)
                + ", "
                + next.architecturesOn(machine)
                + "), and rules hold on all alike; make \"architectures\" the same, or keep those"
                + " that all have with --common-architectures");
      }
      PolicyMerge merged = new Merging(result, next, kind, machine).merged();
      result = merged.policy();
      stricter.addAll(merged.stricter());
    }
    return new PolicyMerge(result, stricter);
  }

  private static final class Merging {
    private final Policy first;
    private final Policy second;
    private final Kind kind;
    private final Action defaultAction;
    private final Set<Arch> architectures;
    private final Set<String> stricter = new TreeSet<>();
    private Policy result;

    Merging(Policy first, Policy second, Kind kind, Arch machine) {
      this.first = first;
      this.second = second;
      this.kind = kind;
      this.defaultAction = kind.of(first.defaultAction(), second.defaultAction());
      this.architectures = EnumSet.copyOf(first.architecturesOn(machine));
      architectures.retainAll(second.architecturesOn(machine));
      this.result =
          new Policy(
              defaultAction,
              List.copyOf(architectures),
              List.of(),
              first.flags().isEmpty() ? second.flags() : first.flags(),
              first.listenerPath().or(second::listenerPath),
              first.listenerMetadata().or(second::listenerMetadata));
    }

    PolicyMerge merged() throws NotExpressibleException {
      Set<String> names = new LinkedHashSet<>();
      first.rules().forEach(rule -> names.add(rule.syscall()));
      second.rules().forEach(rule -> names.add(rule.syscall()));
      // Last, since rules of others bear on them.
      for (String reached : List.of("socketcall", "ipc")) {
        names.remove(reached);
        names.add(reached);
      }
      for (String name : names) {
        add(name);
      }
      return new PolicyMerge(result, List.copyOf(stricter));
    }

    private void add(String name) throws NotExpressibleException {
      for (List<Rule> candidate : candidates(name)) {
        if (fits(name, candidate, true)) {
          result = with(candidate);
          return;
        }
      }
      if (kind == Kind.UNION) {
        throw new NotExpressibleException(
            "no rules say what the union lets pass of "
                + name
                + ": it takes two conditions on one argument; change the rules of "
                + name
                + " in one of the policies");
      }
      stricter.add(name);
      for (List<Rule> candidate : candidates(name)) {
        if (fits(name, candidate, false)) {
          result = with(candidate);
          return;
        }
      }
      Action denial = defaultAction.denies() ? defaultAction : Action.fail(Action.EPERM);
      result = with(List.of(new Rule(name, List.of(), denial)));
    }

    private Policy with(List<Rule> candidate) {
      List<Rule> rules = new ArrayList<>(result.rules());
      rules.addAll(candidate);
      return result.withRules(rules);
    }

    /** From the most readable to the most exact. */
    private List<List<Rule>> candidates(String name) {
      List<Rule> ofFirst = named(name, first);
      List<Rule> ofSecond = named(name, second);
      Set<Rule> all = new LinkedHashSet<>(ofFirst);
      all.addAll(ofSecond);
      List<List<Rule>> candidates = new ArrayList<>();
      candidates.add(List.of());
      candidates.add(List.copyOf(all));
      candidates.add(all.stream().filter(rule -> !rule.action().denies()).toList());
      candidates.add(ofFirst);
      candidates.add(ofSecond);
      candidates.add(products(ofFirst, ofSecond));
      synthesized(name).ifPresent(candidates::addAll);
      return candidates;
    }

    private static List<Rule> named(String name, Policy policy) {
      return policy.rules().stream().filter(rule -> rule.syscall().equals(name)).toList();
    }

    private List<Rule> products(List<Rule> ofFirst, List<Rule> ofSecond) {
      Set<Rule> products = new LinkedHashSet<>();
      for (Rule one : ofFirst) {
        for (Rule other : ofSecond) {
          List<ArgCondition> conditions = new ArrayList<>(one.conditions());
          conditions.addAll(other.conditions());
          joined(conditions)
              .ifPresent(
                  joined ->
                      products.add(
                          new Rule(one.syscall(), joined, kind.of(one.action(), other.action()))));
        }
      }
      ofFirst.stream().filter(rule -> rule.action().denies()).forEach(products::add);
      ofSecond.stream().filter(rule -> rule.action().denies()).forEach(products::add);
      return List.copyOf(products);
    }

    /** Rules made of the regions: on top of the default, and on top of the most lenient answer. */
    private Optional<List<List<Rule>>> synthesized(String name) {
      Optional<Arch> widest =
          architectures.stream()
              .filter(arch -> SyscallTable.of(arch).number(name).isPresent())
              .findFirst();
      if (widest.isEmpty()) {
        return Optional.empty();
      }
      List<Region> regions;
      try {
        regions = regions(widest.get(), name);
      } catch (TooComplexException e) {
        return Optional.empty();
      }
      Action lenient =
          regions.stream()
              .map(this::wanted)
              .max(Comparator.comparingInt(Action::precedence))
              .orElseThrow();
      List<Rule> plain = new ArrayList<>();
      List<Rule> layered = new ArrayList<>(List.of(new Rule(name, List.of(), lenient)));
      for (Region region : regions) {
        Action wanted = wanted(region);
        Optional<List<ArgCondition>> exact = conditions(region);
        if (!wanted.equals(defaultAction) && exact.isPresent()) {
          plain.add(new Rule(name, exact.get(), wanted));
        }
        if (!wanted.equals(lenient) && exact.isPresent()) {
          layered.add(new Rule(name, exact.get(), wanted));
        }
      }
      return Optional.of(List.of(plain, layered));
    }

    private List<Region> regions(Arch arch, String name) throws TooComplexException {
      return Regions.of(
          List.of(CallRules.of(first, arch, name), CallRules.of(second, arch, name)), arch);
    }

    private Action wanted(Region region) {
      return kind.of(region.answers().get(0), region.answers().get(1));
    }

    private static Optional<List<ArgCondition>> conditions(Region region) {
      List<ArgCondition> all = new ArrayList<>();
      for (ValueClass values : region.classes()) {
        List<ArgCondition> needed = new ArrayList<>(values.holding());
        boolean pinned = needed.stream().anyMatch(Merging::isEqual);
        if (!pinned) {
          for (ArgCondition failing : values.failing()) {
            Optional<ArgCondition> opposite = opposite(failing);
            if (opposite.isPresent()) {
              needed.add(opposite.get());
            }
          }
        }
        Optional<List<ArgCondition>> joined = joined(needed);
        if (joined.isEmpty()) {
          return Optional.empty();
        }
        all.addAll(joined.get());
      }
      return Optional.of(all);
    }

    private static boolean isEqual(ArgCondition condition) {
      return condition.operator() == Operator.EQ || condition.operator() == Operator.MASKED_EQ;
    }

    private static Optional<ArgCondition> opposite(ArgCondition c) {
      Operator operator =
          switch (c.operator()) {
            case NE -> Operator.EQ;
            case EQ -> Operator.NE;
            case LT -> Operator.GE;
            case GE -> Operator.LT;
            case LE -> Operator.GT;
            case GT -> Operator.LE;
            case MASKED_EQ -> null;
          };
      if (operator != null) {
        return Optional.of(new ArgCondition(c.index(), operator, c.value(), 0));
      }
      // A single bit is either this or that.
      return Long.bitCount(c.value()) == 1
          ? Optional.of(ArgCondition.masked(c.index(), c.value(), c.value() & ~c.valueTwo()))
          : Optional.empty();
    }

    /** {@code conditions} with one for each argument; empty if that cannot be said. */
    private static Optional<List<ArgCondition>> joined(List<ArgCondition> conditions) {
      List<ArgCondition> joined = new ArrayList<>();
      for (int index = 0; index <= 5; index++) {
        int argument = index;
        List<ArgCondition> own =
            conditions.stream().filter(c -> c.index() == argument).distinct().toList();
        if (own.isEmpty()) {
          continue;
        }
        Optional<ArgCondition> one = one(own);
        if (one.isEmpty()) {
          return Optional.empty();
        }
        joined.add(one.get());
      }
      return Optional.of(joined);
    }

    private static Optional<ArgCondition> one(List<ArgCondition> conditions) {
      if (conditions.size() == 1) {
        return Optional.of(conditions.get(0));
      }
      // One value: the others hold for it, or nothing does.
      for (ArgCondition c : conditions) {
        if (c.operator() == Operator.EQ) {
          return conditions.stream().allMatch(other -> other.test(c.value()))
              ? Optional.of(c)
              : Optional.empty();
        }
      }
      long mask = 0;
      long value = 0;
      for (ArgCondition c : conditions) {
        if (c.operator() != Operator.MASKED_EQ
            || ((value ^ c.valueTwo()) & mask & c.value()) != 0) {
          return bound(conditions);
        }
        mask |= c.value();
        value |= c.valueTwo() & c.value();
      }
      return Optional.of(ArgCondition.masked(conditions.get(0).index(), mask, value));
    }

    /** The tightest of several bounds on one side. */
    private static Optional<ArgCondition> bound(List<ArgCondition> conditions) {
      return conditions.stream()
          .filter(c -> conditions.stream().allMatch(other -> implies(c, other)))
          .findFirst();
    }

    private static boolean implies(ArgCondition c, ArgCondition other) {
      try {
        return ValueClass.divide(c.index(), List.of(c, other), 64).stream()
            .noneMatch(v -> v.holding().contains(c) && !v.holding().contains(other));
      } catch (TooComplexException e) {
        return false;
      }
    }

    /**
     * Whether, with {@code candidate} added, the result says what is wanted of {@code name}.
     *
     * @param exactly or else only lets nothing pass that should not
     */
    private boolean fits(String name, List<Rule> candidate, boolean exactly) {
      Policy then = with(candidate);
      try {
        for (Arch arch : architectures) {
          if (SyscallTable.of(arch).number(name).isPresent() && !fits(name, then, arch, exactly)) {
            return false;
          }
        }
      } catch (TooComplexException e) {
        return false;
      }
      return candidate.stream().noneMatch(Rule::repeatsIndex);
    }

    private boolean fits(String name, Policy then, Arch arch, boolean exactly)
        throws TooComplexException {
      List<CallRules> parties =
          List.of(
              CallRules.of(first, arch, name),
              CallRules.of(second, arch, name),
              CallRules.of(then, arch, name));
      for (Region region : Regions.of(parties, arch)) {
        Action wanted = wanted(region);
        Action given = region.answers().get(2);
        boolean good = exactly ? given.equals(wanted) : given.denies() || !wanted.denies();
        if (!good) {
          return false;
        }
      }
      return true;
    }
  }
}
