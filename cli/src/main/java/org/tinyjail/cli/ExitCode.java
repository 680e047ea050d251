package org.tinyjail.cli;

/**
 * What tiny-jail's commands answer; those that start a target use {@link #FAILED} for all own
 * failures.
 */
final class ExitCode {
  static final int DONE = 0;
  static final int FINDINGS = 1;
  static final int USAGE = 2;
  static final int BAD_INPUT = 4;
  static final int STORE_UNAVAILABLE = 5;
  static final int FAILED = 125;

  private ExitCode() {}
}
