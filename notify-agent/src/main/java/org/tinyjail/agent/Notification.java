package org.tinyjail.agent;

import java.util.List;
import org.tinyjail.model.SyscallData;

/**
 * A call that waits for an answer. One object stands for all of them, one after the other: do not
 * keep it; {@link #hold} what is answered later.
 */
public final class Notification {
  // struct seccomp_notif in words of 8 bytes.
  private static final int ID = 0;
  private static final int PID_AND_FLAGS = 1;
  private static final int NR_AND_ARCH = 2;
  private static final int IP = 3;
  private static final int ARGS = 4;

  private final NotificationFd fd;
  private final Slots slots;
  private final NativeBuffer memory;
  private final ProcessTable processes;
  private final TargetMemory target;
  private final NativeBuffer idBuffer = NativeBuffer.allocate(8);
  private int slot;
  private int start;
  private long id;
  private int thread;
  private int number;
  private int archValue;
  private long nanoTime;
  private boolean held;

  Notification(NotificationFd fd, Slots slots, ProcessTable processes, TargetMemory target) {
    this.fd = fd;
    this.slots = slots;
    this.memory = slots.memory();
    this.processes = processes;
    this.target = target;
  }

  /** Makes this object stand for the notification in {@code newSlot}. */
  void moveTo(int newSlot, long now) {
    slot = newSlot;
    start = Slots.offset(newSlot) / Long.BYTES;
    id = memory.getWord(start + ID);
    thread = (int) memory.getWord(start + PID_AND_FLAGS);
    long call = memory.getWord(start + NR_AND_ARCH);
    number = (int) call;
    archValue = (int) (call >>> 32);
    nanoTime = now;
    held = false;
  }

  /** The kernel's name for this notification. */
  public long id() {
    return id;
  }

  /** The thread that calls; 0 if it is in another pid namespace. */
  public int thread() {
    return thread;
  }

  /** The number, with x32's bit. */
  public int number() {
    return number;
  }

  /** The {@code AUDIT_ARCH_} value. */
  public int archValue() {
    return archValue;
  }

  /** The address behind the call. */
  public long instructionPointer() {
    return memory.getWord(start + IP);
  }

  /** Register {@code index}, 0 to 5. */
  public long argument(int index) {
    return memory.getWord(start + ARGS + index);
  }

  /** When it was received, in terms of {@link System#nanoTime}. */
  public long nanoTime() {
    return nanoTime;
  }

  /** Number, architecture and registers, to be kept. */
  public SyscallData data() {
    return new SyscallData(
        number(),
        archValue(),
        instructionPointer(),
        List.of(argument(0), argument(1), argument(2), argument(3), argument(4), argument(5)));
  }

  /** Who calls. */
  public Caller caller() {
    return processes.caller(this);
  }

  /**
   * The process that calls, to be named or killed. Of one that may not be looked at only the thread
   * is known, which is enough for both.
   */
  int process() {
    int process = caller().process();
    return process != 0 ? process : thread;
  }

  /** What is behind the arguments, as {@code rule} has it; read when asked for. */
  LiveMemory memory(PointerTable.Rule rule) {
    return new LiveMemory(this, rule, target);
  }

  /** The memory of those who call. */
  TargetMemory targetMemory() {
    return target;
  }

  /**
   * Whether the thread still waits. What was read of it before is its own only if this is true:
   * thread ids are used again.
   */
  public boolean isWaiting() {
    return fd.isValid(id(), idBuffer);
  }

  /** Keeps the notification open beyond {@link Decider#decide}, which must return held(). */
  public HeldNotification hold() {
    held = true;
    return new HeldNotification(fd, slots, slot, id());
  }

  boolean isHeld() {
    return held;
  }
}
