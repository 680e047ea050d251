package org.tinyjail.generator.reach;

import org.tinyjail.generator.x86.Flow;
import org.tinyjail.generator.x86.Instruction;
import org.tinyjail.generator.x86.Operation;

/**
 * Where indirect jumps of a function may go by tables, as compilers make them of a switch: numbers
 * of 32 bits relative to the table, or addresses.
 */
final class JumpTables {
  /** More are not looked at: a table ends where an entry leads out of the function. */
  private static final int ENTRIES_MAX = 4096;

  /** Of all tables of a function, the same entry counted as often as it is met. */
  private static final int TARGETS_MAX = 1 << 20;

  private JumpTables() {}

  /** Addresses in {@code region}; none if it has no indirect jump. */
  static Longs targets(Code code, Region region) {
    return targets(code, region, region);
  }

  private static Longs targets(Code code, Region region, Region whole) {
    Longs tables = new Longs();
    Longs targets = new Longs();
    Instruction one = new Instruction();
    boolean jumps = false;
    for (long at = region.start(); at < region.end(); at += Math.max(1, one.length())) {
      if (code.decode(at, region.end(), one) == 0) {
        continue;
      }
      jumps |= one.flow() == Flow.JUMP_INDIRECT;
      if (one.operation() == Operation.LOAD_ADDRESS && one.hasFixedAddress()) {
        tables.add(one.fixedAddress());
      } else if (one.flow() == Flow.JUMP_INDIRECT && one.index() != Instruction.NONE) {
        addAddresses(code, whole, one.displacement(), targets);
      }
    }
    if (!jumps) {
      return new Longs();
    }
    tables.forEach(table -> addRelative(code, whole, table, targets));
    return targets;
  }

  /** The last place before {@code limit} that a table seen in {@code region} leads to. */
  static long furthest(Code code, Region region, long limit) {
    Longs targets = targets(code, region, new Region(region.start(), limit));
    return targets.isEmpty() ? region.start() : targets.last();
  }

  /** Whether there are such. */
  static boolean areIn(Code code, Region region) {
    return !targets(code, region).isEmpty();
  }

  private static void addRelative(Code code, Region region, long table, Longs targets) {
    for (int i = 0; i < ENTRIES_MAX && targets.size() < TARGETS_MAX; i++) {
      Integer entry = code.constant32(table + 4L * i);
      if (entry == null || !region.holds(table + entry)) {
        return;
      }
      targets.add(table + entry);
    }
  }

  private static void addAddresses(Code code, Region region, long table, Longs targets) {
    for (int i = 0; i < ENTRIES_MAX && targets.size() < TARGETS_MAX; i++) {
      Long entry = code.constant64(table + 8L * i);
      if (entry == null || !region.holds(entry)) {
        return;
      }
      targets.add(entry);
    }
  }
}
