package org.tinyjail.agent;

/**
 * Chooses where the kernel wakes a caller that is answered.
 *
 * <p>One caller alone is best woken in step, on the processor of whoever answers (SYNC_WAKE_UP):
 * another one has to be woken from its sleep first. Where several wait at once that would keep all
 * of them on one processor, so they are woken wherever there is room.
 */
final class WakeUps {
  /** Every so many notifications it is looked whether another waits. */
  private static final int INTERVAL = 8;

  /** How many more looks must have found others waiting than not, or the reverse, for a change. */
  private static final int MARGIN = 8;

  private final NotificationFd fd;
  private int received;
  private int balance;
  private boolean inStep = true;
  private boolean possible = true;

  /**
   * @param fd whose flag SYNC_WAKE_UP is set; a kernel that has no such flag (before 6.6) is left
   *     alone
   */
  WakeUps(NotificationFd fd) {
    this.fd = fd;
  }

  /** To be told of each notification, before it is answered. */
  void received() {
    received++;
    if (received % INTERVAL != 0 || !possible) {
      return;
    }
    balance = Math.max(0, Math.min(MARGIN, balance + (fd.isReadable() ? 1 : -1)));
    if (balance == (inStep ? MARGIN : 0)) {
      inStep = !inStep;
      possible = fd.wakeInStep(inStep);
    }
  }
}
