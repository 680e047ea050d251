package org.tinyjail.agent;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tinyjail.agent.MemoryView.Block;
import org.tinyjail.model.Action;
import org.tinyjail.model.SyscallData;

/** {@code struct record_denial} and its blocks, all but count and times. */
final class DenialRecord {
  private final byte[] bytes;

  private DenialRecord(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @param image number of the process in the spool, 0 if unknown
   * @param flags {@code enum denial_flag}
   */
  static DenialRecord of(
      SyscallData data, MemoryView memory, int thread, int image, Action action, int flags) {
    ByteArrayOutputStream blocks = new ByteArrayOutputStream();
    boolean unreadable = false;
    for (int i = 0; i < 6; i++) {
      Block block = memory.block(i);
      if (block != null) {
        write(blocks, i, block);
        unreadable |= !block.isReadable();
      }
    }
    ByteBuffer record =
        SpoolWriter.record(Wire.RECORD_DENIAL, Wire.DENIAL_SIZE, blocks.toByteArray());
    record.putShort(6, (short) (flags | (unreadable ? Wire.DENIAL_UNREADABLE : 0)));
    record.putInt(Wire.DENIAL_IMAGE, image).putInt(Wire.DENIAL_THREAD, thread);
    record.putInt(Wire.DENIAL_VERDICT, action.filterValue());
    record.putInt(Wire.DENIAL_ARCH, data.arch()).putInt(Wire.DENIAL_NR, data.number());
    record.putLong(Wire.DENIAL_IP, data.instructionPointer());
    for (int i = 0; i < 6; i++) {
      record.putLong(Wire.DENIAL_ARGS + 8 * i, data.argument(i));
    }
    byte[] bytes = new byte[record.capacity()];
    record.get(0, bytes);
    return new DenialRecord(bytes);
  }

  private static void write(ByteArrayOutputStream out, int argument, Block block) {
    byte[] bytes = block.bytes().array();
    byte[] header = new byte[Wire.BLOCK_HEADER];
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    fields.put(0, (byte) argument).put(1, (byte) block.kind());
    fields.putShort(2, (short) block.error()).putInt(4, bytes.length);
    out.writeBytes(header);
    out.writeBytes(bytes);
    out.writeBytes(new byte[Wire.padded(bytes.length) - bytes.length]);
  }

  /** What makes it equal to another. */
  byte[] bytes() {
    return bytes.clone();
  }

  /** The record of the first occurrence. */
  ByteBuffer toRecord(long nanos) {
    return SpoolWriter.little(bytes.length)
        .put(0, bytes)
        .putLong(Wire.DENIAL_COUNT, 1)
        .putLong(Wire.DENIAL_FIRST_NS, nanos)
        .putLong(Wire.DENIAL_LAST_NS, nanos);
  }
}
