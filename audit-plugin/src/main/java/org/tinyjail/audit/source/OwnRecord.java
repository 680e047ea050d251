package org.tinyjail.audit.source;

import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.record.RecordParser;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/**
 * A record that this process has the kernel make, to see whether records come: of one call of one
 * thread, which has a filter for that and a name that nobody can guess.
 */
public final class OwnRecord implements Collector.Watcher {
  private static final short LOAD_WORD = 0x20;
  private static final short JUMP_IF_EQUAL = 0x15;
  private static final short RETURN = 0x06;
  private static final int LOG = 0x7ffc0000;
  private static final int ALLOW = 0x7fff0000;
  private static final int INSTRUCTIONS = 4;
  private static final int CALL = SyscallTable.of(Arch.current()).number("getppid").orElseThrow();

  private final String name =
      "tj-" + Integer.toHexString(new SecureRandom().nextInt() | 0x10000000);
  private final byte[] shown = ('"' + name + '"').getBytes(StandardCharsets.US_ASCII);
  private final CountDownLatch came = new CountDownLatch(1);

  @Override
  public boolean takes(RecordParser record) {
    boolean own = record.syscall() == CALL && record.code() == LOG && record.comm().isRaw(shown);
    if (own) {
      came.countDown();
    }
    return own;
  }

  /**
   * Makes one more. The collector that is to take it must watch with this.
   *
   * @return 0, or the errno of installing the filter
   */
  public int make() {
    int[] result = {0};
    Thread thread = new Thread(() -> result[0] = logged(new JnaAuditC()), name);
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return -result[0];
  }

  private int logged(AuditC c) {
    Memory code = Memory.allocate(INSTRUCTIONS * 8);
    instruction(code, 0, LOAD_WORD, 0, 0);
    instruction(code, 1, JUMP_IF_EQUAL, 1, CALL);
    instruction(code, 2, RETURN, 0, LOG);
    instruction(code, 3, RETURN, 0, ALLOW);
    Memory program = Memory.allocate(16).putShort(0, INSTRUCTIONS).putLong(8, code.address());
    Memory text = Memory.allocate(16).put(0, name.getBytes(StandardCharsets.US_ASCII));
    try {
      return c.logOneCall(text.address(), program.address());
    } finally {
      Reference.reachabilityFence(code);
      Reference.reachabilityFence(program);
      Reference.reachabilityFence(text);
    }
  }

  /**
   * {@code struct sock_filter}; where a comparison fails, {@code skip} instructions are skipped.
   */
  private static void instruction(Memory code, int index, int operation, int skip, int value) {
    code.putShort(8 * index, operation).putShort(8 * index + 2, skip << 8);
    code.putInt(8 * index + 4, value);
  }

  /** Waits for any; whether one came. */
  public boolean comesWithin(Duration time) {
    try {
      return came.await(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
