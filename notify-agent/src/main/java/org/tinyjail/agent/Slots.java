package org.tinyjail.agent;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The notifications received and not yet answered, in memory shared with the launcher: should this
 * process die, the launcher answers what is left.
 */
final class Slots {
  private static final long[] ZEROS = new long[NotificationFd.NOTIFICATION_SIZE / Long.BYTES];

  private final NativeBuffer memory;
  private final LinkedBlockingQueue<Integer> free = new LinkedBlockingQueue<>();

  private Slots(NativeBuffer memory) {
    this.memory = memory;
    for (int slot = 0; slot < Wire.SLOT_COUNT; slot++) {
      clear(slot);
      free.add(slot);
    }
  }

  /** The slots in the memfd {@code fd}, which may be closed afterwards. */
  static Slots map(int fd) {
    Path path = Path.of("/proc/self/fd/" + fd);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = (long) Wire.SLOT_COUNT * Wire.SLOT_SIZE;
      if (channel.size() < size) {
        throw new AgentException("the slots have " + channel.size() + " bytes, wanted " + size);
      }
      return new Slots(NativeBuffer.of(channel.map(MapMode.READ_WRITE, 0, size)));
    } catch (IOException e) {
      throw new AgentException("cannot map the slots: " + e.getMessage(), e);
    }
  }

  /** Slots that nobody shares. */
  static Slots alone() {
    return new Slots(NativeBuffer.allocate(Wire.SLOT_COUNT * Wire.SLOT_SIZE));
  }

  NativeBuffer memory() {
    return memory;
  }

  /** A cleared slot, waiting until one is free. */
  int take() throws InterruptedException {
    return free.take();
  }

  /** Gives a slot back, cleared. */
  void release(int slot) {
    clear(slot);
    free.add(slot);
  }

  /** Zeroes a slot: the kernel refuses to receive into any other. */
  void clear(int slot) {
    memory.putWords(offset(slot) / Long.BYTES, ZEROS);
  }

  static int offset(int slot) {
    return slot * Wire.SLOT_SIZE;
  }
}
