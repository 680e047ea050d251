package org.tinyjail.generator.reach;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.DangerousArguments.DangerousArgument;

/** The values that arguments of one call may have; any if they are not known. */
final class Arguments {
  private final Map<Integer, Set<Long>> values = new TreeMap<>();
  private final Set<Integer> any = new TreeSet<>();

  void add(DangerousArgument argument, long value) {
    argument
        .learned(value)
        .map(ArgumentClass.Value::value)
        .ifPresentOrElse(
            learned -> values.computeIfAbsent(argument.index(), i -> new TreeSet<>()).add(learned),
            () -> addAny(argument));
  }

  void addAny(DangerousArgument argument) {
    any.add(argument.index());
  }

  /** Under their masks, those of the arguments whose values are all known, by index. */
  Map<Integer, Set<Long>> known() {
    Map<Integer, Set<Long>> known = new TreeMap<>(values);
    known.keySet().removeAll(any);
    return known;
  }
}
