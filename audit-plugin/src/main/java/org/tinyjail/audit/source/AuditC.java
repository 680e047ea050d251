package org.tinyjail.audit.source;

/**
 * The calls of Linux's C library that reading the kernel's records needs; the only way to native
 * code. Every method returns what the call returns, or the negated errno. Pointers are addresses of
 * memory that the caller keeps.
 */
interface AuditC {
  int EPERM = 1;
  int EINTR = 4;
  int EAGAIN = 11;
  int ENOBUFS = 105;

  int POLLIN = 1;
  int MSG_DONTWAIT = 0x40;

  /** A socket of {@code NETLINK_AUDIT}, closed on exec. */
  int auditSocket();

  /** Has a socket take part in the multicast groups of a mask; the kernel gives it an address. */
  int bind(int fd, int groups);

  /** Room for {@code bytes}, beyond the system's limit if that is allowed; how much it has then. */
  int receiveBuffer(int fd, int bytes);

  /** {@code recvmmsg} without a timeout. */
  int recvmmsg(int fd, long messages, int count, int flags);

  /** {@code poll} of one descriptor for {@link #POLLIN}. */
  int poll(int fd, int milliseconds);

  /** Sends a message to the kernel. */
  long send(int fd, long bytes, long size);

  int close(int fd);

  /** Names this thread, and has a filter log {@code getppid} of it, which it then calls. */
  int logOneCall(long name, long filter);
}
