package org.tinyjail.cli;

/** The status that waitpid(2) reports, on Linux. */
final class WaitStatus {
  private WaitStatus() {}

  /** As a shell shows it: the exit code, or 128+n for signal n. */
  static int exitCode(int status) {
    int signal = status & 0x7f;
    return signal == 0 ? status >> 8 & 0xff : 128 + signal;
  }
}
