package org.tinyjail.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.tinyjail.agent.Notification;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/** The last calls of an execution, and the faults that have befallen it. */
final class Trail {
  private static final int CALLS = 8;
  private static final SyscallTable TABLE = SyscallTable.of(Arch.current());

  private final int[] last = new int[CALLS];
  private final List<Hit> hits = new ArrayList<>();
  private int calls;

  /** A fault, and the name of the call that it befell. */
  record Hit(Fault fault, String call) {
    /** In words: when it happens. */
    String text() {
      return fault.text("call " + (fault.call() + 1) + ", " + call + ",");
    }
  }

  void begin() {
    calls = 0;
    Arrays.fill(last, 0);
    hits.clear();
  }

  void call(Notification call) {
    last[calls++ % CALLS] = call.number();
  }

  void hit(Fault fault, Notification call) {
    hits.add(new Hit(fault, TABLE.nameOrNumber(call.number())));
  }

  List<Hit> hits() {
    return List.copyOf(hits);
  }

  /** The last calls as eight characters, the same in every campaign. */
  String hash() {
    int hash = 0;
    for (int i = 0; i < CALLS; i++) {
      hash = hash * 31 + last[(calls + i) % CALLS];
    }
    return HexFormat.of().toHexDigits(hash * 0x9e3779b1);
  }
}
