package org.tinyjail.generator.reach;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.tinyjail.generator.elf.ElfException;
import org.tinyjail.generator.elf.FunctionRanges;
import org.tinyjail.generator.x86.Flow;
import org.tinyjail.generator.x86.Instruction;

/**
 * The functions of a file while they are looked for: those that unwinding tables name, and what is
 * found in the gaps between them by going on from places that something refers to. They are
 * numbered as they are found.
 */
final class FunctionTable {
  /** A function in a gap is no longer: one that would be is data. */
  private static final long LENGTH_MAX = 1 << 20;

  /** With more indirect jumps than this it goes on to the next function that is known. */
  private static final int SWITCHES_MAX = 64;

  private final Code code;
  private final Instruction instruction = new Instruction();

  /** Of those of the unwinding tables, ascending, then of those found in gaps. */
  private long[] starts;

  private long[] ends;
  private int count;

  /** So many are of the unwinding tables. */
  private final int tabled;

  private final NavigableMap<Long, Integer> inGaps = new TreeMap<>();

  FunctionTable(Code code) throws ElfException {
    this.code = code;
    FunctionRanges ranges = FunctionRanges.of(code.file());
    this.starts = new long[ranges.count()];
    this.ends = new long[ranges.count()];
    for (int i = 0; i < ranges.count(); i++) {
      add(ranges.start(i), Math.min(ranges.end(i), code.executableEnd(ranges.start(i))));
    }
    this.tabled = count;
  }

  private void add(long start, long end) {
    if (count > 0 && start <= starts[count - 1]) {
      ends[count - 1] = Math.max(ends[count - 1], end); // two records of one
    } else if (end > start) {
      if (count > 0) {
        ends[count - 1] = Math.min(ends[count - 1], start);
      }
      starts[count] = start;
      ends[count++] = end;
    }
  }

  int count() {
    return count;
  }

  long start(int function) {
    return starts[function];
  }

  long end(int function) {
    return ends[function];
  }

  boolean holds(int function, long address) {
    return address >= starts[function] && address < ends[function];
  }

  /** It goes on behind what the unwinding tables say. */
  void extend(int function, long end) {
    ends[function] = end;
  }

  /** The one that an address lies in; -1: none that is known. */
  int at(long address) {
    int index = Arrays.binarySearch(starts, 0, tabled, address);
    int before = index >= 0 ? index : -index - 2;
    if (before >= 0 && address < ends[before]) {
      return before;
    }
    Map.Entry<Long, Integer> gap = inGaps.floorEntry(address);
    return gap != null && holds(gap.getValue(), address) ? gap.getValue() : -1;
  }

  /** The one that an executable address lies in, which something refers to. */
  int referred(long address) {
    int known = at(address);
    if (known >= 0) {
      return known;
    }
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, Math.max(16, count * 2));
      ends = Arrays.copyOf(ends, starts.length);
    }
    starts[count] = address;
    ends[count] = explored(address);
    inGaps.put(address, count);
    return count++;
  }

  /** The end of what starts in a gap: execution does not go on there, nor leads a jump there. */
  long explored(long start) {
    long limit = Math.min(nextStart(start), start + LENGTH_MAX);
    long furthest = start;
    int switches = 0;
    long at = start;
    while (at < limit) {
      int length = code.decode(at, limit, instruction);
      if (length == 0) {
        return Math.max(at, start + 1);
      }
      Flow flow = instruction.flow();
      if (flow == Flow.JUMP_CONDITIONAL && instruction.target() < limit) {
        furthest = Math.max(furthest, instruction.target());
      } else if (flow == Flow.JUMP_INDIRECT) {
        Region so = new Region(start, at + length);
        // Each looks at all before it: of very many the end is not worth the time.
        boolean few = switches++ < SWITCHES_MAX;
        furthest = few ? Math.max(furthest, JumpTables.furthest(code, so, limit)) : limit;
      }
      at += length;
      if (!flow.goesOn() && furthest < at) {
        return at;
      }
    }
    return limit;
  }

  private long nextStart(long start) {
    int index = Arrays.binarySearch(starts, 0, tabled, start + 1);
    int next = index >= 0 ? index : -index - 1;
    Long gap = inGaps.higherKey(start);
    return Math.min(
        next < tabled ? starts[next] : Long.MAX_VALUE, gap == null ? Long.MAX_VALUE : gap);
  }
}
