package org.tinyjail.generator.elf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds tables of options among a file's pointers. */
final class OptionTables {
  /** As long as a first word of an explanation may be. */
  private static final int PROSE_WORD = 24;

  private final ElfFile file;
  private final Pointers pointers;
  private final ElfBytes bytes;

  private OptionTables(ElfFile file, Pointers pointers) {
    this.file = file;
    this.pointers = pointers;
    this.bytes = file.bytes();
  }

  /** The tables that a library's function takes, and those that look like them beyond doubt. */
  static List<OptionTable> of(ElfFile file, Optional<DynamicSection> dynamic) throws ElfException {
    OptionTables tables = new OptionTables(file, Pointers.of(file, dynamic));
    List<OptionTable> found = new ArrayList<>();
    for (OptionLayout layout : OptionLayout.values()) {
      boolean wanted = dynamic.isPresent() && layout.isWantedBy(dynamic.get());
      found.addAll(tables.find(layout, wanted));
    }
    return found;
  }

  private List<OptionTable> find(OptionLayout layout, boolean wanted) throws ElfException {
    List<OptionTable> found = new ArrayList<>();
    int[] offsets = layout.offsets(file.wordSize());
    int size = offsets[offsets.length - 1];
    Set<Long> seen = new HashSet<>(); // what follows an entry is the same from wherever one comes
    for (int i = 0; i < pointers.count() && found.size() < ElfLimits.TABLES; i++) {
      long start = pointers.slot(i);
      long at = start;
      List<long[]> entries = new ArrayList<>();
      while (entries.size() < ElfLimits.TABLE_ENTRIES && !seen.contains(at)) {
        long[] entry = entry(layout, offsets, at);
        if (entry == null) {
          break;
        }
        seen.add(at);
        entries.add(entry);
        at += size;
      }
      if (!entries.isEmpty() && endsStrings(start, entries.get(0))) {
        entries.remove(0);
      }
      if (!entries.isEmpty() && isZero(at, size) && layout.isTable(entries)) {
        OptionTable table = table(layout, entries);
        if (wanted || table.isBeyondDoubt()) {
          found.add(table);
        }
      }
    }
    return found;
  }

  /**
   * Whether a first entry is the end of a list of strings in front of the table: a name alone,
   * right behind another pointer. So it is in touch(1) and du(1).
   */
  private boolean endsStrings(long address, long[] fields) {
    return Arrays.stream(fields).skip(1).allMatch(f -> f == 0)
        && pointers.anyIn(address - file.wordSize(), file.wordSize());
  }

  private OptionTable table(OptionLayout layout, List<long[]> entries) throws ElfException {
    List<OptionTable.Entry> options = new ArrayList<>();
    int explained = 0;
    for (long[] fields : entries) {
      String name = fields[0] == 0 ? null : name(fields[0]);
      options.add(layout.entry(name == null ? "" : name, fields));
      if (layout.explanation() >= 0 && isProse(fields[layout.explanation()])) {
        explained++;
      }
    }
    return new OptionTable(layout, options, explained);
  }

  /** Whether the string at {@code address} has a blank near its beginning. */
  private boolean isProse(long address) throws ElfException {
    long start = address == 0 ? -1 : file.offsetOf(address, PROSE_WORD);
    for (int i = 0; start >= 0 && i < PROSE_WORD; i++) {
      int c = bytes.u8(start + i);
      if (c <= ' ') {
        return c == ' ' && i > 0;
      }
    }
    return false;
  }

  /** The values of the fields of the entry at {@code at}; null if it cannot be one. */
  private long @Nullable [] entry(OptionLayout layout, int[] offsets, long at) throws ElfException {
    String kinds = layout.fields();
    long offset = file.offsetOf(at, offsets[kinds.length()]);
    if (offset < 0 || (kinds.charAt(0) == 'n' && pointers.target(at) == 0)) {
      return null;
    }
    long[] values = new long[kinds.length()];
    int end = 0;
    for (int i = 0; i < values.length; i++) {
      char kind = kinds.charAt(i);
      if (!isZeroInFile(offset + end, offsets[i] - end)) {
        return null; // between fields
      }
      end = offsets[i] + OptionLayout.size(kind, file.wordSize());
      values[i] =
          switch (kind) {
            case 'c' -> bytes.u8(offset + offsets[i]);
            case 'i' -> bytes.i32(offset + offsets[i]);
            default -> pointers.target(at + offsets[i]);
          };
      if (!fits(kind, values[i], at + offsets[i], offset + offsets[i])) {
        return null;
      }
    }
    return layout.fits(values) && (!layout.mustBeName(values) || name(values[0]) != null)
        ? values
        : null;
  }

  private boolean fits(char kind, long value, long at, long offset) throws ElfException {
    return switch (kind) {
      case 'n' -> value != 0;
      case 't', 'e' -> value == 0 ? isNull(at, offset) : file.offsetOf(value, 1) >= 0;
      case 'd' -> value == 0 ? isNull(at, offset) : isVariable(value);
      case 'N', 'p' -> value != 0 || isNull(at, offset);
      default -> pointers.target(at & -file.wordSize()) == 0;
    };
  }

  private boolean isNull(long at, long offset) throws ElfException {
    return !pointers.anyIn(at, file.wordSize()) && isZeroInFile(offset, file.wordSize());
  }

  private boolean isVariable(long address) {
    return address == Pointers.ELSEWHERE
        || ((address & 3) == 0 && file.segmentAt(address).filter(Segment::isWritable).isPresent());
  }

  /** Whether all is zero there, in the file or because the file gives nothing. */
  private boolean isZero(long address, int length) throws ElfException {
    if (pointers.anyIn(address, length)) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      long offset = file.offsetOf(address + i, 1);
      if (offset >= 0 ? bytes.u8(offset) != 0 : file.segmentAt(address + i).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private boolean isZeroInFile(long offset, int length) throws ElfException {
    for (int i = 0; i < length; i++) {
      if (bytes.u8(offset + i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** The string at {@code address} if it may be the name of an option. */
  private @Nullable String name(long address) throws ElfException {
    long start = file.offsetOf(address, 1);
    StringBuilder name = new StringBuilder();
    while (start >= 0 && name.length() <= ElfLimits.OPTION_NAME) {
      long at = start + name.length();
      int c = at < bytes.length() ? bytes.u8(at) : -1;
      if (c == 0) {
        return name.isEmpty() ? null : name.toString();
      }
      if (!isNameCharacter(c, name.isEmpty())) {
        return null;
      }
      name.append((char) c);
    }
    return null;
  }

  /** coreutils hide an option from users by naming it {@code -presume-input-pipe}. */
  private static boolean isNameCharacter(int c, boolean first) {
    return c < 0x80 && (Character.isLetterOrDigit(c) || (first ? "-?" : "-?_.+:").indexOf(c) >= 0);
  }
}
