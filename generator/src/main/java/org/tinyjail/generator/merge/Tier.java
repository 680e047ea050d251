package org.tinyjail.generator.merge;

import java.util.Locale;

/** How well a rule is supported. */
public enum Tier {
  /** The call was made. */
  NEEDED,
  /** The binary can reach the call; nobody has seen it make it. */
  POSSIBLE,
  /** No evidence: the note says what the rule is for. */
  ADDED;

  /** The lower-case word of reports. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
