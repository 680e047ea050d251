package org.tinyjail.generator.elf;

import java.util.Arrays;
import java.util.Optional;

/**
 * Where functions begin and end, as the file tells those who unwind the stack: stripped files do
 * too. Written by hand, assembly may lack in it or end early. Source: Linux Standard Base 5.0,
 * "Exception Frames".
 */
public final class FunctionRanges {
  private static final int ABSENT = 0xff;

  /** As many as 64 bits take. */
  private static final int LEB128_MAX = 10;

  private static final int INDIRECT = 0x80;

  private final ElfFile file;
  private final ElfBytes bytes;

  /** The address of .eh_frame_hdr, which some numbers are relative to. */
  private final long header;

  private long[] starts = new long[64];
  private long[] ends = new long[64];
  private int count;
  private long lastCommonAt = -1;
  private Common lastCommon = new Common(0, false);

  private FunctionRanges(ElfFile file, long header) {
    this.file = file;
    this.bytes = file.bytes();
    this.header = header;
  }

  /**
   * Those of a file, ascending; none where it has no table.
   *
   * @throws ElfException if the table is damaged
   */
  public static FunctionRanges of(ElfFile file) throws ElfException {
    Optional<Segment> segment = file.first(Segment.EH_FRAME);
    FunctionRanges ranges = new FunctionRanges(file, segment.map(Segment::address).orElse(0L));
    if (segment.isPresent() && segment.get().fileSize() > 0) {
      ranges.readHeader(segment.get().offset());
    } else {
      ranges.search();
    }
    ranges.sort();
    return ranges;
  }

  /** How many there are. */
  public int count() {
    return count;
  }

  /** The address of the first byte. */
  public long start(int index) {
    return starts[index];
  }

  /** The address behind the last byte. */
  public long end(int index) {
    return ends[index];
  }

  private void readHeader(long at) throws ElfException {
    int version = bytes.u8(at);
    if (version != 1) {
      throw bytes.fault(at, "unwinding tables of version " + version + "; wanted 1");
    }
    Cursor cursor = new Cursor(at + 4);
    long frames = cursor.pointer(bytes.u8(at + 1));
    int counts = bytes.u8(at + 2);
    int form = bytes.u8(at + 3);
    if (counts == ABSENT || form == ABSENT) {
      readFrames(frames);
    } else {
      readTable(cursor, cursor.pointer(counts), form);
    }
  }

  /**
   * Static programs at fixed addresses have the records, but no header that says where. They are
   * known by the first, which holds what is common: of version 1, with letters that begin by z.
   */
  private void search() throws ElfException {
    for (Segment segment : Data.segments(file)) {
      long end = segment.offset() + segment.fileSize() - 16;
      for (long at = segment.offset() + (-segment.address() & 3); at < end; at += 4) {
        long length = bytes.u32(at);
        boolean begins =
            length >= 12
                && length < 64
                && bytes.u32(at + 4) == 0
                && bytes.u8(at + 8) == 1
                && bytes.u8(at + 9) == 'z';
        if (begins) {
          at = Math.max(at, readFrames(segment.address() + at - segment.offset()));
        }
      }
    }
  }

  /** Static programs have records behind one of length 0: all are in the table that is searched. */
  private void readTable(Cursor cursor, long records, int form) throws ElfException {
    for (long i = 0; i < records; i++) {
      cursor.pointer(form);
      long at = offset(cursor.pointer(form), 0);
      long body = bytes.u32(at) == 0xffffffffL ? at + 12 : at + 4;
      readFunction(body, body - bytes.u32(body));
    }
  }

  /**
   * Records one behind the other, up to one of length 0 or the end of the segment.
   *
   * @return where in the file that is
   */
  private long readFrames(long address) throws ElfException {
    Optional<Segment> segment = file.segmentAt(address);
    if (segment.isEmpty()) {
      throw bytes.fault(0, "unwinding tables at address 0x" + Long.toHexString(address));
    }
    long at = offset(address, 0);
    long end = segment.get().offset() + segment.get().fileSize();
    while (at + 4 <= end) {
      long length = bytes.u32(at);
      long body = at + 4;
      if (length == 0) {
        return at;
      } else if (length == 0xffffffffL) {
        length = bytes.word(at + 4);
        body = at + 12;
      }
      if (length < 4 || length > end - body) {
        throw bytes.fault(at, "a record of " + length + " bytes; " + (end - body) + " are left");
      }
      long back = bytes.u32(body);
      if (back != 0) {
        readFunction(body, body - back);
      }
      at = body + length;
    }
    return at;
  }

  /**
   * @param common where the record begins that says what is common to many
   */
  private void readFunction(long body, long common) throws ElfException {
    Common form = commonAt(common);
    Cursor cursor = new Cursor(body + 4);
    long start = cursor.pointer(form.encoding());
    long length = cursor.pointer(form.encoding() & 0x0f);
    if (length > 0 && file.segmentAt(start).filter(Segment::isExecutable).isPresent()) {
      // Unwinding looks at the byte before a return address; a signal's has no call before it.
      add(form.ofSignals() ? start + 1 : start, start + length);
    }
  }

  /** What is said once of many functions. */
  private record Common(int encoding, boolean ofSignals) {}

  /** Functions that stand together mostly have the same. */
  private Common commonAt(long common) throws ElfException {
    if (common != lastCommonAt) {
      lastCommon = readCommon(common);
      lastCommonAt = common;
    }
    return lastCommon;
  }

  private Common readCommon(long common) throws ElfException {
    Cursor cursor = new Cursor(common + (bytes.u32(common) == 0xffffffffL ? 20 : 8));
    int version = cursor.u8();
    String letters = cursor.string();
    cursor.skipNumber();
    cursor.skipNumber();
    if (version == 1) {
      cursor.u8();
    } else {
      cursor.skipNumber();
    }
    if (!letters.startsWith("z")) {
      return new Common(0, false);
    }
    cursor.skipNumber();
    int encoding = 0;
    for (int i = 1; i < letters.length(); i++) {
      switch (letters.charAt(i)) {
        case 'R' -> encoding = cursor.u8();
        case 'P' -> cursor.pointer(cursor.u8() & ~INDIRECT);
        case 'L' -> cursor.u8();
        default -> {}
      }
    }
    return new Common(encoding, letters.contains("S"));
  }

  private void add(long start, long end) throws ElfException {
    if (count == ElfLimits.FUNCTIONS) {
      throw bytes.fault(0, "more than " + ElfLimits.FUNCTIONS + " functions");
    }
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, count * 2);
      ends = Arrays.copyOf(ends, count * 2);
    }
    starts[count] = start;
    ends[count++] = end;
  }

  private void sort() {
    Integer[] order = new Integer[count];
    Arrays.setAll(order, i -> i);
    long[] from = starts;
    long[] to = ends;
    Arrays.sort(order, (a, b) -> Long.compare(from[a], from[b]));
    starts = new long[count];
    ends = new long[count];
    for (int i = 0; i < count; i++) {
      starts[i] = from[order[i]];
      ends[i] = to[order[i]];
    }
  }

  private long offset(long address, long from) throws ElfException {
    long offset = file.offsetOf(address, 1);
    if (offset < 0) {
      throw bytes.fault(from, "address 0x" + Long.toHexString(address) + " lies in no segment");
    }
    return offset;
  }

  /** Reads on from a place in the file. */
  private final class Cursor {
    private long at;

    Cursor(long at) {
      this.at = at;
    }

    int u8() throws ElfException {
      return bytes.u8(at++);
    }

    String string() throws ElfException {
      String text = bytes.string(at, Math.min(bytes.length(), at + 16));
      at += text.length() + 1L;
      return text;
    }

    /** One of LEB128. */
    void skipNumber() throws ElfException {
      for (int i = 0; (u8() & 0x80) != 0; i++) {
        if (i == LEB128_MAX) {
          throw bytes.fault(at, "a number of more than " + LEB128_MAX + " bytes");
        }
      }
    }

    /** A number of form {@code encoding & 15}, relative to what the upper bits say. */
    long pointer(int encoding) throws ElfException {
      if (encoding == ABSENT) {
        return 0;
      }
      long place = at;
      long value =
          switch (encoding & 0x0f) {
            case 0x00, 0x08 -> take(bytes.wordSize());
            case 0x02 -> take(2) & 0xffff;
            case 0x0a -> take(2);
            case 0x03 -> take(4) & 0xffffffffL;
            case 0x0b -> take(4);
            case 0x04, 0x0c -> take(8);
            default ->
                throw bytes.fault(
                    at, "a pointer of form 0x" + Integer.toHexString(encoding) + ", unknown here");
          };
      long base =
          switch (encoding & 0x70) {
            case 0x10 -> addressOf(place);
            case 0x30 -> header;
            default -> 0;
          };
      long sum = value + base;
      return bytes.wordSize() == 4 ? sum & 0xffffffffL : sum;
    }

    private long take(int size) throws ElfException {
      long value =
          switch (size) {
            case 2 -> (short) bytes.u16(at);
            case 4 -> bytes.i32(at);
            default -> bytes.word(at);
          };
      at += size;
      return value;
    }

    private long addressOf(long place) throws ElfException {
      for (Segment segment : file.loaded()) {
        if (place >= segment.offset() && place < segment.offset() + segment.fileSize()) {
          return segment.address() + (place - segment.offset());
        }
      }
      throw bytes.fault(place, "a relative pointer outside all segments");
    }
  }
}
