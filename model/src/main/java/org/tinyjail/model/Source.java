package org.tinyjail.model;

import java.util.Locale;

/** Who says that a program needs a call. */
public enum Source {
  /** The agent answered the call: it was made. */
  OBSERVED,
  /** As {@link #OBSERVED}, caused by an input of the fuzzer. */
  FUZZED,
  /** The kernel's audit log has the call. */
  LOGGED,
  /** The binary can reach the call. */
  STATIC;

  /** The lower-case word of reports. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
