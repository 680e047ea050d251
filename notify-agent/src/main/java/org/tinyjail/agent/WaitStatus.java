package org.tinyjail.agent;

/** The status that waitpid gives. */
public final class WaitStatus {
  private WaitStatus() {}

  /** As a shell has it: the exit code, or 128+n for signal n. */
  public static int exitCode(int status) {
    int signal = signal(status);
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal;
  }

  /** The signal that has ended the process; 0: it ended by itself. */
  public static int signal(int status) {
    return status & 0x7f;
  }
}
