package org.tinyjail.generator.compare;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tinyjail.generator.compare.Regions.Region;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/**
 * In what a policy means something else than another: by call, arguments and architecture, however
 * they are written.
 *
 * @param calls the calls that at least one of them has rules for
 * @param others what is answered to all other calls, where that differs
 */
public record PolicyDiff(List<CallChange> calls, List<OtherCalls> others) {
  public PolicyDiff {
    calls = List.copyOf(calls);
    others = List.copyOf(others);
  }

  /**
   * Calls that are answered otherwise.
   *
   * @param call its name
   * @param architectures on which it is so
   * @param classes of arguments; none: whatever the arguments
   * @param before the first policy's answer
   * @param after the second's
   */
  public record CallChange(
      String call, Set<Arch> architectures, List<ValueClass> classes, Action before, Action after) {
    public CallChange {
      architectures = Set.copyOf(architectures);
      classes = List.copyOf(classes);
    }
  }

  /** Which calls an {@link OtherCalls} is about. */
  public enum Which {
    /** Those in the tables that no rule of either policy names. */
    UNNAMED,
    /** Numbers above all that are assigned. */
    NEWER,
    /** All of an architecture that is in force in one of them only. */
    FOREIGN
  }

  /**
   * Calls that no rule names.
   *
   * @param arch their architecture
   * @param which of them
   * @param count how many there are; 0 where nobody knows
   * @param before the first policy's answer
   * @param after the second's; for {@link Which#FOREIGN} of the one that denies all
   */
  public record OtherCalls(Arch arch, Which which, int count, Action before, Action after) {}

  /** Whether there is no difference. */
  public boolean isEmpty() {
    return calls.isEmpty() && others.isEmpty();
  }

  /**
   * Compares on {@code machine}.
   *
   * @throws TooComplexException if a call has too many conditions
   */
  public static PolicyDiff of(Policy first, Policy second, Arch machine)
      throws TooComplexException {
    return new Comparison(first, second, machine).diff();
  }

  private static final class Comparison {
    private final Policy first;
    private final Policy second;
    private final Arch machine;
    private final Map<CallChange, Set<Arch>> changes = new LinkedHashMap<>();
    private final List<OtherCalls> others = new ArrayList<>();

    Comparison(Policy first, Policy second, Arch machine) {
      this.first = first;
      this.second = second;
      this.machine = machine;
    }

    PolicyDiff diff() throws TooComplexException {
      Set<Arch> ofFirst = first.architecturesOn(machine);
      Set<Arch> ofSecond = second.architecturesOn(machine);
      Set<Arch> all = EnumSet.copyOf(ofFirst);
      all.addAll(ofSecond);
      for (Arch arch : all) {
        if (ofFirst.contains(arch) && ofSecond.contains(arch)) {
          compareCalls(arch);
          other(arch, Which.NEWER, 0, first.newerAction(), second.newerAction());
        } else {
          compareForeign(arch);
        }
      }
      List<CallChange> calls = new ArrayList<>();
      changes.forEach(
          (c, archs) ->
              calls.add(new CallChange(c.call(), archs, c.classes(), c.before(), c.after())));
      return new PolicyDiff(calls, others);
    }

    private void compareCalls(Arch arch) throws TooComplexException {
      int unnamed = 0;
      SyscallTable table = SyscallTable.of(arch);
      Set<String> names = new TreeSet<>();
      table.numbers().forEach(number -> names.add(table.nameOrNumber(number)));
      for (String name : names) {
        CallRules before = CallRules.of(first, arch, name);
        CallRules after = CallRules.of(second, arch, name);
        if (before.rules().isEmpty() && after.rules().isEmpty()) {
          unnamed++;
        } else {
          compare(name, before, after, arch);
        }
      }
      other(arch, Which.UNNAMED, unnamed, first.defaultAction(), second.defaultAction());
    }

    private void compare(String name, CallRules before, CallRules after, Arch arch)
        throws TooComplexException {
      List<Region> different = Regions.differences(before, after, arch);
      if (different.isEmpty()) {
        return;
      }
      Collection<List<Action>> kinds =
          Regions.of(List.of(before, after), arch).stream()
              .map(Region::answers)
              .collect(Collectors.toSet());
      for (Region region : different) {
        CallChange change =
            new CallChange(
                name,
                Set.of(),
                kinds.size() == 1 ? List.of() : region.classes(),
                region.answers().get(0),
                region.answers().get(1));
        changes.computeIfAbsent(change, any -> EnumSet.noneOf(Arch.class)).add(arch);
      }
    }

    private void other(Arch arch, Which which, int count, Action before, Action after) {
      if (!before.equals(after)) {
        others.add(new OtherCalls(arch, which, count, before, after));
      }
    }

    /** One line for all calls: which of them the other lets pass, its own rules say. */
    private void compareForeign(Arch arch) {
      boolean inFirst = first.architecturesOn(machine).contains(arch);
      Policy one = inFirst ? first : second;
      int passing =
          (int)
              SyscallTable.of(arch).numbers().stream()
                  .map(SyscallTable.of(arch)::nameOrNumber)
                  .filter(name -> mayPass(CallRules.of(one, arch, name)))
                  .count();
      Action denied = (inFirst ? second : first).foreignAction();
      others.add(
          new OtherCalls(
              arch,
              Which.FOREIGN,
              passing,
              inFirst ? Action.ALLOW : denied,
              inFirst ? denied : Action.ALLOW));
    }

    private static boolean mayPass(CallRules call) {
      return !call.otherwise().denies()
          || call.rules().stream().map(Rule::action).anyMatch(action -> !action.denies());
    }
  }
}
