package org.tinyjail.agent;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A socket of packets of one size, with descriptors. Sending is for any thread, receiving for one.
 */
final class PacketSocket {
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int MSG_TRUNCATED = 0x20 | 8;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;

  // struct msghdr, struct iovec, room for descriptors, the packet.
  private static final int IOV = 56;
  private static final int ANCILLARY = 72;
  private static final int ANCILLARY_SIZE = 64;
  private static final int PACKET = ANCILLARY + ANCILLARY_SIZE;
  private static final int CMSG_HEADER = 16;
  private static final int NUMBERS = 8;

  private final LinuxC c;
  private final int fd;
  private final int size;
  private final NativeBuffer in;
  private final NativeBuffer out;

  /** A packet; its descriptors are the receiver's to close. */
  static final class Packet {
    private final byte[] bytes;
    private final List<Integer> descriptors;

    private Packet(byte[] bytes, List<Integer> descriptors) {
      this.bytes = bytes;
      this.descriptors = descriptors;
    }

    List<Integer> descriptors() {
      return descriptors;
    }

    /** The little-endian number at {@code offset}. */
    int getInt(int offset) {
      return Little.integer(bytes, offset);
    }

    /** The text at {@code offset}, up to a NUL or the end. */
    String text(int offset) {
      int end = offset;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      return new String(bytes, offset, end - offset, StandardCharsets.UTF_8);
    }
  }

  /**
   * @param size of each packet, in bytes
   */
  PacketSocket(LinuxC c, int fd, int size) {
    this.c = c;
    this.fd = fd;
    this.size = size;
    this.in = NativeBuffer.allocate(PACKET + size);
    this.out = NativeBuffer.allocate(size);
  }

  int descriptor() {
    return fd;
  }

  /**
   * Waits for the next packet; null when the other side is gone.
   *
   * @throws AgentException if it is malformed
   */
  @Nullable Packet receive() {
    long got;
    do {
      prepare();
      got = c.recvmsg(fd, in.address(), MSG_CMSG_CLOEXEC);
    } while (got == -LinuxC.EINTR);
    if (got <= 0) {
      return null;
    }
    List<Integer> descriptors = descriptors();
    if (got != size || (in.getInt(48) & MSG_TRUNCATED) != 0) {
      descriptors.forEach(c::close);
      throw new AgentException("a message from the launcher is malformed: " + got + " bytes");
    }
    return new Packet(in.copy(PACKET, size), descriptors);
  }

  private void prepare() {
    in.putLong(0, 0).putInt(8, 0).putLong(16, in.address(IOV)).putLong(24, 1);
    in.putLong(32, in.address(ANCILLARY)).putLong(40, ANCILLARY_SIZE).putInt(48, 0);
    in.putLong(IOV, in.address(PACKET)).putLong(IOV + 8, size);
    in.putLong(ANCILLARY, 0);
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

  /** Sends a packet that begins with two numbers, the rest 0; false if the other side is gone. */
  boolean send(int first, int second) {
    return send(first, second, "");
  }

  /** The same with a text behind the numbers; it leaves room for a NUL. */
  synchronized boolean send(int first, int second, String text) {
    out.putInt(0, first).putInt(4, second);
    byte[] bytes = Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), size - NUMBERS);
    out.bytes().put(NUMBERS, bytes);
    return c.send(fd, out.address(), size, MSG_NOSIGNAL) == size;
  }
}
