package org.tinyjail.agent;

import java.time.Duration;
import org.tinyjail.agent.PacketSocket.Packet;

/** Has a run killed that takes too long; the thread that runs it may wait in the kernel. */
final class Deadline implements AutoCloseable {
  private static final long CHECK_MILLISECONDS = 20;

  /** For a kill to be done, which the server reports; one that was stopped does not. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final PacketSocket control;
  private final Runnable lastResort;
  private final Thread thread;
  private volatile boolean closed;

  // Guarded by this.
  private boolean running;
  private long end;
  private boolean late;

  /**
   * @param lastResort ends the server and all it has started, where killing its run is not enough
   */
  Deadline(PacketSocket control, Runnable lastResort) {
    this.lastResort = lastResort;
    this.control = control;
    this.thread = new Thread(this::watch, "deadline");
    thread.setDaemon(true);
    thread.start();
  }

  synchronized void begin(Duration timeout) {
    running = true;
    late = false;
    end = System.nanoTime() + timeout.toNanos();
  }

  /** Whether the run that has ended was killed. */
  synchronized boolean end() {
    running = false;
    return late;
  }

  /** Takes the answer to a kill; false if the executor is gone. */
  synchronized boolean settle() {
    if (!late) {
      return true;
    }
    late = false;
    Packet answer = control.receive();
    return answer != null && answer.getInt(0) == FuzzWire.MESSAGE_KILLED;
  }

  private void watch() {
    while (!closed) {
      try {
        Thread.sleep(CHECK_MILLISECONDS);
      } catch (InterruptedException e) {
        return;
      }
      check();
    }
  }

  private synchronized void check() {
    long over = running ? System.nanoTime() - end : 0;
    if (over > 0 && !late) {
      late = control.send(FuzzWire.MESSAGE_KILL, 0);
    } else if (over > GRACE.toNanos()) {
      running = false;
      lastResort.run();
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
