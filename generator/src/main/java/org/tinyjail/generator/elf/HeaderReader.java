package org.tinyjail.generator.elf;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Reads the ELF header and the program headers, and checks them against the file's length. */
final class HeaderReader {
  private static final int IDENT = 16;
  private static final int MAGIC = 0x7f454c46; // "\177ELF"

  private final ElfBytes bytes;
  private final boolean wide;
  private final long fileSize;

  HeaderReader(String name, byte[] content) throws ElfException {
    this(name, content, content.length);
  }

  /**
   * @param head the file's first bytes; to {@link #tableEnd} for anything beyond that
   * @param fileSize how long the whole file is
   */
  HeaderReader(String name, byte[] head, long fileSize) throws ElfException {
    ElfBytes ident = new ElfBytes(name, head, ByteOrder.BIG_ENDIAN, false);
    if (head.length < IDENT || ident.i32(0) != MAGIC) {
      throw ident.fault(0, "no ELF file; wanted the bytes 7f 45 4c 46");
    }
    this.wide = oneOrTwo(ident, 4, "class") == 2;
    boolean big = oneOrTwo(ident, 5, "byte order") == 2;
    this.bytes =
        new ElfBytes(name, head, big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, wide);
    this.fileSize = fileSize;
    if (type() != 2 && type() != 3) {
      throw bytes.fault(IDENT, "file type " + type() + "; wanted 2 (program) or 3 (shared object)");
    }
  }

  private static int oneOrTwo(ElfBytes ident, int offset, String what) throws ElfException {
    int value = ident.u8(offset);
    if (value != 1 && value != 2) {
      throw ident.fault(offset, what + " " + value + "; wanted 1 or 2");
    }
    return value;
  }

  ElfBytes bytes() {
    return bytes;
  }

  int type() throws ElfException {
    return bytes.u16(IDENT);
  }

  Machine machine() throws ElfException {
    return Machine.of(bytes.u16(18));
  }

  long entry() throws ElfException {
    return bytes.word(24);
  }

  /** How many of the file's first bytes hold the program headers: some tools put them last. */
  long tableEnd() throws ElfException {
    return checkedEnd(tableOffset() + (long) count() * entrySize());
  }

  /** How many of the file's first bytes hold all that its segments give. */
  long needed() throws ElfException {
    long end = tableEnd();
    for (Segment segment : segments()) {
      end = Math.max(end, segment.fileSize() == 0 ? 0 : segment.offset() + segment.fileSize());
    }
    return checkedEnd(end);
  }

  private long checkedEnd(long end) throws ElfException {
    long most = Math.min(ElfLimits.LOADED_BYTES, Runtime.getRuntime().maxMemory() / 3);
    if (end < 0 || end > most) {
      throw bytes.fault(
          tableOffset(),
          "segments reach byte " + end + "; wanted " + most + " at most, by this heap");
    }
    return end;
  }

  List<Segment> segments() throws ElfException {
    List<Segment> segments = new ArrayList<>();
    long loaded = 0;
    long free = 0;
    for (int i = 0; i < count(); i++) {
      long at = tableOffset() + (long) i * entrySize();
      Segment segment = segment(at);
      check(at, segment);
      if (segment.isLoaded()) {
        loaded += segment.fileSize();
        checkPlace(at, segment, free, loaded);
        free = segment.address() + segment.memorySize();
      }
      segments.add(segment);
    }
    return List.copyOf(segments);
  }

  private Segment segment(long at) throws ElfException {
    int word = bytes.wordSize();
    return new Segment(
        bytes.i32(at),
        bytes.i32(at + (wide ? 4 : 24)),
        bytes.word(at + word),
        bytes.word(at + 2L * word),
        bytes.word(at + 4L * word),
        bytes.word(at + 5L * word));
  }

  private void check(long at, Segment segment) throws ElfException {
    long start = segment.offset();
    long size = segment.fileSize();
    if (size != 0 && (start < 0 || size < 0 || start > fileSize - size)) {
      throw bytes.fault(
          at,
          "a segment of "
              + Long.toUnsignedString(size)
              + " bytes at byte "
              + Long.toUnsignedString(start)
              + "; the file has "
              + fileSize);
    }
  }

  private void checkPlace(long at, Segment segment, long free, long loaded) throws ElfException {
    if (segment.memorySize() < segment.fileSize()) {
      throw bytes.fault(at, "a loaded segment has more bytes in the file than in memory");
    }
    if (segment.address() < free || segment.address() + segment.memorySize() < 0) {
      throw bytes.fault(
          at, "loaded segments overlap or descend; wanted an address from " + free + " on");
    }
    if (loaded > ElfLimits.LOADED_BYTES) {
      throw bytes.fault(
          at, "loaded segments of " + loaded + " bytes; at most " + ElfLimits.LOADED_BYTES);
    }
  }

  private long tableOffset() throws ElfException {
    long offset = bytes.word(wide ? 32 : 28);
    if (offset < 0) {
      throw bytes.fault(wide ? 32 : 28, "program headers beyond the end of any file");
    }
    return offset;
  }

  private int entrySize() throws ElfException {
    int at = wide ? 54 : 42;
    int wanted = wide ? 56 : 32;
    if (bytes.u16(at) != wanted) {
      throw bytes.fault(
          at, "program headers of " + bytes.u16(at) + " bytes each; wanted " + wanted);
    }
    return wanted;
  }

  private int count() throws ElfException {
    int at = wide ? 56 : 44;
    int count = bytes.u16(at);
    if (count == 0 || count * entrySize() > ElfLimits.PROGRAM_HEADERS_BYTES) {
      throw bytes.fault(
          at,
          count + " program headers; wanted 1 to " + ElfLimits.PROGRAM_HEADERS_BYTES / entrySize());
    }
    return count;
  }
}
