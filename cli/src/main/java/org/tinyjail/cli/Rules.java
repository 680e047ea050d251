package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tinyjail.agent.ArgumentDecoder;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Rule;

/** Rules as a person reads them: {@code socket(domain=AF_INET, type=SOCK_STREAM)}. */
final class Rules {
  private Rules() {}

  static String show(Rule rule) {
    if (rule.conditions().isEmpty()) {
      return rule.syscall();
    }
    String arguments =
        learned(rule)
            .map(values -> ArgumentDecoder.decode(Arch.current(), rule.syscall(), values))
            .orElseGet(
                () ->
                    rule.conditions().stream().map(Rules::show).collect(Collectors.joining(", ")));
    return rule.syscall() + "(" + arguments + ")";
  }

  /** The conditions as values under masks, if they are nothing else. */
  private static Optional<ArgumentClass> learned(Rule rule) {
    List<ArgumentClass.Value> values = new ArrayList<>();
    for (ArgCondition condition : rule.conditions()) {
      boolean equal = condition.operator() == Operator.EQ;
      if (!equal
          && (condition.operator() != Operator.MASKED_EQ
              || (condition.valueTwo() & ~condition.value()) != 0)) {
        return Optional.empty();
      }
      long mask = equal ? -1 : condition.value();
      long value = equal ? condition.value() : condition.valueTwo();
      values.add(new ArgumentClass.Value(condition.index(), mask, value));
    }
    return rule.repeatsIndex() ? Optional.empty() : Optional.of(new ArgumentClass(values));
  }

  private static String show(ArgCondition condition) {
    String sign =
        switch (condition.operator()) {
          case NE -> "!=";
          case LT -> "<";
          case LE -> "<=";
          case EQ -> "=";
          case GE -> ">=";
          case GT -> ">";
          case MASKED_EQ -> "& " + Long.toUnsignedString(condition.value()) + " =";
        };
    long value =
        condition.operator() == Operator.MASKED_EQ ? condition.valueTwo() : condition.value();
    return "argument " + condition.index() + " " + sign + " " + Long.toUnsignedString(value);
  }
}
