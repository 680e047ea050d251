package org.tinyjail.generator.bpf;

import java.util.ArrayList;
import java.util.List;
import org.tinyjail.model.Action;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;

/** Programs in sequence. */
public final class Both {
  private Both() {}

  /**
   * A program that answers as {@code first} does, but where that allows, as {@code second} does.
   *
   * @throws FilterTooLargeException if they are too long together
   */
  public static BpfProgram of(BpfProgram first, BpfProgram second) {
    int length = first.instructions().size();
    int together = length + second.instructions().size();
    if (together > BpfProgram.MAX_INSTRUCTIONS) {
      throw FilterTooLargeException.of(together);
    }
    List<Instruction> all = new ArrayList<>();
    for (int at = 0; at < length; at++) {
      Instruction one = first.instructions().get(at);
      boolean allows = one.code() == Op.RETURN && one.k() == Action.ALLOW.filterValue();
      all.add(allows ? new Instruction(Op.JUMP, 0, 0, length - at - 1) : one);
    }
    all.addAll(second.instructions());
    return new BpfProgram(all);
  }
}
