package org.tinyjail.agent;

import org.jspecify.annotations.Nullable;

/** A process of the target between two of its execs. Used by the listener's thread alone. */
final class TargetProcess {
  /** The process whose threads are not visible from here. */
  static final TargetProcess UNKNOWN = new TargetProcess(0, 0, new Image(0, ""), new byte[0]);

  private final int id;
  private final long startTime;
  private final Image image;
  private final byte[] link;
  private @Nullable ModuleMap modules;
  private int execThread;
  private boolean over;
  private int memory = -1;
  private int memoryError;
  private int recordedAs;
  private @Nullable ModuleMap recordedModules;

  TargetProcess(int id, long startTime, Image image, byte[] link) {
    this.id = id;
    this.startTime = startTime;
    this.image = image;
    this.link = link;
  }

  /** The thread group. */
  int id() {
    return id;
  }

  long startTime() {
    return startTime;
  }

  Image image() {
    return image;
  }

  /** What {@code /proc/TID/exe} leads to, raw. */
  byte[] link() {
    return link;
  }

  /** The thread whose execve has been let through and may not be over; 0: none. */
  int execThread() {
    return execThread;
  }

  void execBy(int thread) {
    execThread = thread;
  }

  /** Whether the process has ended or become another one by exec. */
  boolean isOver() {
    return over;
  }

  /** Marks the end, and closes what was opened for it. */
  void end(LinuxC c) {
    over = true;
    if (memory >= 0) {
      c.close(memory);
      memory = -1;
    }
  }

  /** Descriptor of its memory where the kernel refuses process_vm_readv; −1: none yet. */
  int memory() {
    return memory;
  }

  /** Why there is no descriptor of its memory: an errno, 0 if nobody has asked. */
  int memoryError() {
    return memoryError;
  }

  /** Keeps a descriptor of its memory, or the negated errno. */
  void memory(int descriptorOrError) {
    memory = Math.max(-1, descriptorOrError);
    memoryError = -Math.min(0, descriptorOrError);
  }

  /** Its number in the spool, if it stands there with the modules that it has now; else 0. */
  int recordedAs() {
    return recordedModules == modules ? recordedAs : 0;
  }

  void recordedAs(int number) {
    recordedAs = number;
    recordedModules = modules;
  }

  @Nullable ModuleMap modules() {
    return modules;
  }

  void modules(ModuleMap read) {
    modules = read;
  }
}
