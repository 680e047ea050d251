package org.tinyjail.cli;

import java.util.List;
import java.util.stream.Collectors;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;
import org.tinyjail.model.Constants;
import org.tinyjail.model.DangerousArguments;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallSignature;

/** Rules as a person reads them: {@code socket(domain = AF_INET, type & 0xf = SOCK_STREAM)}. */
final class Rules {
  private Rules() {}

  static String show(Rule rule) {
    if (rule.conditions().isEmpty()) {
      return rule.syscall();
    }
    return rule.syscall()
        + rule.conditions().stream()
            .map(condition -> show(rule.syscall(), condition))
            .collect(Collectors.joining(", ", "(", ")"));
  }

  private static String show(String syscall, ArgCondition condition) {
    List<SyscallSignature.Parameter> parameters = SyscallSignature.of(syscall).parameters();
    String name =
        condition.index() < parameters.size()
            ? parameters.get(condition.index()).name()
            : "arg" + condition.index();
    if (condition.operator() != Operator.MASKED_EQ) {
      return name + " " + sign(condition.operator()) + " " + hex(condition.value());
    }
    String value = value(syscall, condition);
    return condition.value() == ArgCondition.INT_MASK || condition.value() == -1
        ? name + " = " + value
        : name + " & " + hex(condition.value()) + " = " + value;
  }

  private static String value(String syscall, ArgCondition condition) {
    return DangerousArguments.of(syscall).stream()
        .filter(dangerous -> dangerous.index() == condition.index())
        .flatMap(dangerous -> Constants.name(dangerous.set(), condition.valueTwo()).stream())
        .findFirst()
        .orElseGet(() -> hex(condition.valueTwo()));
  }

  private static String sign(Operator operator) {
    return switch (operator) {
      case NE -> "!=";
      case LT -> "<";
      case LE -> "<=";
      case EQ -> "=";
      case GE -> ">=";
      case GT -> ">";
      case MASKED_EQ -> "&";
    };
  }

  private static String hex(long value) {
    return Long.compareUnsigned(value, 9) <= 0
        ? Long.toString(value)
        : "0x" + Long.toHexString(value);
  }
}
