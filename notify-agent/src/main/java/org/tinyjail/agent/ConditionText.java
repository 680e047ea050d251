package org.tinyjail.agent;

import java.util.List;
import java.util.Map;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;
import org.tinyjail.model.Constants;
import org.tinyjail.model.DangerousArguments;
import org.tinyjail.model.SyscallSignature.Parameter;

/** A condition on one argument as a person reads it: {@code flags & CLONE_NEWUSER = 0}. */
final class ConditionText {
  /** More names of bits than this are harder to read than the number. */
  private static final int MAX_NAMES = 3;

  private final String syscall;
  private final ArgCondition condition;
  private final Parameter parameter;

  /**
   * Of one condition.
   *
   * @param syscall the call
   * @param condition on one of its arguments
   * @param parameter that argument
   */
  ConditionText(String syscall, ArgCondition condition, Parameter parameter) {
    this.syscall = syscall;
    this.condition = condition;
    this.parameter = parameter;
  }

  /** What {@code condition} compares with: the bits under the mask, or the value. */
  static long compared(ArgCondition condition) {
    return condition.operator() == Operator.MASKED_EQ
        ? condition.value() & condition.valueTwo()
        : condition.value();
  }

  /** The condition; {@code value} is what it compares with, in words. */
  String show(String value) {
    String name = parameter.name();
    return switch (condition.operator()) {
      case EQ -> name + "=" + value;
      case NE -> name + " != " + value;
      case LT -> name + " < " + number();
      case LE -> name + " <= " + number();
      case GE -> name + " >= " + number();
      case GT -> name + " > " + number();
      case MASKED_EQ ->
          isWhole(value)
              ? name + "=" + value
              : name + " & " + mask() + " = " + (compared(condition) == 0 ? "0" : value);
    };
  }

  private String number() {
    return Long.toUnsignedString(condition.value());
  }

  /** Whether nothing is lost without the mask: all bits count, or those by which one learns. */
  private boolean isWhole(String value) {
    if ((condition.value() & ArgCondition.INT_MASK) == ArgCondition.INT_MASK) {
      return true;
    }
    boolean named = compared(condition) != 0 || !value.equals("0");
    return named
        && DangerousArguments.of(syscall).stream()
            .anyMatch(a -> a.index() == condition.index() && a.mask() == condition.value());
  }

  /** The bits that count, by name where these are few. */
  private String mask() {
    long mask = condition.value();
    if (parameter.type().equals("mode")) {
      return Numbers.format("mode", "", mask, Arch.X86_64);
    }
    String set = parameter.detail().substring(parameter.detail().indexOf('+') + 1);
    List<String> names =
        Constants.set(set).entrySet().stream()
            .filter(e -> Long.bitCount(e.getValue()) == 1 && (mask & e.getValue()) != 0)
            .map(Map.Entry::getKey)
            .toList();
    if (names.size() != Long.bitCount(mask) || names.size() > MAX_NAMES) {
      return Numbers.hex(mask);
    }
    return names.size() == 1 ? names.get(0) : "(" + String.join("|", names) + ")";
  }
}
