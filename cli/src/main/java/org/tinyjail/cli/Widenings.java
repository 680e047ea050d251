package org.tinyjail.cli;

import java.util.List;
import org.tinyjail.generator.merge.Widened;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;

/** Arguments that a policy leaves open, as a person reads them. */
final class Widenings {
  private Widenings() {}

  /** Such as {@code any cmd is allowed: it took 17 values}. */
  static String show(Widened wide) {
    return "any " + argument(wide) + " is allowed: it took " + wide.values() + " values";
  }

  /** The name of the argument; {@code argument N} where the tables have none. */
  static String argument(Widened wide) {
    List<Parameter> parameters = SyscallSignature.of(wide.syscall()).parameters();
    return wide.argument() < parameters.size()
        ? parameters.get(wide.argument()).name()
        : "argument " + wide.argument();
  }

  /** Those of {@code now} whose argument was not open {@code before}. */
  static List<Widened> added(List<Widened> before, List<Widened> now) {
    return now.stream().filter(wide -> before.stream().noneMatch(old -> same(old, wide))).toList();
  }

  private static boolean same(Widened a, Widened b) {
    return a.syscall().equals(b.syscall()) && a.argument() == b.argument();
  }
}
