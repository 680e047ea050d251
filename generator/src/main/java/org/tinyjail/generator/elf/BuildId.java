package org.tinyjail.generator.elf;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The GNU build id of an executable: the note of type {@code NT_GNU_BUILD_ID} that linkers leave in
 * a {@code PT_NOTE} segment. Source: elf(5), binutils {@code ld --build-id}.
 */
public final class BuildId {
  private static final int PT_NOTE = 4;
  private static final int NT_GNU_BUILD_ID = 3;
  private static final int GNU_NAME = 0x00554e47; // "GNU\0", little-endian
  private static final int SEGMENTS_MAX = 256;
  private static final int NOTES_MAX = 1 << 16;

  private BuildId() {}

  /** The build id of {@code file} in hexadecimal; empty if it has none or is no ELF file. */
  public static String of(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(channel).orElse("");
    } catch (IOException
        | BufferUnderflowException
        | IndexOutOfBoundsException
        | IllegalArgumentException e) {
      return ""; // unreadable or damaged: the run is kept without it
    }
  }

  private static Optional<String> read(FileChannel file) throws IOException {
    ByteBuffer header = bytes(file, 0, 64);
    if (header.getInt(0) != 0x464c457f) { // "\177ELF"
      return Optional.empty();
    }
    boolean wide = header.get(4) == 2;
    header.order(header.get(5) == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    long offset = wide ? header.getLong(32) : header.getInt(28) & 0xffffffffL;
    int size = header.getShort(wide ? 54 : 42) & 0xffff;
    int count = Math.min(header.getShort(wide ? 56 : 44) & 0xffff, SEGMENTS_MAX);
    for (int i = 0; i < count; i++) {
      ByteBuffer segment = bytes(file, offset + (long) i * size, size).order(header.order());
      if (segment.getInt(0) == PT_NOTE) {
        long start = wide ? segment.getLong(8) : segment.getInt(4) & 0xffffffffL;
        long length = wide ? segment.getLong(32) : segment.getInt(16) & 0xffffffffL;
        Optional<String> id =
            find(bytes(file, start, (int) Math.min(length, NOTES_MAX)).order(header.order()));
        if (id.isPresent()) {
          return id;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> find(ByteBuffer notes) {
    while (notes.remaining() >= 12) {
      int nameLength = notes.getInt();
      int length = notes.getInt();
      int type = notes.getInt();
      if (nameLength < 0 || length < 0 || nameLength > NOTES_MAX || length > NOTES_MAX) {
        return Optional.empty(); // a length that would lead back would be followed for ever
      }
      boolean gnu = nameLength == 4 && notes.getInt(notes.position()) == GNU_NAME;
      notes.position(notes.position() + padded(nameLength));
      if (gnu && type == NT_GNU_BUILD_ID && length <= notes.remaining()) {
        byte[] id = new byte[length];
        notes.get(id);
        return Optional.of(HexFormat.of().formatHex(id));
      }
      notes.position(notes.position() + padded(length));
    }
    return Optional.empty();
  }

  private static int padded(int length) {
    return (length + 3) & ~3;
  }

  private static ByteBuffer bytes(FileChannel file, long position, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, position + buffer.position()) < 0) {
        break;
      }
    }
    return buffer.flip();
  }
}
