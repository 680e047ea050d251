package org.tinyjail.agent;

import java.util.List;
import org.tinyjail.model.SyscallData;

/**
 * A call that waits for an answer. One object stands for all of them, one after the other: do not
 * keep it; {@link #hold} what is answered later.
 */
public final class Notification {
  private static final int ID = 0;
  private static final int PID = 8;
  private static final int NR = 16;
  private static final int ARCH = 20;
  private static final int IP = 24;
  private static final int ARGS = 32;

  private final NotificationFd fd;
  private final Slots slots;
  private final NativeBuffer memory;
  private final ProcessTable processes;
  private final TargetMemory target;
  private final NativeBuffer idBuffer = NativeBuffer.allocate(8);
  private int slot;
  private int start;
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
    start = Slots.offset(newSlot);
    nanoTime = now;
    held = false;
  }

  /** The kernel's name for this notification. */
  public long id() {
    return memory.getLong(start + ID);
  }

  /** The thread that calls; 0 if it is in another pid namespace. */
  public int thread() {
    return memory.getInt(start + PID);
  }

  /** The number, with x32's bit. */
  public int number() {
    return memory.getInt(start + NR);
  }

  /** The {@code AUDIT_ARCH_} value. */
  public int archValue() {
    return memory.getInt(start + ARCH);
  }

  /** The address behind the call. */
  public long instructionPointer() {
    return memory.getLong(start + IP);
  }

  /** Register {@code index}, 0 to 5. */
  public long argument(int index) {
    return memory.getLong(start + ARGS + 8 * index);
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

  /** What is behind the arguments, as {@code rule} has it; read when asked for. */
  MemoryView memory(PointerTable.Rule rule) {
    return new LiveMemory(this, rule, target);
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
