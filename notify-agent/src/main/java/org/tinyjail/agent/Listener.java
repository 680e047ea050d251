package org.tinyjail.agent;

import org.tinyjail.model.Action;

/**
 * The loop that answers notifications: receive, decide, send, until the filter's last task is gone.
 *
 * <p>It waits in RECV itself, which costs one system call less for each notification than polling
 * first.
 */
final class Listener {
  private static final Action REFUSAL = Action.fail(Action.EPERM);

  private final NotificationFd fd;
  private final Slots slots;
  private final Decider decider;
  private final ProcessTable processes;
  private final Outsiders outsiders;
  private final Notification notification;
  private final WakeUps wakeUps;
  private final NativeBuffer response = NotificationFd.newResponse();

  Listener(
      NotificationFd fd,
      Slots slots,
      Decider decider,
      ProcessTable processes,
      Outsiders outsiders,
      TargetMemory target) {
    this.fd = fd;
    this.slots = slots;
    this.decider = decider;
    this.processes = processes;
    this.outsiders = outsiders;
    this.wakeUps = new WakeUps(fd);
    this.notification = new Notification(fd, slots, processes, target);
  }

  /** Answers until the last task is gone. */
  void run() throws InterruptedException {
    int slot = slots.take();
    while (true) {
      int result = fd.receive(slots.memory().address(Slots.offset(slot)));
      if (result == 0) {
        notification.moveTo(slot, System.nanoTime());
        wakeUps.received();
        slot = answer(slot);
      } else if (isEnd(result, slot)) {
        slots.release(slot);
        return;
      }
    }
  }

  /** Answers or hands over what is in {@code slot}; the slot to receive into next. */
  private int answer(int slot) throws InterruptedException {
    Verdict verdict = decide();
    boolean held = verdict == Verdict.Held.INSTANCE;
    if (held != notification.isHeld()) {
      throw new IllegalStateException("a decider must either hold a notification or answer it");
    }
    if (held) {
      return slots.take();
    }
    processes.beforeAnswer(notification, verdict);
    fd.send(response, notification.id(), verdict);
    slots.clear(slot);
    return slot;
  }

  private Verdict decide() {
    if (!outsiders.areLimitedBy(notification)) {
      return decider.decide(notification);
    }
    decider.refused(notification, REFUSAL);
    return EnforcingDecider.denial(REFUSAL, 0);
  }

  /** ENOENT: withdrawn, or nobody is left. EINTR: a signal of the JVM's. */
  private boolean isEnd(int result, int slot) {
    slots.clear(slot);
    if (result == -LinuxC.ENOENT) {
      return fd.isHungUp();
    }
    if (result != -LinuxC.EINTR) {
      throw new AgentException("receiving a notification failed with errno " + -result);
    }
    return false;
  }
}
