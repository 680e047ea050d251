package org.tinyjail.generator.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.DangerousArguments;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;

/** Which arguments a policy limits calls to: {@code learn --args}. */
public enum ArgumentMode {
  /** Those in which the danger lies ({@link DangerousArguments}). */
  SAFE,
  /** Those, and every other that is a number with a meaning of its own: flags, modes, choices. */
  ALL,
  /** None. */
  NONE;

  /** Types of {@link SyscallSignature} whose values are few and mean something. */
  private static final Set<String> SCALARS =
      Set.of("int", "uint", "flags", "enum", "enum+flags", "mode", "signal", "sockopt", "protocol");

  /** The lower-case word of the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What is kept of a call's arguments while learning. */
  public ArgumentClass classOf(String syscall, Arch arch, SyscallData data) {
    return new ArgumentClass(
        masks(syscall, arch).entrySet().stream()
            .map(
                e ->
                    new ArgumentClass.Value(
                        e.getKey(), e.getValue(), data.argument(e.getKey()) & e.getValue()))
            .toList());
  }

  /** What this mode uses of a class that may have been kept under another. */
  ArgumentClass reduced(ArgumentClass kept, String syscall, Arch arch) {
    Map<Integer, Long> masks = masks(syscall, arch);
    List<ArgumentClass.Value> values = new ArrayList<>();
    for (ArgumentClass.Value value : kept.values()) {
      long mask = masks.getOrDefault(value.index(), 0L) & value.mask();
      if (mask != 0) {
        values.add(new ArgumentClass.Value(value.index(), mask, value.value() & mask));
      }
    }
    return new ArgumentClass(values);
  }

  private Map<Integer, Long> masks(String syscall, Arch arch) {
    Map<Integer, Long> masks = new TreeMap<>();
    if (this == ALL) {
      List<Parameter> parameters = SyscallSignature.of(syscall, arch).parameters();
      for (int i = 0; i < parameters.size(); i++) {
        if (SCALARS.contains(parameters.get(i).type())) {
          masks.put(i, ArgCondition.INT_MASK);
        }
      }
    }
    if (this != NONE) {
      for (DangerousArgument argument : DangerousArguments.of(syscall, arch)) {
        masks.put(argument.index(), argument.mask());
      }
    }
    return masks;
  }
}
