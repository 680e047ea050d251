package org.tinyjail.cli;

import java.util.List;
import java.util.Optional;
import org.tinyjail.cli.RunCommand.Supervision;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.bpf.Options;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Policy;

/** The programs that commands install, for this machine. */
final class Filters {
  private Filters() {}

  /** The policy's own actions. */
  static BpfProgram plain(Policy policy) {
    return BpfCompiler.compile(policy, Options.verdict(Arch.current()));
  }

  /**
   * What lets pass all that is watched, 32-bit calls too: for those that nobody watches any more.
   */
  static BpfProgram unwatched() {
    return plain(
        new Policy(
            Action.ALLOW,
            List.of(Arch.X86),
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.empty()));
  }

  /** What asks a supervisor. */
  static BpfProgram supervised(Policy policy, Supervision supervision) {
    Arch machine = Arch.current();
    Options options =
        supervision.complain() ? Options.complaining(machine) : Options.notifying(machine);
    return BpfCompiler.compile(policy, supervision.freeExec() ? options.withFreeExec() : options);
  }
}
