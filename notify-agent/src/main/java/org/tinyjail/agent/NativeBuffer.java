package org.tinyjail.agent;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/** Memory that native calls may fill, little-endian; it lives as long as this object is held. */
final class NativeBuffer {
  private final ByteBuffer bytes;
  private final LongBuffer longs;
  private final long address;

  private NativeBuffer(ByteBuffer bytes) {
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    this.longs = this.bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear().asLongBuffer();
    this.address = Pointer.nativeValue(Native.getDirectBufferPointer(bytes));
  }

  /** Zeroed memory of {@code size} bytes. */
  static NativeBuffer allocate(int size) {
    return new NativeBuffer(ByteBuffer.allocateDirect(size));
  }

  /** The memory of a direct or mapped buffer, from its first byte. */
  static NativeBuffer of(ByteBuffer direct) {
    return new NativeBuffer(direct);
  }

  ByteBuffer bytes() {
    return bytes;
  }

  long address() {
    return address;
  }

  long address(int offset) {
    return address + offset;
  }

  int size() {
    return bytes.capacity();
  }

  int getInt(int offset) {
    return bytes.getInt(offset);
  }

  long getLong(int offset) {
    return bytes.getLong(offset);
  }

  NativeBuffer putInt(int offset, int value) {
    bytes.putInt(offset, value);
    return this;
  }

  NativeBuffer putLong(int offset, long value) {
    bytes.putLong(offset, value);
    return this;
  }

  /** The long of index {@code index}: quicker than {@link #getLong}, which may be unaligned. */
  long getWord(int index) {
    return longs.get(index);
  }

  NativeBuffer putWord(int index, long value) {
    longs.put(index, value);
    return this;
  }

  NativeBuffer putWords(int index, long[] values) {
    longs.put(index, values);
    return this;
  }

  /** Copies {@code length} bytes out. */
  byte[] copy(int offset, int length) {
    byte[] copy = new byte[length];
    bytes.get(offset, copy);
    return copy;
  }

  /** Puts {@code text} and a NUL at the start. */
  NativeBuffer putText(byte[] text) {
    bytes.put(0, text).put(text.length, (byte) 0);
    return this;
  }
}
