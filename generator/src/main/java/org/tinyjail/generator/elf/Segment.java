package org.tinyjail.generator.elf;

/**
 * A program header: a part of the file and where it is in memory.
 *
 * @param type {@code p_type}; see {@link #isLoaded}
 * @param flags {@code p_flags}
 * @param offset where the part begins in the file
 * @param address where it is in memory, before the load bias
 * @param fileSize its bytes in the file, all inside the file
 * @param memorySize its bytes in memory; what the file does not give is zero
 */
public record Segment(
    int type, int flags, long offset, long address, long fileSize, long memorySize) {
  static final int LOAD = 1;
  static final int DYNAMIC = 2;
  static final int INTERP = 3;
  static final int NOTE = 4;
  static final int EH_FRAME = 0x6474e550;

  /** Whether it is mapped into memory ({@code PT_LOAD}). */
  public boolean isLoaded() {
    return type == LOAD;
  }

  /** Whether its bytes may be executed ({@code PF_X}). */
  public boolean isExecutable() {
    return (flags & 1) != 0;
  }

  /** Whether its bytes may be written, if only before relocation is done ({@code PF_W}). */
  public boolean isWritable() {
    return (flags & 2) != 0;
  }

  /** Whether {@code length} bytes at {@code address} lie in it, given by the file or zero. */
  public boolean holds(long address, long length) {
    return inside(address, length, memorySize);
  }

  /** Whether {@code length} bytes at {@code address} lie in it and are given by the file. */
  public boolean gives(long address, long length) {
    return inside(address, length, fileSize);
  }

  private boolean inside(long address, long length, long size) {
    long start = address - this.address;
    return start >= 0 && length >= 0 && start <= size - length;
  }
}
