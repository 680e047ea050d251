package org.tinyjail.generator.reach;

/** How calls are found. */
public enum Method {
  /** Every pointer in data counts as used. */
  SAFE,

  /** A pointer in data counts only if code that can be reached refers to its object. */
  PRECISE,

  /**
   * As Confine does, for comparison: whatever a file takes from others counts as used, and nothing
   * is opened while the program runs. Ghavamnia et al., RAID 2020.
   */
  IMPORTS,

  /**
   * As sysfilter does, for comparison: {@link #SAFE}, but nothing is opened while the program runs.
   * DeMarinis et al., RAID 2020.
   */
  LINKED;

  boolean opensLibraries() {
    return this == SAFE || this == PRECISE;
  }
}
