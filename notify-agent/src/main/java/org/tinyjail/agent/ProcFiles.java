package org.tinyjail.agent;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads {@code /proc/TID/…} as raw bytes; for one thread. */
final class ProcFiles {
  /** More than any file here has; the rest of a longer one is left out. */
  static final int FILE_MAX = 4 << 20;

  private static final int O_RDONLY_CLOEXEC = 0x80000;

  private static final String[] NONE = {};

  private final LinuxC c;
  private final NativeBuffer path = NativeBuffer.allocate(64);
  private final NativeBuffer buffer = NativeBuffer.allocate(1 << 16);

  ProcFiles(LinuxC c) {
    this.c = c;
  }

  /** Where the link {@code name} of a thread leads; null if it cannot be read. */
  byte @Nullable [] link(int thread, String name) {
    long length = linkLength(thread, name);
    return length < 0 ? null : buffer.copy(0, (int) length);
  }

  /** Whether the link {@code name} of a thread leads to {@code expected}. */
  boolean linkIs(int thread, String name, byte[] expected) {
    long length = linkLength(thread, name);
    if (length != expected.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if (buffer.bytes().get(i) != expected[i]) {
        return false;
      }
    }
    return true;
  }

  /** The length of what the link leads to, now in the buffer, or the negated errno. */
  private long linkLength(int thread, String name) {
    return c.readlink(path(thread, name), buffer.address(), buffer.size());
  }

  /** The errno of reading a link; 0 if it can be read. */
  int linkError(int thread, String name) {
    return (int) -Math.min(0, linkLength(thread, name));
  }

  /** The file {@code name} of a thread; null if it cannot be read. */
  byte @Nullable [] file(int thread, String name) {
    int fd = c.open(path(thread, name), O_RDONLY_CLOEXEC);
    if (fd < 0) {
      return null;
    }
    try {
      return all(fd);
    } finally {
      c.close(fd);
    }
  }

  private byte @Nullable [] all(int fd) {
    byte[] bytes = {};
    while (bytes.length < FILE_MAX) {
      long length = c.read(fd, buffer.address(), buffer.size());
      if (length < 0) {
        return null;
      }
      if (length == 0) {
        return bytes;
      }
      byte[] longer = Arrays.copyOf(bytes, bytes.length + (int) length);
      buffer.bytes().get(0, longer, bytes.length, (int) length);
      bytes = longer;
    }
    return bytes;
  }

  /** Whether {@code thread} is one of process {@code process}. */
  boolean isThreadOf(int thread, int process) {
    return linkError(process, "task/" + thread + "/exe") != LinuxC.ENOENT;
  }

  /** The thread group of a thread; 0 if it is gone. */
  int threadGroup(int thread) {
    byte[] status = file(thread, "status");
    String group = status == null ? null : statusField(status, "Tgid");
    return group == null ? 0 : Integer.parseInt(group);
  }

  /**
   * The value of a field of a file {@code status}, but not of its first, the name; null if none.
   */
  static @Nullable String statusField(byte[] status, String field) {
    String text = new String(status, StandardCharsets.ISO_8859_1);
    String begin = "\n" + field + ":\t";
    int at = text.indexOf(begin);
    int end = text.indexOf('\n', at + 1);
    return at < 0 || end < 0 ? null : text.substring(at + begin.length(), end);
  }

  /** When a thread began, in clock ticks since the boot; 0 if it is gone. */
  long startTime(int thread) {
    byte[] stat = file(thread, "stat");
    return stat == null ? 0 : ProcStat.startTime(stat);
  }

  /** The bottom of the stack of a thread's process; 0 if the kernel does not say. */
  long stackStart(int thread) {
    byte[] stat = file(thread, "stat");
    return stat == null ? 0 : ProcStat.stackStart(stat);
  }

  /** The stack pointer of a thread that waits in a call; 0 if the kernel does not say. */
  long stackPointer(int thread) {
    byte[] line = file(thread, "syscall");
    String[] fields =
        line == null ? NONE : new String(line, StandardCharsets.US_ASCII).trim().split(" ", -1);
    String pointer = fields.length < 2 ? "" : fields[fields.length - 2];
    return pointer.startsWith("0x") ? Long.parseUnsignedLong(pointer.substring(2), 16) : 0;
  }

  /** The parent of a process; 0 if unknown. */
  int parent(int process) {
    byte[] stat = file(process, "stat");
    return stat == null ? 0 : ProcStat.parent(stat);
  }

  private long path(int thread, String name) {
    byte[] text = ("/proc/" + thread + "/" + name).getBytes(StandardCharsets.US_ASCII);
    return path.putText(text).address();
  }
}
