package org.tinyjail.generator.reach;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.elf.ElfException;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.elf.Segment;
import org.tinyjail.generator.x86.Decoder;
import org.tinyjail.generator.x86.Flow;
import org.tinyjail.generator.x86.Instruction;
import org.tinyjail.generator.x86.Operation;

/** The loaded bytes of a file, by address. For one thread. */
final class Code {
  /** Of a stub: endbr64, jmp, and what may stand between. */
  private static final int STUB_LENGTH = 3;

  private final Instruction stub = new Instruction();

  /** Bytes of one segment. */
  private static final class Part {
    final long start;
    final long end;

    /** Where its bytes are in the file. */
    final int offset;

    /** Behind the file's own headers, if they are in it. */
    final long dataStart;

    final boolean executable;
    final boolean writable;

    Part(long start, int offset, int length, long dataStart, boolean executable, boolean writable) {
      this.start = start;
      this.end = start + length;
      this.offset = offset;
      this.dataStart = dataStart;
      this.executable = executable;
      this.writable = writable;
    }
  }

  private final ElfFile file;
  private final byte[] bytes;
  private final Part[] parts;

  /** Bounds of executable memory, parted: a start and an end of each part. */
  private final long[] executable;

  /** The parts that were read last, of code and of data: the next one is mostly the same. */
  private Part lastCode;

  private Part lastData;

  Code(ElfFile file) throws ElfException {
    this.file = file;
    this.bytes = file.content();
    List<Part> all = new ArrayList<>();
    for (Segment segment : file.segments()) {
      if (segment.isLoaded()) {
        int length = file.bytes(segment).remaining();
        long headers = segment.offset() == 0 ? Math.min(length, headersSize(file)) : 0;
        all.add(
            new Part(
                segment.address(),
                length == 0 ? 0 : (int) segment.offset(),
                length,
                segment.address() + headers,
                segment.isExecutable(),
                segment.isWritable()));
      }
    }
    parts = all.toArray(new Part[0]);
    executable =
        all.stream()
            .filter(part -> part.executable)
            .flatMapToLong(part -> LongStream.of(part.start, part.end))
            .toArray();
    lastCode = parts.length == 0 ? new Part(0, 0, 0, 0, false, false) : parts[0];
    lastData = lastCode;
  }

  /** Of the headers at the begin of the file: those are data of nobody. */
  private static long headersSize(ElfFile file) {
    boolean wide = file.wordSize() == Long.BYTES;
    return wide ? 64 + 56L * file.segments().size() : 52 + 32L * file.segments().size();
  }

  ElfFile file() {
    return file;
  }

  /** Data of the file, as far as it gives the bytes; that among code is left out. */
  List<Region> data() {
    return Arrays.stream(parts)
        .filter(part -> !part.executable)
        .map(part -> new Region(part.dataStart, part.end))
        .toList();
  }

  boolean isExecutable(long address) {
    return executableEnd(address) > address;
  }

  /** The end of the executable memory that an address lies in; the address itself if in none. */
  long executableEnd(long address) {
    for (int i = 0; i < executable.length; i += 2) {
      if (address >= executable[i] && address < executable[i + 1]) {
        return executable[i + 1];
      }
    }
    return address;
  }

  /** Whether an address lies in memory of the file, given by it or zero. */
  boolean holds(long address) {
    return file.segmentAt(address).isPresent();
  }

  /** The word that a stub of the procedure linkage table jumps by; 0 if there is none. */
  long stubWord(long address) {
    long at = address;
    for (int i = 0; i < STUB_LENGTH; i++) {
      if (decode(at, Long.MAX_VALUE, stub) == 0) {
        return 0;
      }
      if (stub.flow() == Flow.JUMP_INDIRECT) {
        return stub.fixedAddress();
      }
      if (stub.flow() != Flow.NONE || stub.operation() != Operation.NOTHING) {
        return 0;
      }
      at += stub.length();
    }
    return 0;
  }

  /**
   * Decodes the instruction at an address.
   *
   * @param end behind which nothing is read
   * @return its length; 0 if there is none
   */
  int decode(long address, long end, Instruction out) {
    Part part = lastCode;
    if (address < part.start || address >= part.end) {
      part = partAt(address);
      if (part == null) {
        return 0;
      }
      lastCode = part;
    }
    int from = at(part, address);
    int to = at(part, Math.min(end, part.end));
    return Decoder.decode(bytes, from, to, address, out);
  }

  /** A number with sign in memory that is never written; null if there is none. */
  @Nullable Integer constant32(long address) {
    Long number = constant(address, Integer.BYTES);
    return number == null ? null : (int) (long) number;
  }

  /** A number of {@code size} bytes, without sign, in memory that is never written; else null. */
  @Nullable Long constant(long address, int size) {
    Part part = partAt(address);
    if (part == null || part.writable || address + size > part.end) {
      return null;
    }
    ByteBuffer buffer = buffer(part, address);
    return switch (size) {
      case 1 -> buffer.get() & 0xffL;
      case 2 -> buffer.getShort() & 0xffffL;
      case Integer.BYTES -> buffer.getInt() & 0xffffffffL;
      default -> buffer.getLong();
    };
  }

  /** A word of memory; words that are filled in once, at the start, count. */
  @Nullable Long constant64(long address) {
    Part part = partAt(address);
    if (part == null || address + Long.BYTES > part.end) {
      return null;
    }
    return buffer(part, address).getLong();
  }

  /** The text from an address to its NUL; null if it is none, or longer than 256 bytes. */
  @Nullable String string(long address) {
    Part part = partAt(address);
    if (part == null) {
      return null;
    }
    StringBuilder text = new StringBuilder();
    int end = at(part, part.end);
    for (int i = at(part, address); i < end; i++) {
      byte next = bytes[i];
      if (next == 0) {
        return text.toString();
      } else if (next < ' ' || text.length() == 256) {
        return null;
      }
      text.append((char) next);
    }
    return null;
  }

  private static int at(Part part, long address) {
    return part.offset + (int) (address - part.start);
  }

  private ByteBuffer buffer(Part part, long address) {
    int at = at(part, address);
    return ByteBuffer.wrap(bytes, at, at(part, part.end) - at).order(file.order());
  }

  private @Nullable Part partAt(long address) {
    if (address >= lastData.start && address < lastData.end) {
      return lastData;
    }
    for (Part part : parts) {
      if (address >= part.start && address < part.end) {
        if (!part.executable) {
          lastData = part;
        }
        return part;
      }
    }
    return null;
  }
}
