package org.tinyjail.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.SyscallSignature.Parameter;

/** Which arguments are learned by value. */
public enum ArgumentScope {
  /** None: a call is seen or not. */
  NONE,
  /** Those in which the danger of a call lies. */
  DANGEROUS,
  /** Every argument that is a number with a meaning of its own, not a size, address or name. */
  ALL;

  private static final Set<String> SCALARS =
      Set.of("int", "uint", "flags", "enum", "enum+flags", "sockopt", "protocol", "signal", "mode");

  /** The arguments of {@code syscall} on {@code arch} that this scope learns, by index. */
  public List<DangerousArgument> arguments(String syscall, Arch arch) {
    return switch (this) {
      case NONE -> List.of();
      case DANGEROUS -> DangerousArguments.of(syscall, arch);
      case ALL -> all(syscall, arch);
    };
  }

  /** The class of a call's arguments; {@link ArgumentClass#ANY} where nothing is learned. */
  public ArgumentClass classOf(String syscall, Arch arch, SyscallData data) {
    return new ArgumentClass(
        arguments(syscall, arch).stream()
            .flatMap(argument -> argument.learned(data.argument(argument.index())).stream())
            .toList());
  }

  /** The class of the arguments of a denied call; any where they are not known. */
  public ArgumentClass classOf(Denial denial) {
    return denial.knowsArguments()
        ? classOf(denial.syscall(), denial.arch(), denial.data())
        : ArgumentClass.ANY;
  }

  private static List<DangerousArgument> all(String syscall, Arch arch) {
    List<DangerousArgument> arguments = new ArrayList<>(DangerousArguments.of(syscall, arch));
    List<Parameter> parameters = SyscallSignature.of(syscall, arch).parameters();
    for (int i = 0; i < parameters.size(); i++) {
      int index = i;
      Parameter parameter = parameters.get(i);
      if (SCALARS.contains(parameter.type())
          && arguments.stream().noneMatch(argument -> argument.index() == index)) {
        arguments.add(
            new DangerousArgument(index, ArgCondition.INT_MASK, parameter.detail(), "asked for"));
      }
    }
    return List.copyOf(arguments);
  }
}
