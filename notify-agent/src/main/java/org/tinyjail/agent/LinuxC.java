package org.tinyjail.agent;

/**
 * The calls of Linux's C library that this module needs; the only way to native code.
 *
 * <p>Every method returns what the call returns, or the negated errno. Pointers are addresses, as
 * in {@link NativeBuffer}, which the caller must keep alive during the call.
 */
interface LinuxC {
  int EPERM = 1;
  int ENOENT = 2;
  int ESRCH = 3;
  int EINTR = 4;
  int EIO = 5;
  int EBADF = 9;
  int EAGAIN = 11;
  int EACCES = 13;
  int EFAULT = 14;
  int EXDEV = 18;
  int EINVAL = 22;
  int ENAMETOOLONG = 36;
  int ENOSYS = 38;

  int POLLIN = 1;
  int POLLOUT = 4;
  int POLLERR = 8;
  int POLLHUP = 16;

  int ioctl(int fd, long request, long argument);

  /** {@code poll} on an array of {@code struct pollfd}; milliseconds, −1 for ever. */
  int poll(long descriptors, int count, int milliseconds);

  /** {@code ppoll} with the time at {@code timespec}, and no signals blocked. */
  int ppoll(long descriptors, int count, long timespec);

  long recvmsg(int fd, long message, int flags);

  long send(int fd, long bytes, long size, int flags);

  /** Ends what a connection is written to with. */
  int shutdownWriting(int fd);

  long read(int fd, long bytes, long size);

  long write(int fd, long bytes, long size);

  long pread(int fd, long bytes, long size, long offset);

  long pwrite(int fd, long bytes, long size, long offset);

  int ftruncate(int fd, long size);

  int open(long path, int flags);

  /** A sealable file in memory, closed on exec. */
  int memfd(long name);

  /** Two connected sockets of {@code SOCK_SEQPACKET}, closed on exec, put at {@code pair}. */
  int socketPair(long pair);

  /**
   * Starts a program without arguments and environment, with {@code /dev/null} as its standard
   * streams; its process id.
   *
   * @param descriptors what it gets as 3, 4, ...; each above 15
   */
  int spawn(long path, int... descriptors);

  /** A copy of a descriptor above 15, closed on exec. */
  int copyOf(int fd);

  /** The status of a child that has ended, as of waitpid; 0 if it has not. Negative: errno. */
  int waitFor(int pid, long status, boolean hang);

  long readlink(long path, long bytes, long size);

  int close(int fd);

  /** One stretch of memory of process {@code pid}, by way of two {@code struct iovec}. */
  long processVmReadv(int pid, long local, long remote);

  int kill(int pid, int signal);

  int prctl(int option, long a, long b);

  /** {@code seccomp(2)}. */
  int seccomp(int operation, int flags, long argument);
}
