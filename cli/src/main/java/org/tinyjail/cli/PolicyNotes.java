package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.generator.merge.Strictness;
import org.tinyjail.generator.merge.Tier;
import org.tinyjail.generator.merge.Withheld;
import org.tinyjail.model.Action;
import org.tinyjail.model.Rule;

/** What a policy holds beyond what was seen, and what it withholds, in lines for people. */
final class PolicyNotes {
  private static final int NAMED = 12;

  private PolicyNotes() {}

  /** No line where there is nothing to say. */
  static List<String> of(GeneratedPolicy generated) {
    List<String> lines = new ArrayList<>();
    long possible =
        generated.reasons().stream()
            .collect(Collectors.groupingBy(RuleReason::syscall))
            .values()
            .stream()
            .filter(rules -> rules.stream().allMatch(rule -> rule.tier() == Tier.POSSIBLE))
            .count();
    if (possible > 0) {
      lines.add(
          "allowed "
              + Words.count(possible, "call")
              + " that it can make and was not seen to make");
    }
    if (!generated.withheld().isEmpty()) {
      lines.add(withheld(generated));
    }
    return lines;
  }

  private static String withheld(GeneratedPolicy generated) {
    List<String> names = generated.withheld().stream().map(PolicyNotes::show).distinct().toList();
    int left = names.size() - NAMED;
    return "withheld, since it can make them and was not seen to"
        + (generated.strictness() == Strictness.BALANCED ? ", and for their risk: " : ": ")
        + names.stream().limit(NAMED).collect(Collectors.joining(", "))
        + (left > 0 ? " and " + left + " more" : "")
        + "; --mode sound allows them";
  }

  /** Such as {@code ptrace} or {@code clone(flags=CLONE_NEWUSER)}. */
  static String show(Withheld withheld) {
    return Rules.show(
        new Rule(withheld.syscall(), withheld.arguments().conditions(), Action.ALLOW));
  }
}
