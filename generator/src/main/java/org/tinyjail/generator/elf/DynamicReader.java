package org.tinyjail.generator.elf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads a dynamic section and the tables that it points at. Source: gABI, chapter 5. */
final class DynamicReader {
  private static final long DT_NULL = 0;
  private static final long DT_NEEDED = 1;
  private static final long DT_PLTRELSZ = 2;
  private static final long DT_HASH = 4;
  private static final long DT_STRTAB = 5;
  private static final long DT_SYMTAB = 6;
  private static final long DT_RELA = 7;
  private static final long DT_RELASZ = 8;
  private static final long DT_STRSZ = 10;
  private static final long DT_SONAME = 14;
  private static final long DT_RPATH = 15;
  private static final long DT_REL = 17;
  private static final long DT_RELSZ = 18;
  private static final long DT_PLTREL = 20;
  private static final long DT_JMPREL = 23;
  private static final long DT_RUNPATH = 29;
  private static final long DT_RELRSZ = 35;
  private static final long DT_RELR = 36;
  private static final long DT_GNU_HASH = 0x6ffffef5L;

  private final ElfFile file;
  private final ElfBytes bytes;
  private final int word;
  private final Map<Long, Long> entries = new HashMap<>();
  private final List<Long> needed = new ArrayList<>();
  private final List<Relocation> relocations = new ArrayList<>();
  private long start;
  private long namesRead;

  DynamicReader(ElfFile file, ElfBytes bytes) {
    this.file = file;
    this.bytes = bytes;
    this.word = bytes.wordSize();
  }

  DynamicSection read(Segment segment) throws ElfException {
    start = segment.offset();
    readEntries(segment);
    readPacked();
    readRelocations(DT_RELA, DT_RELASZ, true);
    readRelocations(DT_REL, DT_RELSZ, false);
    readRelocations(DT_JMPREL, DT_PLTRELSZ, entries.getOrDefault(DT_PLTREL, 0L) == DT_RELA);
    List<Symbol> symbols = symbols();
    List<String> libraries = new ArrayList<>();
    for (long library : needed) {
      libraries.add(name(library));
    }
    return new DynamicSection(
        named(DT_SONAME),
        libraries,
        named(DT_RUNPATH),
        named(DT_RPATH),
        symbols,
        relocations,
        entries);
  }

  private String named(long tag) throws ElfException {
    Long offset = entries.get(tag);
    return offset == null ? "" : name(offset);
  }

  private void readEntries(Segment segment) throws ElfException {
    long end = segment.offset() + segment.fileSize();
    for (long at = segment.offset(); at + 2L * word <= end; at += 2L * word) {
      long tag = bytes.word(at);
      if (tag == DT_NULL) {
        return;
      }
      long value = bytes.word(at + word);
      entries.put(tag, value);
      if (tag == DT_NEEDED) {
        needed.add(value);
      }
    }
  }

  /**
   * RELR: an address, then bitmaps of the words behind it. Source: gABI, "Relative relocations".
   */
  private void readPacked() throws ElfException {
    long size = entries.getOrDefault(DT_RELRSZ, 0L);
    long table = table(DT_RELR, size);
    long next = 0;
    for (long at = table; at + word <= table + size; at += word) {
      long entry = bytes.word(at);
      if ((entry & 1) == 0) {
        addPacked(at, entry);
        next = entry + word;
        continue;
      }
      for (int bit = 1; bit < word * 8; bit++) {
        if ((entry >>> bit & 1) != 0) {
          addPacked(at, next + (long) (bit - 1) * word);
        }
      }
      next += (word * 8L - 1) * word;
    }
  }

  private void addPacked(long at, long address) throws ElfException {
    add(at, new Relocation(address, Relocation.Kind.RELATIVE, 0, 0, inPlace(at, address)));
  }

  private void readRelocations(long addressTag, long sizeTag, boolean withAddend)
      throws ElfException {
    long size = entries.getOrDefault(sizeTag, 0L);
    long table = table(addressTag, size);
    int step = word * (withAddend ? 3 : 2);
    for (long at = table; at + step <= table + size; at += step) {
      long address = bytes.word(at);
      long info = bytes.word(at + word);
      int type = (int) (word == 8 ? info : info & 0xff);
      int symbol = (int) (word == 8 ? info >>> 32 : info >>> 8);
      Relocation.Kind kind = file.machine().kind(type);
      long addend =
          withAddend
              ? bytes.signedWord(at + 2L * word)
              : kind == Relocation.Kind.RELATIVE || kind == Relocation.Kind.ABSOLUTE
                  ? inPlace(at, address)
                  : 0;
      add(at, new Relocation(address, kind, type, symbol, word == 8 ? addend : wrapped(addend)));
    }
  }

  private static long wrapped(long addend) {
    return addend & 0xffffffffL;
  }

  private void add(long at, Relocation relocation) throws ElfException {
    if (relocations.size() == ElfLimits.RELOCATIONS) {
      throw bytes.fault(at, "more than " + ElfLimits.RELOCATIONS + " relocations");
    }
    relocations.add(relocation);
  }

  /** The word that a relocation without addend finds; zero where the file gives none. */
  private long inPlace(long at, long address) throws ElfException {
    long offset = file.offsetOf(address, word);
    if (offset >= 0) {
      return bytes.word(offset);
    }
    if (file.segmentAt(address).isEmpty()) {
      throw bytes.fault(
          at, "a relocation of address 0x" + Long.toHexString(address) + ", outside all segments");
    }
    return 0;
  }

  private List<Symbol> symbols() throws ElfException {
    int size = word == 8 ? 24 : 16;
    long count = symbolCount();
    long table = table(DT_SYMTAB, count * size);
    List<Symbol> symbols = new ArrayList<>();
    for (long at = table; at < table + count * size; at += size) {
      symbols.add(word == 8 ? symbol64(at) : symbol32(at));
    }
    return symbols;
  }

  private Symbol symbol64(long at) throws ElfException {
    return new Symbol(
        name(bytes.u32(at)),
        bytes.word(at + 8),
        bytes.word(at + 16),
        bytes.u8(at + 4),
        bytes.u16(at + 6));
  }

  private Symbol symbol32(long at) throws ElfException {
    return new Symbol(
        name(bytes.u32(at)),
        bytes.word(at + 4),
        bytes.word(at + 8),
        bytes.u8(at + 12),
        bytes.u16(at + 14));
  }

  /**
   * Nothing says how many there are, so as many as are used. An empty GNU hash table counts none
   * though there are some to import: ld writes it so.
   */
  private long symbolCount() throws ElfException {
    if (!entries.containsKey(DT_SYMTAB)) {
      return 0;
    }
    long count = 1;
    for (Relocation relocation : relocations) {
      count = Math.max(count, (relocation.symbol() & 0xffffffffL) + 1);
    }
    if (entries.containsKey(DT_HASH) && file.machine() != Machine.S390) {
      count = Math.max(count, bytes.u32(table(DT_HASH, 8) + 4)); // s390x: 8-byte words
    }
    return entries.containsKey(DT_GNU_HASH) ? Math.max(count, gnuHashed()) : count;
  }

  private long gnuHashed() throws ElfException {
    long table = table(DT_GNU_HASH, 16);
    long buckets = bytes.u32(table);
    long first = bytes.u32(table + 4);
    long bucket = table + 16 + bytes.u32(table + 8) * word;
    long chain = bucket + buckets * 4;
    long last = 0;
    for (long at = bucket; at < chain; at += 4) {
      last = Math.max(last, bytes.u32(at));
    }
    if (last < first) {
      return first;
    }
    while ((bytes.i32(chain + (last - first) * 4) & 1) == 0) {
      last++;
    }
    return last + 1;
  }

  private String name(long offset) throws ElfException {
    long size = entries.getOrDefault(DT_STRSZ, 0L);
    long table = table(DT_STRTAB, size);
    if (offset == 0 && size == 0) {
      return "";
    }
    if (offset < 0 || offset >= size) {
      throw bytes.fault(table, "a name at " + offset + " of the string table; it has " + size);
    }
    String name = bytes.string(table + offset, table + size);
    namesRead += name.length();
    if (namesRead > ElfLimits.NAMES_BYTES) {
      throw bytes.fault(table, "names of more than " + ElfLimits.NAMES_BYTES + " bytes together");
    }
    return name;
  }

  /** Where in the file the table is that {@code tag} points at, all {@code size} bytes of it. */
  private long table(long tag, long size) throws ElfException {
    if (size == 0) {
      return 0;
    }
    long address = entries.getOrDefault(tag, 0L);
    long offset = file.offsetOf(address, size);
    if (offset < 0) {
      throw bytes.fault(
          start,
          "dynamic tag "
              + tag
              + ": "
              + Long.toUnsignedString(size)
              + " bytes at address 0x"
              + Long.toHexString(address)
              + "; no segment of the file gives them");
    }
    return offset;
  }
}
