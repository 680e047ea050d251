package org.tinyjail.generator.reach;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tables of numbers that are never written, such as compilers make of a switch that chooses one. A
 * table ends where the number of its places was compared with, else where something is referred to.
 */
final class ConstantTables {
  /** A longer one is not looked at: what comes of it is anything. */
  private static final int ENTRIES_MAX = 48;

  private final Code code;

  /** Addresses of data that something refers to, ascending. */
  private final long[] begins;

  ConstantTables(Code code, long[] begins) {
    this.code = code;
    this.begins = begins;
  }

  /**
   * What may be at some place of the table at {@code address}, without sign.
   *
   * @param bits of an entry
   * @param scale bytes from one place to the next, or less
   * @param most the last place's number
   */
  Value entries(long address, int bits, int scale, long most) {
    int size = bits / Byte.SIZE;
    if (size != 1 && size != 2 && size != Integer.BYTES && size != Long.BYTES) {
      return Value.ANY;
    }
    long end = most == Long.MAX_VALUE ? end(address) : Long.MAX_VALUE;
    List<Atom> entries = new ArrayList<>();
    for (long at = address; at + size <= end && (at - address) / scale <= most; at += size) {
      Long entry = code.constant(at, size);
      if (entry != null) {
        entries.add(new Atom.Constant(entry));
      } else if (!entries.isEmpty() || at - address > ENTRIES_MAX) {
        break;
      }
      if (entries.size() > ENTRIES_MAX) {
        return Value.ANY;
      }
    }
    return Value.of(entries);
  }

  /**
   * Of a table whose length is not known. Where no place of a number under the first is asked for,
   * compilers count from before the table, so that it is what begins next.
   */
  private long end(long address) {
    int index = Arrays.binarySearch(begins, address + 1);
    int next = (index >= 0 ? index : -index - 1) + 1;
    return next < begins.length ? begins[next] : Long.MAX_VALUE;
  }
}
