package org.tinyjail.generator.elf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A library of a few hundred bytes for processors that no compiler of the test is for: an option
 * table with the names {@code help} and {@code version=} behind relative relocations.
 */
final class SmallElf {
  private static final int BASE = 0x10000;
  private static final int DYNAMIC = 0x200;
  private static final int TABLE = 0x300;
  private static final int RELOCATIONS = 0x400;
  private static final int STRINGS = 0x480;
  private static final int SIZE = 0x4c0;

  private final ByteBuffer bytes = ByteBuffer.allocate(SIZE);
  private final boolean wide;
  private final int word;

  private SmallElf(boolean wide, ByteOrder order) {
    this.wide = wide;
    this.word = wide ? 8 : 4;
    bytes.order(order);
  }

  /**
   * @param machine {@code e_machine}
   * @param relative its number of the relative relocation
   */
  static byte[] of(boolean wide, ByteOrder order, int machine, int relative) {
    SmallElf elf = new SmallElf(wide, order);
    elf.header(machine);
    elf.segment(0, Segment.LOAD, 0, SIZE);
    elf.segment(1, Segment.DYNAMIC, DYNAMIC, 4 * 2 * elf.word);
    elf.dynamic();
    elf.relocation(0, TABLE, STRINGS, relative);
    elf.relocation(1, TABLE + 4 * elf.word, STRINGS + 5, relative);
    elf.bytes.putInt(TABLE + 3 * elf.word, 'h');
    elf.bytes.putInt(TABLE + 5 * elf.word, 1);
    elf.bytes.putInt(TABLE + 7 * elf.word, 'v');
    elf.bytes.position(STRINGS);
    elf.bytes.put("help\0version\0".getBytes(StandardCharsets.US_ASCII));
    return elf.bytes.array();
  }

  private void header(int machine) {
    bytes.put(0, new byte[] {0x7f, 'E', 'L', 'F', (byte) (wide ? 2 : 1)});
    bytes.put(5, (byte) (bytes.order() == ByteOrder.BIG_ENDIAN ? 2 : 1));
    bytes.putShort(16, (short) 3);
    bytes.putShort(18, (short) machine);
    word(24 + word, 0x40);
    bytes.putShort(wide ? 54 : 42, (short) (wide ? 56 : 32));
    bytes.putShort(wide ? 56 : 44, (short) 2);
  }

  private void segment(int index, int type, int offset, int size) {
    int at = 0x40 + index * (wide ? 56 : 32);
    bytes.putInt(at, type);
    bytes.putInt(at + (wide ? 4 : 24), 6);
    word(at + word, offset);
    word(at + 2 * word, BASE + offset);
    word(at + 4 * word, size);
    word(at + 5 * word, size);
  }

  private void dynamic() {
    int[] entries = {7, BASE + RELOCATIONS, 8, 2 * 3 * word, 9, 3 * word, 0, 0};
    for (int i = 0; i < entries.length; i++) {
      word(DYNAMIC + i * word, entries[i]);
    }
  }

  private void relocation(int index, int slot, int target, int type) {
    int at = RELOCATIONS + index * 3 * word;
    word(at, BASE + slot);
    word(at + word, type);
    word(at + 2 * word, BASE + target);
  }

  private void word(int at, long value) {
    if (wide) {
      bytes.putLong(at, value);
    } else {
      bytes.putInt(at, (int) value);
    }
  }
}
