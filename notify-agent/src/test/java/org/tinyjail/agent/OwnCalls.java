package org.tinyjail.agent;

import java.util.List;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;

/** What a fork server's filter passes without notice. */
final class OwnCalls {
  /** Needs both halves to be compared. */
  static final long TOKEN = 0x1234567890abcdefL;

  private OwnCalls() {}

  /** Notifies all calls but those whose sixth argument is the token. */
  static BpfProgram notifyAllBut() {
    Instruction allow = new Instruction(6, 0, 0, 0x7fff0000);
    Instruction notify = new Instruction(6, 0, 0, 0x7fc00000);
    return new BpfProgram(
        List.of(
            new Instruction(0x20, 0, 0, 56),
            new Instruction(0x15, 0, 3, (int) TOKEN),
            new Instruction(0x20, 0, 0, 60),
            new Instruction(0x15, 0, 1, (int) (TOKEN >>> 32)),
            allow,
            notify));
  }
}
