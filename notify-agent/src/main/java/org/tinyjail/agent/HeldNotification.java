package org.tinyjail.agent;

import java.util.concurrent.atomic.AtomicBoolean;

/** A notification whose answer is given later, by any thread. */
public final class HeldNotification {
  private final NotificationFd fd;
  private final Slots slots;
  private final int slot;
  private final long id;
  private final AtomicBoolean answered = new AtomicBoolean();

  HeldNotification(NotificationFd fd, Slots slots, int slot, long id) {
    this.fd = fd;
    this.slots = slots;
    this.slot = slot;
    this.id = id;
  }

  /** Whether the target still waits for the answer. */
  public boolean isWaiting() {
    return !answered.get() && fd.isValid(id, NotificationFd.newResponse());
  }

  /**
   * Answers, once; later answers change nothing.
   *
   * @return whether the target got this answer; false if it was gone or had one already
   */
  public boolean answer(Verdict verdict) {
    if (!answered.compareAndSet(false, true)) {
      return false;
    }
    int result = fd.send(NotificationFd.newResponse(), id, verdict);
    slots.release(slot);
    return result == 0;
  }
}
