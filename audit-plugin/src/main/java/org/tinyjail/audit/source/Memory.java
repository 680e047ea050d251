package org.tinyjail.audit.source;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory that native calls may fill, in the machine's order; it lives as long as this does. */
final class Memory {
  private final ByteBuffer bytes;
  private final long address;

  private Memory(ByteBuffer bytes) {
    this.bytes = bytes.order(ByteOrder.nativeOrder());
    this.address = Pointer.nativeValue(Native.getDirectBufferPointer(bytes));
  }

  static Memory allocate(int size) {
    return new Memory(ByteBuffer.allocateDirect(size));
  }

  long address() {
    return address;
  }

  int size() {
    return bytes.capacity();
  }

  int getInt(int offset) {
    return bytes.getInt(offset);
  }

  int getShort(int offset) {
    return bytes.getShort(offset) & 0xffff;
  }

  Memory putShort(int offset, int value) {
    bytes.putShort(offset, (short) value);
    return this;
  }

  Memory putInt(int offset, int value) {
    bytes.putInt(offset, value);
    return this;
  }

  Memory putLong(int offset, long value) {
    bytes.putLong(offset, value);
    return this;
  }

  Memory put(int offset, byte[] all) {
    bytes.put(offset, all);
    return this;
  }

  void get(int offset, byte[] into, int length) {
    bytes.get(offset, into, 0, length);
  }
}
