package org.tinyjail.audit.source;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.lang.ref.Reference;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/** {@link AuditC} by JNA's direct mapping: primitive values only, nothing allocated by a call. */
final class JnaAuditC implements AuditC {
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 0x80003;
  private static final int NETLINK_AUDIT = 9;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVBUF = 8;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int PR_SET_NAME = 15;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int SET_MODE_FILTER = 1;

  private static final int SECCOMP =
      SyscallTable.of(Arch.current()).number("seccomp").orElseThrow();

  private final ThreadLocal<Memory> polled = ThreadLocal.withInitial(() -> Memory.allocate(8));

  @Override
  public int auditSocket() {
    return (int) result(Direct.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_AUDIT));
  }

  @Override
  public int bind(int fd, int groups) {
    Memory address = Memory.allocate(12).putShort(0, AF_NETLINK).putInt(8, groups);
    try {
      return (int) result(Direct.bind(fd, address.address(), address.size()));
    } finally {
      Reference.reachabilityFence(address);
    }
  }

  @Override
  public int receiveBuffer(int fd, int bytes) {
    Memory value = Memory.allocate(4).putInt(0, bytes);
    Memory size = Memory.allocate(4).putInt(0, value.size());
    try {
      int forced = Direct.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, value.address(), value.size());
      if (forced < 0) {
        Direct.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, value.address(), value.size());
      }
      long got = Direct.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, value.address(), size.address());
      // The kernel doubles what it is asked for, for its own bookkeeping: socket(7).
      return got < 0 ? (int) result(got) : value.getInt(0) / 2;
    } finally {
      Reference.reachabilityFence(value);
      Reference.reachabilityFence(size);
    }
  }

  @Override
  public int recvmmsg(int fd, long messages, int count, int flags) {
    return (int) result(Direct.recvmmsg(fd, messages, count, flags, 0));
  }

  @Override
  public int poll(int fd, int milliseconds) {
    Memory one = polled.get().putInt(0, fd).putShort(4, POLLIN);
    return (int) result(Direct.poll(one.address(), 1, milliseconds));
  }

  @Override
  public long send(int fd, long bytes, long size) {
    return result(Direct.send(fd, bytes, size, 0));
  }

  @Override
  public int close(int fd) {
    return (int) result(Direct.close(fd));
  }

  @Override
  public int logOneCall(long name, long filter) {
    Direct.prctl(PR_SET_NAME, name, 0, 0, 0);
    long result = result(Direct.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    if (result >= 0) {
      result = result(Direct.syscall(SECCOMP, SET_MODE_FILTER, 0, filter));
    }
    if (result >= 0) {
      Direct.getppid();
    }
    return (int) result;
  }

  private static long result(long result) {
    return result >= 0 ? result : -Native.getLastError();
  }

  /** The functions themselves, named as in C. */
  @SuppressWarnings({"MethodName", "MemberName"})
  private static final class Direct {
    private Direct() {}

    static {
      Native.register(Direct.class, NativeLibrary.getProcess());
    }

    static native int socket(int domain, int type, int protocol);

    static native int bind(int fd, long address, int size);

    static native int setsockopt(int fd, int level, int name, long value, int size);

    static native int getsockopt(int fd, int level, int name, long value, long size);

    static native int recvmmsg(int fd, long messages, int count, int flags, long timeout);

    static native int poll(long descriptors, long count, int milliseconds);

    static native long send(int fd, long bytes, long size, int flags);

    static native int close(int fd);

    static native int prctl(int option, long a, long b, long c, long d);

    static native long syscall(long number, long a, long b, long c);

    static native int getppid();
  }
}
