package org.tinyjail.agent;

import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/**
 * The loop that answers notifications: receive, decide, send, until the filter's last task is gone.
 *
 * <p>It waits in RECV itself, which costs one system call less for each notification than polling
 * first, and wakes on the caller's own CPU.
 */
final class Listener {
  private static final Verdict LAUNCH =
      Verdict.unsafeContinue("the launch itself, not the program's");

  private final NotificationFd fd;
  private final Slots slots;
  private final Decider decider;
  private final ProcessTable processes;
  private final Notification notification;
  private final NativeBuffer response = NotificationFd.newResponse();
  private int launching;

  /**
   * @param launching the process whose first execve passes, once; 0: none
   */
  Listener(
      NotificationFd fd,
      Slots slots,
      Decider decider,
      ProcessTable processes,
      TargetMemory target,
      int launching) {
    this.fd = fd;
    this.slots = slots;
    this.decider = decider;
    this.processes = processes;
    this.notification = new Notification(fd, slots, processes, target);
    this.launching = launching;
  }

  /** Answers until the last task is gone. */
  void run() throws InterruptedException {
    int slot = slots.take();
    while (true) {
      int result = fd.receive(slots.memory().address(Slots.offset(slot)));
      if (result == 0) {
        notification.moveTo(slot, System.nanoTime());
        slot = answer(slot);
      } else if (isEnd(result, slot)) {
        slots.release(slot);
        return;
      }
    }
  }

  /** Answers or hands over what is in {@code slot}; the slot to receive into next. */
  private int answer(int slot) throws InterruptedException {
    Verdict verdict = launching != 0 && isLaunch() ? LAUNCH : decider.decide(notification);
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

  /** Whether this is the execve by which the launcher's child becomes the target; true once. */
  private boolean isLaunch() {
    if (notification.thread() != launching || !Launch.isExec(notification.number())) {
      return false;
    }
    launching = 0;
    return true;
  }

  /** Numbers of the calls by which the launcher starts the target. */
  private static final class Launch {
    private static final int EXECVE = number("execve");
    private static final int EXECVEAT = number("execveat");

    private Launch() {}

    static boolean isExec(int number) {
      return number == EXECVE || number == EXECVEAT;
    }

    private static int number(String name) {
      return SyscallTable.of(Arch.current()).number(name).orElseThrow();
    }
  }
}
