package org.tinyjail.agent;

import org.jspecify.annotations.Nullable;

/** What was behind the arguments of one call, whether read now or long ago. */
interface MemoryView {
  /** Nothing behind any argument. */
  MemoryView NOTHING = argument -> null;

  /** What was behind argument {@code index}; null if nobody looked. */
  @Nullable Block block(int index);

  /**
   * What was behind one argument, in the form of {@code struct denial_block}.
   *
   * @param kind {@code enum pointer_kind}
   * @param error 0, or the errno of the read; then there are no bytes
   */
  record Block(int kind, int error, Bytes bytes) {
    static Block of(int kind, byte[] bytes) {
      return new Block(kind, 0, new Bytes(bytes));
    }

    static Block unreadable(int kind, int error) {
      return new Block(kind, error, new Bytes(new byte[0]));
    }

    boolean isReadable() {
      return error == 0;
    }
  }

  /** Bytes that nobody changes. */
  @SuppressWarnings("ArrayRecordComponent")
  record Bytes(byte[] array) {
    int length() {
      return array.length;
    }
  }
}
