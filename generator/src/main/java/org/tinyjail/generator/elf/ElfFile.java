package org.tinyjail.generator.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A program or shared library as the kernel and the dynamic linker see it: by its program headers.
 * Section headers are not looked at, so stripped files are as good as others. Sources: elf(5), the
 * System V gABI.
 *
 * <p>Addresses are those of the file, before the load bias. A value is complete when it is made,
 * does not change and can be shared between threads.
 */
public final class ElfFile {
  /** Bytes of the longer ELF header. */
  private static final int HEADER = 64;

  /** Bytes that are read at once. */
  private static final int PIECE = 1 << 16;

  private static final int ET_DYN = 3;

  private final String name;
  private final ElfBytes bytes;
  private final Machine machine;
  private final boolean movable;
  private final long entry;
  private final List<Segment> segments;
  private final List<Segment> loaded;

  private ElfFile(String name, byte[] content) throws ElfException {
    this.name = name;
    HeaderReader header = new HeaderReader(name, content);
    this.bytes = header.bytes();
    this.movable = header.type() == ET_DYN;
    this.machine = header.machine();
    this.entry = header.entry();
    this.segments = header.segments();
    this.loaded = segments.stream().filter(Segment::isLoaded).toList();
  }

  /**
   * Reads a file as far as its segments reach; debugging data behind them is left alone.
   *
   * @throws ElfException if it is no ELF program or library, or is damaged or too large
   * @throws IOException if it cannot be read
   */
  public static ElfFile read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      String name = file.toString();
      long size = channel.size();
      byte[] header = head(channel, HEADER);
      byte[] headers = head(channel, new HeaderReader(name, header, size).tableEnd());
      return new ElfFile(name, head(channel, new HeaderReader(name, headers, size).needed()));
    }
  }

  /**
   * Reads a file that is in memory already; {@code content} must not change afterwards.
   *
   * @throws ElfException if it is no ELF program or library, or is damaged or too large
   */
  public static ElfFile of(String name, byte[] content) throws ElfException {
    return new ElfFile(name, content);
  }

  private static byte[] head(FileChannel channel, long length) throws IOException {
    byte[] bytes = new byte[(int) Math.min(length, channel.size())];
    int count = 0;
    int more = 0;
    while (count < bytes.length && more >= 0) {
      count += more;
      // Java copies what is read once more, and keeps the memory of the longest piece.
      int piece = Math.min(PIECE, bytes.length - count);
      more = channel.read(ByteBuffer.wrap(bytes, count, piece), count);
    }
    // The file may turn out shorter: the reader says so.
    return count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
  }

  /** The name that errors give. */
  public String name() {
    return name;
  }

  /** Bytes of an address: 8 or 4. */
  public int wordSize() {
    return bytes.wordSize();
  }

  /** Byte order of the file's numbers. */
  public ByteOrder order() {
    return bytes.order();
  }

  /** The processor it is for. */
  public Machine machine() {
    return machine;
  }

  /** Whether it runs at any address: a shared library or a position-independent program. */
  public boolean isPositionIndependent() {
    return movable;
  }

  /** Where execution starts; 0 for none. */
  public long entry() {
    return entry;
  }

  /** All program headers, in the file's order; those loaded ascend and do not overlap. */
  public List<Segment> segments() {
    return segments;
  }

  /** The loaded segment that {@code address} lies in. */
  public Optional<Segment> segmentAt(long address) {
    int low = 0;
    int high = loaded.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (loaded.get(middle).address() <= address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low > 0 && loaded.get(low - 1).holds(address, 1)
        ? Optional.of(loaded.get(low - 1))
        : Optional.empty();
  }

  /** The dynamic linker that it names. */
  public Optional<String> interpreter() throws ElfException {
    Optional<Segment> segment = first(Segment.INTERP);
    return segment.isEmpty()
        ? Optional.empty()
        : Optional.of(
            bytes.string(
                segment.get().offset(), segment.get().offset() + segment.get().fileSize()));
  }

  /**
   * What the dynamic linker is told; empty for a static program that is not position-independent.
   * Read anew at every call.
   */
  public Optional<DynamicSection> dynamic() throws ElfException {
    Optional<Segment> segment = first(Segment.DYNAMIC);
    return segment.isEmpty()
        ? Optional.empty()
        : Optional.of(new DynamicReader(this, bytes).read(segment.get()));
  }

  /** The bytes that the file gives a segment, read-only, in the file's byte order. */
  public ByteBuffer bytes(Segment segment) throws ElfException {
    // Of a segment without bytes the offset means nothing, and may lie behind the file.
    return segment.fileSize() == 0
        ? bytes.slice(0, 0)
        : bytes.slice(segment.offset(), (int) segment.fileSize());
  }

  /** The bytes that were read, from the begin of the file on: not a copy, and not to be changed. */
  public byte[] content() {
    return bytes.content();
  }

  /**
   * A cryptographic hash of the bytes that were read, of all that can be told of the file here:
   * SHA-512/256, which a Java without an instruction for it makes in half the time of SHA-256.
   */
  public byte[] digest() {
    return bytes.digest();
  }

  ElfBytes bytes() {
    return bytes;
  }

  List<Segment> loaded() {
    return loaded;
  }

  Optional<Segment> first(int type) {
    return segments.stream().filter(s -> s.type() == type).findFirst();
  }

  /** Where in the file {@code length} bytes at {@code address} are; -1 if the file gives none. */
  long offsetOf(long address, long length) {
    Optional<Segment> segment = segmentAt(address);
    return segment.isPresent() && segment.get().gives(address, length)
        ? segment.get().offset() + (address - segment.get().address())
        : -1;
  }
}
