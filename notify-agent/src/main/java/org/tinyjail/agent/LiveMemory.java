package org.tinyjail.agent;

import java.io.ByteArrayOutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is behind the arguments of a notification, read when asked for and then kept: each argument
 * is read once. After each read the notification is checked, so that nothing of a stranger who got
 * the thread's id is taken for the target's.
 */
final class LiveMemory implements MemoryView {
  private static final int AT_FDCWD = -100;

  private final Notification notification;
  private final PointerTable.Rule rule;
  private final TargetMemory memory;
  private final @Nullable Block[] blocks = new Block[6];

  LiveMemory(Notification notification, PointerTable.Rule rule, TargetMemory memory) {
    this.notification = notification;
    this.rule = rule;
    this.memory = memory;
  }

  @Override
  public @Nullable Block block(int index) {
    int kind = rule.kind(index);
    if (isNothing(kind, notification.argument(index))) {
      return null;
    }
    Block block = blocks[index];
    if (block == null) {
      block = read(index, kind);
      if (!notification.isWaiting()) {
        block = Block.unreadable(kind, LinuxC.ESRCH);
      }
      blocks[index] = block;
    }
    return block;
  }

  /** All there is behind the arguments, read now and checked once; may be kept. */
  KeptMemory keep() {
    @Nullable Block[] all = new Block[6];
    boolean isRead = false;
    for (int i = 0; i < all.length; i++) {
      int kind = rule.kind(i);
      if (!isNothing(kind, notification.argument(i))) {
        all[i] = read(i, kind);
        isRead = true;
      }
    }
    return isRead && !notification.isWaiting() ? KeptMemory.NOTHING : new KeptMemory(all);
  }

  private static boolean isNothing(int kind, long value) {
    return kind == Wire.POINTER_NONE || kind == Wire.POINTER_UNUSED || isNull(kind, value);
  }

  private Block read(int index, int kind) {
    long value = notification.argument(index);
    int parameter = rule.parameter(index);
    return switch (kind) {
      case Wire.POINTER_STRING -> string(kind, value);
      case Wire.POINTER_BYTES -> bytes(kind, value, parameter);
      case Wire.POINTER_SIZED -> bytes(kind, value, size(notification.argument(parameter)));
      case Wire.POINTER_VECTOR -> vector(kind, value, parameter);
      case Wire.POINTER_MSGHDR -> address(kind, value, parameter);
      default -> descriptor(kind, (int) value);
    };
  }

  private static boolean isNull(int kind, long value) {
    return value == 0 && kind != Wire.POINTER_FD && kind != Wire.POINTER_DIRFD;
  }

  private static int size(long length) {
    return Long.compareUnsigned(length, Wire.SPOOL_BYTES_MAX) < 0
        ? (int) length
        : Wire.SPOOL_BYTES_MAX;
  }

  private Block bytes(int kind, long address, int length) {
    int read = length == 0 ? 0 : memory.read(notification.caller(), address, length);
    return read < 0 ? Block.unreadable(kind, -read) : Block.of(kind, memory.buffer().copy(0, read));
  }

  private Block string(int kind, long address) {
    byte[] string = string(address);
    return string == null ? Block.unreadable(kind, LinuxC.EFAULT) : Block.of(kind, string);
  }

  /** The bytes before the NUL, or as many as are read at most; null if they cannot be read. */
  private byte @Nullable [] string(long address) {
    int read = memory.read(notification.caller(), address, Wire.SPOOL_STRING_MAX);
    if (read < 0) {
      return null;
    }
    for (int i = 0; i < read; i++) {
      if (memory.buffer().bytes().get(i) == 0) {
        return memory.buffer().copy(0, i);
      }
    }
    return read < Wire.SPOOL_STRING_MAX ? null : memory.buffer().copy(0, read);
  }

  private Block vector(int kind, long address, int pointerSize) {
    int length = Wire.SPOOL_VECTOR_MAX * pointerSize;
    int read = memory.read(notification.caller(), address, length);
    if (read < pointerSize) {
      return Block.unreadable(kind, read < 0 ? -read : LinuxC.EFAULT);
    }
    byte[] pointers = memory.buffer().copy(0, read);
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (int at = 0; at + pointerSize <= read; at += pointerSize) {
      long pointer = Little.pointer(pointers, at, pointerSize);
      if (pointer == 0) {
        break;
      }
      if (at > 0) {
        joined.write(0);
      }
      joined.writeBytes(Objects.requireNonNullElse(string(pointer), new byte[] {'?'}));
    }
    return Block.of(kind, joined.toByteArray());
  }

  private Block address(int kind, long header, int pointerSize) {
    int read = memory.read(notification.caller(), header, pointerSize + Integer.BYTES);
    if (read < pointerSize + Integer.BYTES) {
      return Block.unreadable(kind, read < 0 ? -read : LinuxC.EFAULT);
    }
    byte[] start = memory.buffer().copy(0, read);
    long name = Little.pointer(start, 0, pointerSize);
    int length = size(Little.integer(start, pointerSize));
    return name == 0 ? Block.of(kind, new byte[0]) : bytes(kind, name, length);
  }

  private Block descriptor(int kind, int descriptor) {
    if (descriptor < 0 && (kind == Wire.POINTER_FD || descriptor != AT_FDCWD)) {
      return Block.unreadable(kind, LinuxC.EBADF);
    }
    String name = descriptor == AT_FDCWD ? "cwd" : "fd/" + descriptor;
    byte[] link = memory.files().link(notification.thread(), name);
    return link == null ? Block.unreadable(kind, LinuxC.EBADF) : Block.of(kind, link);
  }
}
