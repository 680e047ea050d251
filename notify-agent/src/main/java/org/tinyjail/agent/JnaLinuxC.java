package org.tinyjail.agent;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/** {@link LinuxC} by JNA's direct mapping: primitive values only, nothing allocated by a call. */
final class JnaLinuxC implements LinuxC {
  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_ALLOW_SEALING = 2;
  private static final int AF_UNIX = 1;
  private static final int SOCK_SEQPACKET = 5;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int ABOVE_OURS = 16;
  private static final int WNOHANG = 1;
  private static final int SHUT_WR = 1;
  private static final int O_RDWR = 2;
  private static final byte[] DEV_NULL = {'/', 'd', 'e', 'v', '/', 'n', 'u', 'l', 'l'};

  /** Of {@code posix_spawn_file_actions_t}: 80 bytes in glibc, as many in musl. */
  private static final int FILE_ACTIONS_SIZE = 256;

  private final int seccompNumber;

  private JnaLinuxC() {
    seccompNumber = SyscallTable.of(Arch.current()).number("seccomp").orElseThrow();
  }

  /**
   * Loads JNA's library.
   *
   * @throws AgentException if that cannot be done
   */
  static LinuxC load() {
    try {
      Direct.bind();
      return new JnaLinuxC();
    } catch (LinkageError e) {
      throw new AgentException(
          "JNA's native library cannot be loaded ("
              + e.getMessage()
              + "); if the directory for temporary files is mounted noexec, choose another with"
              + " -Djna.tmpdir=DIR, or -Djna.boot.library.path=DIR with libjnidispatch.so in it",
          e);
    }
  }

  @Override
  public int ioctl(int fd, long request, long argument) {
    int result = Direct.ioctl(fd, request, argument);
    return result >= 0 ? result : -Native.getLastError();
  }

  @Override
  public int poll(long descriptors, int count, int milliseconds) {
    return (int) result(Direct.poll(descriptors, count, milliseconds));
  }

  @Override
  public int ppoll(long descriptors, int count, long timespec) {
    return (int) result(Direct.ppoll(descriptors, count, timespec, 0));
  }

  @Override
  public long recvmsg(int fd, long message, int flags) {
    return result(Direct.recvmsg(fd, message, flags));
  }

  @Override
  public long send(int fd, long bytes, long size, int flags) {
    return result(Direct.send(fd, bytes, size, flags));
  }

  @Override
  public int shutdownWriting(int fd) {
    return (int) result(Direct.shutdown(fd, SHUT_WR));
  }

  @Override
  public long read(int fd, long bytes, long size) {
    return result(Direct.read(fd, bytes, size));
  }

  @Override
  public long write(int fd, long bytes, long size) {
    return result(Direct.write(fd, bytes, size));
  }

  @Override
  public long pread(int fd, long bytes, long size, long offset) {
    return result(Direct.pread(fd, bytes, size, offset));
  }

  @Override
  public long pwrite(int fd, long bytes, long size, long offset) {
    return result(Direct.pwrite(fd, bytes, size, offset));
  }

  @Override
  public int ftruncate(int fd, long size) {
    return (int) result(Direct.ftruncate(fd, size));
  }

  @Override
  public int memfd(long name) {
    return (int) result(Direct.memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }

  @Override
  public int socketPair(long pair) {
    return (int) result(Direct.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
  }

  @Override
  public int copyOf(int fd) {
    return (int) result(Direct.fcntl(fd, F_DUPFD_CLOEXEC, ABOVE_OURS));
  }

  @Override
  public int waitFor(int pid, long status, boolean hang) {
    return (int) result(Direct.waitpid(pid, status, hang ? 0 : WNOHANG));
  }

  @Override
  public int spawn(long path, int... descriptors) {
    NativeBuffer actions = NativeBuffer.allocate(FILE_ACTIONS_SIZE);
    NativeBuffer nothing = NativeBuffer.allocate(16).putText(DEV_NULL);
    NativeBuffer words = NativeBuffer.allocate(16).putLong(0, path);
    NativeBuffer none = NativeBuffer.allocate(8);
    NativeBuffer pid = NativeBuffer.allocate(8);
    Direct.posix_spawn_file_actions_init(actions.address());
    try {
      for (int fd = 0; fd < 3; fd++) {
        Direct.posix_spawn_file_actions_addopen(
            actions.address(), fd, nothing.address(), O_RDWR, 0);
      }
      for (int i = 0; i < descriptors.length; i++) {
        Direct.posix_spawn_file_actions_adddup2(actions.address(), descriptors[i], 3 + i);
      }
      int error =
          Direct.posix_spawn(
              pid.address(), path, actions.address(), 0, words.address(), none.address());
      return error == 0 ? pid.getInt(0) : -error;
    } finally {
      Direct.posix_spawn_file_actions_destroy(actions.address());
      java.lang.ref.Reference.reachabilityFence(nothing);
    }
  }

  @Override
  public int open(long path, int flags) {
    return (int) result(Direct.open(path, flags));
  }

  @Override
  public long readlink(long path, long bytes, long size) {
    return result(Direct.readlink(path, bytes, size));
  }

  @Override
  public int close(int fd) {
    return (int) result(Direct.close(fd));
  }

  @Override
  public long processVmReadv(int pid, long local, long remote) {
    return result(Direct.process_vm_readv(pid, local, 1, remote, 1, 0));
  }

  @Override
  public int kill(int pid, int signal) {
    return (int) result(Direct.kill(pid, signal));
  }

  @Override
  public int prctl(int option, long a, long b) {
    return (int) result(Direct.prctl(option, a, b, 0, 0));
  }

  @Override
  public int seccomp(int operation, int flags, long argument) {
    return (int) result(Direct.syscall(seccompNumber, operation, flags, argument));
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

    static void bind() {}

    static native int ioctl(int fd, long request, long argument);

    static native int poll(long descriptors, long count, int milliseconds);

    static native int ppoll(long descriptors, long count, long timespec, long mask);

    static native long recvmsg(int fd, long message, int flags);

    static native long send(int fd, long bytes, long size, int flags);

    static native int shutdown(int fd, int how);

    static native long read(int fd, long bytes, long size);

    static native long write(int fd, long bytes, long size);

    static native long pread(int fd, long bytes, long size, long offset);

    static native long pwrite(int fd, long bytes, long size, long offset);

    static native int ftruncate(int fd, long size);

    static native int memfd_create(long name, int flags);

    static native int socketpair(int domain, int type, int protocol, long pair);

    static native int fcntl(int fd, int command, long argument);

    static native int waitpid(int pid, long status, int options);

    static native int posix_spawn_file_actions_init(long actions);

    static native int posix_spawn_file_actions_destroy(long actions);

    static native int posix_spawn_file_actions_addopen(
        long actions, int fd, long path, int flags, int mode);

    static native int posix_spawn_file_actions_adddup2(long actions, int from, int to);

    static native int posix_spawn(
        long pid, long path, long actions, long attributes, long words, long variables);

    static native int open(long path, int flags);

    static native long readlink(long path, long bytes, long size);

    static native int close(int fd);

    static native long process_vm_readv(
        int pid, long local, long localCount, long remote, long remoteCount, long flags);

    static native int kill(int pid, int signal);

    static native int prctl(int option, long a, long b, long c, long d);

    static native long syscall(long number, long a, long b, long c);
  }
}
