package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tinyjail.agent.Notification;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/**
 * Whether an execution asks for more memory than a process may have.
 *
 * <p>Calls are seen before they are carried out, so what is asked for is added up. Only when that
 * may be too much is the kernel asked how much the process has: it refuses what is beyond the limit
 * together with that. libc asks by mmap when brk has failed, so brk need not be looked at.
 * Addresses that are only reserved (PROT_NONE) are no memory. Where known calls run unseen, those
 * that ask for much at once are seen all the same.
 */
final class MemoryWatch {
  private static final SyscallTable TABLE = SyscallTable.of(Arch.current());
  private static final int MMAP = TABLE.number("mmap").orElseThrow();
  private static final int MREMAP = TABLE.number("mremap").orElseThrow();
  private static final long MAP_FIXED = 0x10;
  private static final long PAGE = 4096;

  private static final long LARGE = 64L << 20;

  /** What a program may have at the beginning: it is not added up. */
  private static final long PROGRAM = 256L << 20;

  private final long limit;
  private long asked;
  private boolean exceeded;

  /**
   * @param limit bytes of address space; 0: none
   */
  MemoryWatch(long limit) {
    this.limit = limit == 0 ? Long.MAX_VALUE : limit;
  }

  /** The rule, but for calls that ask for much at once. */
  static Rule unlessLarge(Rule rule) {
    if (!rule.syscall().equals("mmap") && !rule.syscall().equals("mremap")) {
      return rule;
    }
    List<ArgCondition> conditions = new ArrayList<>(rule.conditions());
    int length = rule.syscall().equals("mmap") ? 1 : 2;
    conditions.add(new ArgCondition(length, ArgCondition.Operator.LT, LARGE, 0));
    return new Rule(rule.syscall(), conditions, rule.action());
  }

  void begin() {
    asked = 0;
    exceeded = false;
  }

  boolean isExceeded() {
    return exceeded;
  }

  void call(Notification call) {
    if (exceeded || call.archValue() != Arch.current().auditValue()) {
      return;
    }
    long bytes = bytes(call);
    if (bytes == 0) {
      return;
    }
    asked = bytes < 0 || asked + bytes < 0 ? Long.MAX_VALUE - PROGRAM : asked + bytes;
    if (bytes >= LARGE || asked > limit - PROGRAM) {
      exceeded = bytes < 0 || bytes > limit - sizeOf(call.thread());
    }
  }

  /** What is asked for; less than 0: more than any process can have. */
  private static long bytes(Notification call) {
    if (call.number() == MMAP) {
      boolean memory = call.argument(2) != 0 && (call.argument(3) & MAP_FIXED) == 0;
      return memory ? call.argument(1) : 0;
    }
    return call.number() == MREMAP ? Math.max(0, call.argument(2) - call.argument(1)) : 0;
  }

  /** The address space that a process has; 0: it has ended. */
  private static long sizeOf(int thread) {
    try {
      String pages = Files.readString(Path.of("/proc/" + thread + "/statm"));
      return Long.parseLong(pages.substring(0, pages.indexOf(' '))) * PAGE;
    } catch (IOException e) {
      return 0;
    }
  }
}
