package org.tinyjail.agent;

/** Little-endian numbers in byte arrays. */
final class Little {
  private Little() {}

  static int integer(byte[] bytes, int at) {
    return (bytes[at] & 0xff)
        | ((bytes[at + 1] & 0xff) << 8)
        | ((bytes[at + 2] & 0xff) << 16)
        | (bytes[at + 3] << 24);
  }

  static long word(byte[] bytes, int at) {
    return (integer(bytes, at) & 0xffffffffL) | ((long) integer(bytes, at + 4) << 32);
  }

  /** A pointer of 4 or 8 bytes. */
  static long pointer(byte[] bytes, int at, int size) {
    return size == 4 ? integer(bytes, at) & 0xffffffffL : word(bytes, at);
  }
}
