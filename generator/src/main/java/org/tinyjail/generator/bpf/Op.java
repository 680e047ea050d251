package org.tinyjail.generator.bpf;

/** The instructions of classic BPF that filters use. Source: linux/bpf_common.h. */
final class Op {
  /** A = word at offset k of seccomp_data. */
  static final int LOAD = 0x20;

  /** A &= k. */
  static final int AND = 0x54;

  /** Jump forward by k. */
  static final int JUMP = 0x05;

  /** A == k? */
  static final int EQ = 0x15;

  /** A > k, unsigned? */
  static final int GT = 0x25;

  /** A >= k, unsigned? */
  static final int GE = 0x35;

  /** A & k not 0? */
  static final int SET = 0x45;

  /** Answer k. */
  static final int RETURN = 0x06;

  /** Offsets in seccomp_data, and its size. */
  static final int NUMBER = 0;

  static final int ARCH = 4;
  static final int ARGUMENTS = 16;
  static final int DATA_SIZE = 64;

  private Op() {}

  /** The offset of the low word of an argument; little-endian, as all machines with a table are. */
  static int low(int index) {
    return ARGUMENTS + 8 * index;
  }

  /** The offset of the high word of an argument. */
  static int high(int index) {
    return low(index) + 4;
  }
}
