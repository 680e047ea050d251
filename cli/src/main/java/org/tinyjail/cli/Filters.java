package org.tinyjail.cli;

import org.tinyjail.cli.RunCommand.Supervision;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.bpf.Options;
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

  /** What asks a supervisor. */
  static BpfProgram supervised(Policy policy, Supervision supervision) {
    Arch machine = Arch.current();
    Options options =
        supervision.complain() ? Options.complaining(machine) : Options.notifying(machine);
    return BpfCompiler.compile(policy, supervision.freeExec() ? options.withFreeExec() : options);
  }
}
