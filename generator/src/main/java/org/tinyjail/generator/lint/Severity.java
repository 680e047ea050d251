package org.tinyjail.generator.lint;

import java.util.Locale;

/** How bad a finding is, the worst first. */
public enum Severity {
  /** The policy does not do what it says, or nothing can run under it. */
  ERROR,
  /** It probably does not do what was meant. */
  WARNING,
  /** Good to know. */
  NOTE;

  /** The lower-case word of reports and options. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
