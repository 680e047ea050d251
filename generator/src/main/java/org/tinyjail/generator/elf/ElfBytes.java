package org.tinyjail.generator.elf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The bytes of a file, read in its byte order and word size, never beyond its end. */
final class ElfBytes {
  private final String file;
  private final byte[] content;
  private final ByteBuffer buffer;
  private final boolean wide;

  ElfBytes(String file, byte[] content, ByteOrder order, boolean wide) {
    this.file = file;
    this.content = content;
    this.buffer = ByteBuffer.wrap(content).order(order);
    this.wide = wide;
  }

  int length() {
    return content.length;
  }

  byte[] content() {
    return content;
  }

  byte[] digest() {
    try {
      return MessageDigest.getInstance("SHA-512/256").digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-512/256", e);
    }
  }

  int wordSize() {
    return wide ? 8 : 4;
  }

  ByteOrder order() {
    return buffer.order();
  }

  int u8(long offset) throws ElfException {
    return buffer.get(check(offset, 1)) & 0xff;
  }

  int u16(long offset) throws ElfException {
    return buffer.getShort(check(offset, 2)) & 0xffff;
  }

  int i32(long offset) throws ElfException {
    return buffer.getInt(check(offset, 4));
  }

  long u32(long offset) throws ElfException {
    return i32(offset) & 0xffffffffL;
  }

  /** An address or size: 8 bytes or 4, without sign. */
  long word(long offset) throws ElfException {
    return wide ? buffer.getLong(check(offset, 8)) : u32(offset);
  }

  /** An addend: 8 bytes or 4, with sign. */
  long signedWord(long offset) throws ElfException {
    return wide ? word(offset) : i32(offset);
  }

  /** The string from {@code offset} to the NUL before {@code end}. */
  String string(long offset, long end) throws ElfException {
    int start = check(offset, 1);
    int stop = start;
    while (stop < end && stop < content.length) {
      if (content[stop] == 0) {
        return new String(content, start, stop - start, StandardCharsets.ISO_8859_1);
      }
      stop++;
    }
    throw fault(offset, "a name has no end; wanted a NUL before byte " + end);
  }

  ByteBuffer slice(long offset, int length) throws ElfException {
    return ByteBuffer.wrap(content, check(offset, length), length)
        .slice()
        .asReadOnlyBuffer()
        .order(order());
  }

  ElfException fault(long offset, String problem) {
    return new ElfException(file, offset, problem);
  }

  private int check(long offset, int length) throws ElfException {
    if (offset < 0 || offset > content.length - length) {
      throw fault(
          content.length,
          "the file ends; wanted " + length + " bytes at byte " + Long.toUnsignedString(offset));
    }
    return (int) offset;
  }
}
