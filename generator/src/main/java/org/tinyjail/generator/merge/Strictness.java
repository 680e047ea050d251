package org.tinyjail.generator.merge;

import java.util.Locale;

/** What a policy does with calls that a binary can reach but that nobody has seen it make. */
public enum Strictness {
  /** Denies them. */
  STRICT,
  /** Allows them unless they are of high risk. */
  BALANCED,
  /** Allows them, and all arguments that the binary can pass. */
  SOUND;

  /** The lower-case word of options and reports. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
