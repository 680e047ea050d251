package org.tinyjail.agent;

import java.time.Duration;
import org.tinyjail.agent.PacketSocket.Packet;

/**
 * Answers the calls of a run and feeds it through a descriptor, a connection or a terminal, both in
 * one thread: so it is known when nothing is left to be done. What the target writes is dropped.
 */
final class Feeder {
  private static final int POLLFD_SIZE = 8;

  /**
   * Terminals deliver by a worker of the kernel's, connections at once unless it has much to do.
   */
  private static final Duration DELIVERY = Duration.ofMillis(20);

  /** So long most calls let the next one wait; whoever lets it wait longer is looked at. */
  private static final Duration MOMENT = Duration.ofNanos(50_000);

  private static final Duration NAP = Duration.ofMillis(1);

  private final LinuxC c;
  private final ForkServer server;
  private final NotificationFd listener;
  private final boolean firstOnly;
  private final NativeBuffer polled = NativeBuffer.allocate(2 * POLLFD_SIZE);
  private final NativeBuffer timespec = NativeBuffer.allocate(16);
  private final NativeBuffer read = NativeBuffer.allocate(1 << 16);
  private NativeBuffer written = NativeBuffer.allocate(1 << 16);
  private int fd = -1;
  private long end;
  private int crash;
  private boolean ran;

  /** Why it waits no longer. */
  enum Pause {
    /** All processes sleep, and no call waits for an answer. */
    QUIET,
    /** The target has closed the descriptor. */
    CLOSED,
    /** The run is over. */
    ENDED,
    /** The time is up. */
    LATE,
    /** The fork server is gone. */
    GONE
  }

  /**
   * @param firstOnly whether a run has ended with its first process, whatever it has started
   */
  Feeder(LinuxC c, ForkServer server, NotificationFd listener, boolean firstOnly) {
    this.c = c;
    this.server = server;
    this.listener = listener;
    this.firstOnly = firstOnly;
  }

  /** From now on there is this much time. */
  void limit(Duration time) {
    end = System.nanoTime() + time.toNanos();
  }

  /** How much of that is left; not positive: none. */
  Duration left() {
    return Duration.ofNanos(end - System.nanoTime());
  }

  /** The descriptor is ours to close: by the next one, or {@link #drop}. */
  void take(int descriptor) {
    drop();
    fd = descriptor;
  }

  /** Closes the descriptor, if there is one. */
  void drop() {
    if (fd >= 0) {
      c.close(fd);
      fd = -1;
    }
  }

  /** The signal that has ended a process without a parent, since the last time; 0: none has. */
  int takeCrash() {
    int taken = crash;
    crash = 0;
    return taken;
  }

  /** Until there is nothing to do. */
  Pause settle() {
    while (System.nanoTime() - end < 0) {
      if (firstOnly && server.hasEnded()) {
        return Pause.ENDED;
      }
      if (poll(MOMENT)) {
        if (isReady(0)) {
          if (!server.answerNext()) {
            return Pause.GONE;
          }
        } else if (!drain()) {
          return Pause.CLOSED;
        }
      } else {
        int seen = look();
        if (seen < 0) {
          return Pause.GONE;
        } else if (seen == FuzzWire.LOOK_NONE && server.hasEnded()) {
          return Pause.ENDED;
        } else if (seen == FuzzWire.LOOK_ASLEEP && !poll(Duration.ZERO)) {
          return Pause.QUIET;
        }
      }
    }
    return Pause.LATE;
  }

  /** The same when the run has slept for {@code time}, or does anything else. */
  Pause settleFor(Duration time) {
    long quietEnd = System.nanoTime() + time.toNanos();
    Pause pause = settle();
    while (pause == Pause.QUIET && System.nanoTime() - quietEnd < 0) {
      var unused = poll(NAP);
      pause = settle();
    }
    return pause;
  }

  /** Whether anything is to be done; answered calls and data first, an end of the server last. */
  private boolean poll(Duration time) {
    timespec.putLong(0, time.getSeconds()).putLong(8, time.getNano());
    polled.putInt(0, listener.descriptor()).putInt(4, LinuxC.POLLIN);
    polled.putInt(POLLFD_SIZE, fd).putInt(POLLFD_SIZE + 4, LinuxC.POLLIN);
    return c.ppoll(polled.address(), 2, timespec.address()) > 0;
  }

  private boolean isReady(int index) {
    return polled.getInt(index * POLLFD_SIZE + 4) >>> 16 != 0;
  }

  /** False: the other side has closed it, and it is closed here. */
  private boolean drain() {
    long got = c.read(fd, read.address(), read.size());
    if (got > 0 || got == -LinuxC.EAGAIN || got == -LinuxC.EINTR) {
      return true;
    }
    drop();
    return false;
  }

  /** One of {@code LOOK_…}; negative: the executor is gone. */
  private int look() {
    Packet answer = server.ask(FuzzWire.MESSAGE_LOOK, 0, "");
    if (answer == null || answer.getInt(0) != FuzzWire.MESSAGE_LOOK) {
      return -1;
    }
    int value = answer.getInt(4);
    crash = value >>> 8 == 0 ? crash : value >>> 8;
    ran |= (value & FuzzWire.LOOK_RAN) != 0;
    return value & 0xff & ~FuzzWire.LOOK_RAN;
  }

  /**
   * Writes {@code bytes}, and waits until the target has done what it does with them. What it does
   * not read is dropped.
   */
  Pause write(byte[] bytes) {
    if (bytes.length > written.size()) {
      written = NativeBuffer.allocate(bytes.length);
    }
    written.bytes().put(0, bytes);
    ran = false;
    int at = 0;
    boolean again = false;
    while (at < bytes.length && fd >= 0) {
      long result = c.write(fd, written.address(at), bytes.length - at);
      if (result > 0) {
        at += (int) result;
        again = false;
      } else if (again) {
        break; // it sleeps and does not read
      } else {
        Pause pause = settle();
        if (pause != Pause.QUIET) {
          return pause;
        }
        again = true;
      }
    }
    return settleStirred();
  }

  /** Lets the other side see the end of what is written, and waits likewise. */
  Pause endWriting() {
    ran = false;
    if (fd >= 0) {
      c.shutdownWriting(fd);
    }
    return settleStirred();
  }

  /** The kernel may take a moment until it wakes who waits for what was written. */
  private Pause settleStirred() {
    long stillEnd = System.nanoTime() + DELIVERY.toNanos();
    Pause pause = settle();
    while (pause == Pause.QUIET && !ran && System.nanoTime() - stillEnd < 0) {
      var unused = poll(NAP);
      pause = settle();
    }
    return pause;
  }
}
