package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/** The socket to the launcher: {@code struct control}, one a packet, with descriptors. */
final class ControlSocket {
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int MSG_TRUNCATED = 0x20 | 8;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MEMORY_SECONDS = 2;

  private static final int IOV = 56;
  private static final int PAYLOAD = 72;
  private static final int ANCILLARY = 96;
  private static final int ANCILLARY_SIZE = 48;
  private static final int CMSG_HEADER = 16;

  private final LinuxC c;
  private final int fd;
  private final NativeBuffer in = NativeBuffer.allocate(ANCILLARY + ANCILLARY_SIZE);
  private final NativeBuffer out = NativeBuffer.allocate(Wire.CONTROL_SIZE);
  private final SynchronousQueue<Message> memoryAnswers = new SynchronousQueue<>();

  /**
   * A message.
   *
   * @param type {@code enum control_type}; {@link #CLOSED} when the launcher is gone
   */
  record Message(int type, int thread, int status, List<Integer> descriptors) {}

  static final int CLOSED = 0;

  ControlSocket(LinuxC c, int fd) {
    this.c = c;
    this.fd = fd;
  }

  int descriptor() {
    return fd;
  }

  /**
   * Waits for the next message.
   *
   * @throws AgentException if it is malformed
   */
  Message receive() {
    while (true) {
      prepare();
      long size = c.recvmsg(fd, in.address(), MSG_CMSG_CLOEXEC);
      if (size == -LinuxC.EINTR) {
        continue;
      }
      if (size <= 0) {
        return new Message(CLOSED, 0, 0, List.of());
      }
      return message(size);
    }
  }

  /** {@code struct msghdr}, {@code struct iovec}, the payload and room for descriptors. */
  private void prepare() {
    in.putLong(0, 0).putInt(8, 0).putLong(16, in.address(IOV)).putLong(24, 1);
    in.putLong(32, in.address(ANCILLARY)).putLong(40, ANCILLARY_SIZE).putInt(48, 0);
    in.putLong(IOV, in.address(PAYLOAD)).putLong(IOV + 8, Wire.CONTROL_SIZE);
    in.putLong(ANCILLARY, 0);
  }

  private Message message(long size) {
    List<Integer> descriptors = descriptors();
    if (size != Wire.CONTROL_SIZE || (in.getInt(48) & MSG_TRUNCATED) != 0) {
      descriptors.forEach(c::close);
      throw new AgentException("a message from the launcher is malformed: " + size + " bytes");
    }
    return new Message(
        in.getInt(PAYLOAD), in.getInt(PAYLOAD + 4), in.getInt(PAYLOAD + 8), descriptors);
  }

  private List<Integer> descriptors() {
    List<Integer> descriptors = new ArrayList<>();
    long length = in.getLong(ANCILLARY);
    boolean present = in.getLong(40) >= CMSG_HEADER && length <= ANCILLARY_SIZE;
    if (present
        && in.getInt(ANCILLARY + 8) == SOL_SOCKET
        && in.getInt(ANCILLARY + 12) == SCM_RIGHTS) {
      for (int at = CMSG_HEADER; at + Integer.BYTES <= length; at += Integer.BYTES) {
        descriptors.add(in.getInt(ANCILLARY + at));
      }
    }
    return List.copyOf(descriptors);
  }

  /** Sends a message without descriptors; false if the launcher is gone. */
  synchronized boolean send(int type, int thread) {
    out.putInt(0, type).putInt(4, thread).putLong(8, 0);
    return c.send(fd, out.address(), Wire.CONTROL_SIZE, MSG_NOSIGNAL) == Wire.CONTROL_SIZE;
  }

  /**
   * Asks the launcher for a thread's memory. Called by the listener's thread, while another one
   * receives and {@linkplain #memory passes on} the answer.
   */
  int openMemory(int thread) {
    if (!send(Wire.CONTROL_OPEN_MEMORY, thread)) {
      return -LinuxC.EPERM;
    }
    try {
      Message answer = memoryAnswers.poll(MEMORY_SECONDS, TimeUnit.SECONDS);
      while (answer != null && answer.thread != thread) {
        answer.descriptors.forEach(c::close);
        answer = memoryAnswers.poll(MEMORY_SECONDS, TimeUnit.SECONDS);
      }
      return answer == null ? -LinuxC.EPERM : result(answer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -LinuxC.EINTR;
    }
  }

  private static int result(Message answer) {
    if (answer.status == 0 && answer.descriptors.size() == 1) {
      return answer.descriptors.get(0);
    }
    return answer.status == 0 ? -LinuxC.EIO : -Math.abs(answer.status);
  }

  /** Passes an answer on to whoever waits for it; one that comes too late is dropped. */
  void memory(Message answer) throws InterruptedException {
    if (!memoryAnswers.offer(answer, MEMORY_SECONDS, TimeUnit.SECONDS)) {
      answer.descriptors.forEach(c::close);
    }
  }
}
