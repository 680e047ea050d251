package org.tinyjail.agent;

/** The listener's descriptor and its ioctls; see seccomp_unotify(2). */
final class NotificationFd {
  static final int NOTIFICATION_SIZE = 80;

  private static final long RECV = 0xC0502100L;
  private static final long SEND = 0xC0182101L;
  private static final long ID_VALID = 0x40082102L;
  private static final long ADDFD = 0x40182103L;
  private static final long SET_FLAGS = 0x40082104L;
  private static final long SYNC_WAKE_UP = 1;
  private static final int RESPONSE_SIZE = 24;
  private static final int FLAG_CONTINUE = 1;
  private static final int ADDFD_SEND = 2;
  private static final int GET_NOTIF_SIZES = 3;

  private final LinuxC c;
  private final int fd;
  private final NativeBuffer poll = NativeBuffer.allocate(8);

  NotificationFd(LinuxC c, int fd) {
    this.c = c;
    this.fd = fd;
  }

  /**
   * Asks the kernel for its sizes.
   *
   * @throws AgentException if they are not those of this program
   */
  static void checkSizes(LinuxC c) {
    NativeBuffer sizes = NativeBuffer.allocate(8);
    int result = c.seccomp(GET_NOTIF_SIZES, 0, sizes.address());
    if (result < 0) {
      throw new AgentException(
          "this kernel has no seccomp user notification (errno " + -result + ")");
    }
    int notification = Short.toUnsignedInt(sizes.bytes().getShort(0));
    int response = Short.toUnsignedInt(sizes.bytes().getShort(2));
    if (notification != NOTIFICATION_SIZE || response != RESPONSE_SIZE) {
      throw new AgentException(
          "this kernel's notifications have "
              + notification
              + " bytes and responses "
              + response
              + ", known are "
              + NOTIFICATION_SIZE
              + " and "
              + RESPONSE_SIZE);
    }
  }

  /** A buffer for {@link #send}; one for each thread that answers. */
  static NativeBuffer newResponse() {
    return NativeBuffer.allocate(RESPONSE_SIZE);
  }

  int descriptor() {
    return fd;
  }

  /** Waits for a notification and puts it at {@code address}, which must be zeroed. */
  int receive(long address) {
    return c.ioctl(fd, RECV, address);
  }

  /** Whether the thread that was notified for {@code id} still waits. */
  boolean isValid(long id, NativeBuffer buffer) {
    buffer.putLong(0, id);
    return c.ioctl(fd, ID_VALID, buffer.address()) == 0;
  }

  /**
   * Answers; ENOENT means that nobody waits any longer. An answer that the kernel refuses, such as
   * a descriptor for a target that may have no more, becomes its errno: the target never hangs.
   */
  int send(NativeBuffer response, long id, Verdict verdict) {
    int result = attempt(response, id, verdict);
    if (result < 0 && result != -LinuxC.ENOENT) {
      return send(response, id, 0, result, 0);
    }
    return result;
  }

  private int attempt(NativeBuffer response, long id, Verdict verdict) {
    if (verdict instanceof Verdict.UnsafeContinue) {
      return send(response, id, 0, 0, FLAG_CONTINUE);
    } else if (verdict instanceof Verdict.Fail fail) {
      return send(response, id, 0, -fail.errno(), 0);
    } else if (verdict instanceof Verdict.Value value) {
      return send(response, id, value.value(), 0, 0);
    } else if (verdict instanceof Verdict.Descriptor descriptor) {
      return addDescriptor(response, id, descriptor.fd());
    }
    throw new IllegalArgumentException("no answer to send: " + verdict);
  }

  private int send(NativeBuffer response, long id, long value, int error, int flags) {
    response.putWord(0, id).putWord(1, value);
    response.putWord(2, (error & 0xffffffffL) | ((long) flags << 32));
    return c.ioctl(fd, SEND, response.address());
  }

  private int addDescriptor(NativeBuffer buffer, long id, int source) {
    buffer.putLong(0, id).putInt(8, ADDFD_SEND).putInt(12, source).putInt(16, 0).putInt(20, 0);
    return Math.min(0, c.ioctl(fd, ADDFD, buffer.address()));
  }

  /**
   * Whether callers are woken on the processor of whoever answers; takes effect with the next
   * notification.
   *
   * @return false if the kernel cannot (Linux before 6.6)
   */
  boolean wakeInStep(boolean on) {
    return c.ioctl(fd, SET_FLAGS, on ? SYNC_WAKE_UP : 0) == 0;
  }

  /** Whether a notification waits to be received. */
  boolean isReadable() {
    return has(LinuxC.POLLIN);
  }

  /** Whether the last task of the filter is gone. */
  boolean isHungUp() {
    return has(LinuxC.POLLHUP);
  }

  private boolean has(int event) {
    poll.putInt(0, fd).putInt(4, event);
    return c.poll(poll.address(), 1, 0) == 1 && ((poll.getInt(4) >>> 16) & event) != 0;
  }
}
