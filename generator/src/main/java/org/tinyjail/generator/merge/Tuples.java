package org.tinyjail.generator.merge;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.DangerousArguments.DangerousArgument;

/** The combinations of arguments that one call was seen with, made fit for a policy. */
final class Tuples {
  private final String syscall;
  private final int max;
  private final List<Widened> widened = new ArrayList<>();

  Tuples(String syscall, int max) {
    this.syscall = syscall;
    this.max = max;
  }

  /** The arguments that {@link #fit} left open. */
  List<Widened> widened() {
    return widened;
  }

  /**
   * At most {@code max} classes that cover all of {@code seen}: while there are more, the argument
   * with the most values is left open, the last of several.
   */
  List<ArgumentClass> fit(Set<ArgumentClass> seen) {
    Set<ArgumentClass> classes = new LinkedHashSet<>(seen);
    while (classes.size() > max) {
      Widened widest = widest(classes);
      widened.add(widest);
      classes = withoutIndex(classes, widest.argument());
    }
    List<ArgumentClass> kept = withoutCovered(new ArrayList<>(classes));
    kept.sort(Tuples::compare);
    return kept;
  }

  private Widened widest(Set<ArgumentClass> classes) {
    Map<Integer, Set<String>> values = new TreeMap<>();
    for (ArgumentClass each : classes) {
      for (ArgumentClass.Value value : each.values()) {
        values.computeIfAbsent(value.index(), i -> new HashSet<>()).add(value.toString());
      }
    }
    Widened widest = new Widened(syscall, 0, 0);
    for (Map.Entry<Integer, Set<String>> entry : values.entrySet()) {
      if (entry.getValue().size() >= widest.values()) {
        widest = new Widened(syscall, entry.getKey(), entry.getValue().size());
      }
    }
    return widest;
  }

  private static Set<ArgumentClass> withoutIndex(Set<ArgumentClass> classes, int index) {
    Set<ArgumentClass> left = new LinkedHashSet<>();
    for (ArgumentClass each : classes) {
      left.add(new ArgumentClass(each.values().stream().filter(v -> v.index() != index).toList()));
    }
    return left;
  }

  private static List<ArgumentClass> withoutCovered(List<ArgumentClass> classes) {
    List<ArgumentClass> kept = new ArrayList<>();
    for (ArgumentClass each : classes) {
      if (classes.stream().noneMatch(other -> !other.equals(each) && covers(other, each))) {
        kept.add(each);
      }
    }
    return kept;
  }

  /** What {@code wanted} arguments are used of a class in which more may have been kept. */
  static ArgumentClass reduced(ArgumentClass kept, List<DangerousArgument> wanted) {
    List<ArgumentClass.Value> values = new ArrayList<>();
    for (ArgumentClass.Value value : kept.values()) {
      for (DangerousArgument argument : wanted) {
        long mask = argument.index() == value.index() ? argument.mask() & value.mask() : 0;
        if (mask != 0) {
          values.add(new ArgumentClass.Value(value.index(), mask, value.value() & mask));
        }
      }
    }
    return new ArgumentClass(values);
  }

  /** Whether every call of class {@code b} is of class {@code a} too. */
  static boolean covers(ArgumentClass a, ArgumentClass b) {
    return a.values().stream()
        .allMatch(
            wide ->
                b.values().stream()
                    .anyMatch(
                        narrow ->
                            narrow.index() == wide.index()
                                && (narrow.mask() & wide.mask()) == wide.mask()
                                && (narrow.value() & wide.mask()) == wide.value()));
  }

  private static int compare(ArgumentClass a, ArgumentClass b) {
    int shared = Math.min(a.values().size(), b.values().size());
    for (int i = 0; i < shared; i++) {
      ArgumentClass.Value x = a.values().get(i);
      ArgumentClass.Value y = b.values().get(i);
      int order = Integer.compare(x.index(), y.index());
      order = order != 0 ? order : Long.compareUnsigned(x.mask(), y.mask());
      order = order != 0 ? order : Long.compareUnsigned(x.value(), y.value());
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.values().size(), b.values().size());
  }
}
