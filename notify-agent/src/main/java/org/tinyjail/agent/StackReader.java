package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.StackSample;
import org.tinyjail.model.StackSample.Frame;
import org.tinyjail.model.StackSample.Place;

/**
 * Finds words of a waiting thread's stack that may be return addresses: those behind a call
 * instruction of x86-64. Intel, Software Developer's Manual, volume 2, CALL.
 */
final class StackReader {
  /** A deeper stack is not read to its end: its outer frames are missing. */
  private static final int PAGES = 16;

  private static final int PAGE = 4096;
  private static final int FRAMES_MAX = 512;

  /**
   * The longest call instruction but for prefixes that nobody writes: ff /2 with SIB and disp32.
   */
  private static final int CALL_MAX = 7;

  private static final int DIRECT = 0xe8;
  private static final int DIRECT_LENGTH = 5;
  private static final int INDIRECT = 0xff;

  /** No call instruction is before an address. */
  static final long NO_CALL = -1;

  /** A call through a register or memory. */
  static final long UNKNOWN = 0;

  /** Of one process, by address: what the instruction before calls, or one of the two above. */
  private final Map<Long, Long> calls = new HashMap<>();

  private @Nullable TargetProcess of;

  /** Null: the stack cannot be read. */
  @Nullable StackSample read(Notification call, boolean waits) {
    Caller caller = call.caller();
    long pointer = caller.stackPointer();
    ModuleMap modules = caller.modulesWith(call.instructionPointer());
    Place at = modules == null ? null : modules.place(call.instructionPointer());
    if (pointer == 0 || modules == null || at == null) {
      return null;
    }
    if (of != caller.targetProcess()) {
      calls.clear();
      of = caller.targetProcess();
    }
    List<Frame> frames = new ArrayList<>();
    long[] words = words(call.targetMemory(), caller, pointer);
    for (int i = 0; i < words.length && frames.size() < FRAMES_MAX; i++) {
      Place place = modules.place(words[i]);
      long called = place == null ? NO_CALL : called(call.targetMemory(), caller, words[i]);
      if (place != null && called != NO_CALL) {
        Optional<Place> target = Optional.ofNullable(modules.place(called));
        frames.add(new Frame(pointer + (long) i * Long.BYTES, place, target));
      }
    }
    return call.isWaiting()
        ? new StackSample(caller.executable(), caller.thread(), waits, at, frames)
        : null;
  }

  private static long[] words(TargetMemory memory, Caller caller, long pointer) {
    long[] words = new long[PAGES * PAGE / Long.BYTES];
    int count = 0;
    int read = PAGE;
    for (int page = 0; page < PAGES && read == PAGE; page++) {
      read = memory.read(caller, pointer + (long) page * PAGE, PAGE);
      for (int at = 0; at + Long.BYTES <= read; at += Long.BYTES) {
        words[count++] = memory.buffer().getLong(at);
      }
    }
    return Arrays.copyOf(words, count);
  }

  private long called(TargetMemory memory, Caller caller, long address) {
    Long known = calls.get(address);
    if (known == null) {
      int read = memory.read(caller, address - CALL_MAX, CALL_MAX);
      known = read == CALL_MAX ? called(memory.buffer().copy(0, read), address) : NO_CALL;
      calls.put(address, known);
    }
    return known;
  }

  /** What the instruction calls that ends with {@code before}, which lies before an address. */
  static long called(byte[] before, long address) {
    if ((before[CALL_MAX - DIRECT_LENGTH] & 0xff) == DIRECT) {
      return address + Little.integer(before, CALL_MAX - Integer.BYTES);
    }
    for (int length = 2; length <= CALL_MAX; length++) {
      int at = CALL_MAX - length;
      if ((before[at] & 0xff) == INDIRECT && length == indirect(before, at)) {
        return UNKNOWN;
      }
    }
    return NO_CALL;
  }

  /** The length of {@code ff /2}, a call through a register or memory; 0: it is something else. */
  private static int indirect(byte[] code, int at) {
    int operand = code[at + 1] & 0xff;
    int mode = operand >> 6;
    int base = operand & 7;
    if ((operand >> 3 & 7) != 2) {
      return 0;
    }
    if (mode == 3) {
      return 2;
    }
    int scaled = base == 4 ? 1 : 0;
    int displacement = mode == 1 ? 1 : mode == 2 || base == 5 ? 4 : 0;
    return 2 + scaled + displacement;
  }
}
