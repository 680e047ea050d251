package org.tinyjail.generator.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tinyjail.model.Constants;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;

/** Arguments as findings name them: {@code request=TIOCSTI}. */
final class Values {
  /** Numbers from here on are addresses or bits. */
  private static final long SMALL = 1 << 10;

  private Values() {}

  /** The name of an argument and a value of it. */
  static String show(String call, int index, long value) {
    List<Parameter> all = SyscallSignature.of(call).parameters();
    return index < all.size()
        ? all.get(index).name() + "=" + word(all.get(index), value)
        : "argument " + index + "=" + number(value);
  }

  private static String word(Parameter parameter, long value) {
    if (value == 0) {
      return "0";
    }
    List<String> sets = List.of(parameter.detail().split("\\+", -1));
    Optional<String> name =
        sets.stream().flatMap(set -> Constants.name(set, value).stream()).findFirst();
    return name.orElseGet(
        () -> parameter.type().contains("flags") ? bits(sets, value) : number(value));
  }

  private static String bits(List<String> sets, long value) {
    List<String> names = new ArrayList<>();
    long rest = value;
    for (Map.Entry<String, Long> flag : Constants.set(sets.get(sets.size() - 1)).entrySet()) {
      if (flag.getValue() != 0 && (rest & flag.getValue()) == flag.getValue()) {
        names.add(flag.getKey());
        rest &= ~flag.getValue();
      }
    }
    return rest == 0 ? String.join("|", names) : number(value);
  }

  private static String number(long value) {
    return value >= 0 && value < SMALL ? Long.toString(value) : "0x" + Long.toHexString(value);
  }
}
