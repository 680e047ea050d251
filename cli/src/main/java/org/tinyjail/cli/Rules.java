package org.tinyjail.cli;

import java.util.List;
import org.tinyjail.agent.ArgumentDecoder;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Rule;

/** Rules as a person reads them: {@code socket(domain=AF_INET, type=SOCK_STREAM)}. */
final class Rules {
  private Rules() {}

  static String show(Rule rule) {
    return rule.conditions().isEmpty()
        ? rule.syscall()
        : rule.syscall()
            + "("
            + ArgumentDecoder.decode(Arch.current(), rule.syscall(), rule.conditions())
            + ")";
  }

  /** What one condition of a call says: {@code domain=AF_INET}. */
  static String condition(String syscall, ArgCondition condition) {
    return ArgumentDecoder.decode(Arch.current(), syscall, List.of(condition));
  }
}
