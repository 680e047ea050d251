package org.tinyjail.generator.compare;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Rule;

/**
 * Divides all arguments of a call into regions on which each of some policies has one answer.
 *
 * <p>Exact: argument by argument, the values are divided by the conditions of the rules that still
 * can match ({@link ValueClass}).
 */
public final class Regions {
  /** Regions of one call; more would take seconds. */
  private static final int MAX_REGIONS = 100_000;

  private static final int ARGUMENTS = 6;

  private final List<CallRules> parties;
  private final int bits;
  private final Map<Integer, Long> fixed;
  private final boolean differencesOnly;
  private final List<Region> regions = new ArrayList<>();

  private Regions(
      List<CallRules> parties, Arch arch, Map<Integer, Long> fixed, boolean differencesOnly) {
    this.parties = parties;
    this.bits = arch.is32Bit() ? 32 : 64;
    this.fixed = fixed;
    this.differencesOnly = differencesOnly;
  }

  /**
   * Some arguments.
   *
   * @param classes of the arguments that matter, by index; any other argument may be anything
   * @param answers of the policies, in their order
   */
  public record Region(List<ValueClass> classes, List<Action> answers) {
    public Region {
      classes = List.copyOf(classes);
      answers = List.copyOf(answers);
    }

    /** The answer where there is one policy. */
    public Action answer() {
      return answers.get(0);
    }

    /** Arguments that lie in it. */
    public long[] example() {
      long[] example = new long[ARGUMENTS];
      classes.forEach(c -> example[c.index()] = c.example());
      return example;
    }
  }

  /** All regions of a call of {@code arch}. */
  public static List<Region> of(List<CallRules> parties, Arch arch) throws TooComplexException {
    return of(parties, arch, Map.of());
  }

  /** The regions in which the arguments of {@code fixed} have these values. */
  public static List<Region> of(List<CallRules> parties, Arch arch, Map<Integer, Long> fixed)
      throws TooComplexException {
    return new Regions(parties, arch, fixed, false).all();
  }

  /** The regions in which the first answer is not the second. */
  public static List<Region> differences(CallRules first, CallRules second, Arch arch)
      throws TooComplexException {
    return new Regions(List.of(first, second), arch, Map.of(), true).all();
  }

  private List<Region> all() throws TooComplexException {
    visit(0, parties.stream().map(CallRules::rules).toList(), List.of());
    return regions;
  }

  private void visit(int index, List<List<Rule>> matching, List<ValueClass> classes)
      throws TooComplexException {
    if (differencesOnly && saySame(index, matching)) {
      return;
    }
    if (index == ARGUMENTS) {
      add(matching, classes);
      return;
    }
    List<ArgCondition> conditions = conditions(index, matching);
    if (conditions.isEmpty()) {
      visit(index + 1, matching, classes);
      return;
    }
    Long value = fixed.get(index);
    List<ValueClass> divided =
        value == null
            ? ValueClass.divide(index, conditions, bits)
            : List.of(ValueClass.of(index, value, conditions));
    for (ValueClass one : divided) {
      Set<ArgCondition> failing = new HashSet<>(one.failing());
      List<ValueClass> with = new ArrayList<>(classes);
      with.add(one);
      visit(
          index + 1,
          matching.stream()
              .map(rules -> rules.stream().filter(rule -> !fails(rule, failing)).toList())
              .toList(),
          with);
    }
  }

  private static boolean fails(Rule rule, Set<ArgCondition> failing) {
    return rule.conditions().stream().anyMatch(failing::contains);
  }

  private static List<ArgCondition> conditions(int index, List<List<Rule>> matching) {
    Set<ArgCondition> conditions = new LinkedHashSet<>();
    for (List<Rule> rules : matching) {
      for (Rule rule : rules) {
        rule.conditions().stream().filter(c -> c.index() == index).forEach(conditions::add);
      }
    }
    return List.copyOf(conditions);
  }

  /** Whether the first two say the same by what is left of their rules: then all below is same. */
  private boolean saySame(int index, List<List<Rule>> matching) {
    return parties.get(0).otherwise().equals(parties.get(1).otherwise())
        && left(index, matching.get(0)).equals(left(index, matching.get(1)));
  }

  private static Set<Object> left(int index, List<Rule> rules) {
    Set<Object> left = new HashSet<>();
    for (Rule rule : rules) {
      left.add(
          List.of(
              rule.action(), rule.conditions().stream().filter(c -> c.index() >= index).toList()));
    }
    return left;
  }

  private void add(List<List<Rule>> matching, List<ValueClass> classes) throws TooComplexException {
    List<Action> answers = new ArrayList<>();
    for (int i = 0; i < parties.size(); i++) {
      answers.add(parties.get(i).answer(matching.get(i)));
    }
    if (differencesOnly && answers.get(0).equals(answers.get(1))) {
      return;
    }
    regions.add(new Region(classes, answers));
    if (regions.size() > MAX_REGIONS) {
      throw new TooComplexException();
    }
  }
}
