package org.tinyjail.cli;

import org.tinyjail.agent.ArgumentDecoder;
import org.tinyjail.model.Arch;
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
}
