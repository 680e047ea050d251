package org.tinyjail.agent;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/** {@link LinuxC} by JNA's direct mapping: primitive values only, nothing allocated by a call. */
final class JnaLinuxC implements LinuxC {
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
  public long recvmsg(int fd, long message, int flags) {
    return result(Direct.recvmsg(fd, message, flags));
  }

  @Override
  public long send(int fd, long bytes, long size, int flags) {
    return result(Direct.send(fd, bytes, size, flags));
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

    static native long recvmsg(int fd, long message, int flags);

    static native long send(int fd, long bytes, long size, int flags);

    static native long read(int fd, long bytes, long size);

    static native long write(int fd, long bytes, long size);

    static native long pread(int fd, long bytes, long size, long offset);

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
