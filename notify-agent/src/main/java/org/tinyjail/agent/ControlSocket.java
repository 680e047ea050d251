package org.tinyjail.agent;

import java.util.List;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/** The socket to the launcher: {@code struct control}, one a packet, with descriptors. */
final class ControlSocket {
  private static final int MEMORY_SECONDS = 2;

  private final LinuxC c;
  private final PacketSocket socket;
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
    this.socket = new PacketSocket(c, fd, Wire.CONTROL_SIZE);
  }

  int descriptor() {
    return socket.descriptor();
  }

  /**
   * Waits for the next message.
   *
   * @throws AgentException if it is malformed
   */
  Message receive() {
    PacketSocket.Packet packet = socket.receive();
    return packet == null
        ? new Message(CLOSED, 0, 0, List.of())
        : new Message(packet.getInt(0), packet.getInt(4), packet.getInt(8), packet.descriptors());
  }

  /** Sends a message without descriptors; false if the launcher is gone. */
  boolean send(int type, int thread) {
    return socket.send(type, thread);
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
