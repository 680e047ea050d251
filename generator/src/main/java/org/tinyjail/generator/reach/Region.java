package org.tinyjail.generator.reach;

/**
 * A part of the code that belongs together: a function, or a part of one.
 *
 * @param start address of its first byte
 * @param end address behind its last
 */
record Region(long start, long end) {
  boolean holds(long address) {
    return address >= start && address < end;
  }
}
