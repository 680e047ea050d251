package org.tinyjail.generator.x86;

/** What is added to the address of a memory operand. The other segments begin at 0. */
public enum Segment {
  /** Nothing. */
  NONE,
  /** The base of fs: the thread's own data. */
  FS,
  /** The base of gs. */
  GS
}
