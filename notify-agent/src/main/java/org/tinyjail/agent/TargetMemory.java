package org.tinyjail.agent;

/** Reads the memory of threads that wait for an answer; for the listener's thread alone. */
final class TargetMemory {
  private static final int PAGE = 4096;

  /** Gets a descriptor of a thread's memory from somebody who may open it. */
  interface Opener {
    /** A descriptor, or the negated errno. */
    int open(int thread);
  }

  private final LinuxC c;
  private final ProcFiles files;
  private final Opener opener;
  private final NativeBuffer buffer = NativeBuffer.allocate(PAGE);
  private final NativeBuffer vectors = NativeBuffer.allocate(32);

  TargetMemory(LinuxC c, ProcFiles files, Opener opener) {
    this.c = c;
    this.files = files;
    this.opener = opener;
  }

  ProcFiles files() {
    return files;
  }

  /** What was read last. */
  NativeBuffer buffer() {
    return buffer;
  }

  /**
   * Reads into {@link #buffer} up to the first page that cannot be read.
   *
   * @param length at most a page
   * @return how many bytes, or the negated errno if there is none
   */
  int read(Caller caller, long address, int length) {
    int done = 0;
    while (done < length) {
      long from = address + done;
      int chunk = Math.min(length - done, PAGE - (int) (from & (PAGE - 1)));
      int result = readChunk(caller, from, done, chunk);
      if (result <= 0) {
        return done > 0 ? done : Math.min(result, -LinuxC.EFAULT);
      }
      done += result;
      if (result < chunk) {
        break;
      }
    }
    return done;
  }

  private int readChunk(Caller caller, long address, int at, int length) {
    TargetProcess process = caller.targetProcess();
    if (process.memory() < 0) {
      vectors.putLong(0, buffer.address(at)).putLong(8, length);
      vectors.putLong(16, address).putLong(24, length);
      long result = c.processVmReadv(caller.thread(), vectors.address(), vectors.address(16));
      if (result != -LinuxC.EPERM && result != -LinuxC.ENOSYS) {
        return (int) result;
      }
      if (!openMemory(caller.thread(), process)) {
        return -process.memoryError();
      }
    }
    return (int) c.pread(process.memory(), buffer.address(at), length, address);
  }

  /** Yama keeps us, who are no ancestor of the target, from its memory; the launcher is one. */
  private boolean openMemory(int thread, TargetProcess process) {
    if (process.memoryError() == 0) {
      process.memory(opener.open(thread));
    }
    return process.memory() >= 0;
  }
}
