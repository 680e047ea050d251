package org.tinyjail.agent;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Assembles a plan from raw instructions, as wire.h lays it out. */
final class PlanBytes {
  static final int EXEC = 1;
  static final int RECORDER = 2;
  static final int AGENT = 3;

  static final int COMPLAIN = 1;
  static final int BEST_EFFORT = 2;
  static final int FREE_EXEC = 4;
  static final int CACHEABLE = 8;
  static final int QUIET = 16;
  static final int LEARN = 32;
  static final int FOLLOW = 128;
  static final int LEAVE = 256;

  static final int ALLOW = 0x7fff0000;
  static final int ERRNO = 0x00050000;
  static final int NOTIFY = 0x7fc00000;
  static final int KILL = 0x80000000;

  static final int AUDIT_ARCH_X86_64 = 0xC000003E;
  static final int GETPPID = 110;
  static final int EXECVE = 59;
  static final int MKDIR = 83;
  static final int CONNECT = 42;

  static final int EPERM = 1;
  static final int EACCES = 13;
  static final int EDOM = 33;

  private static final int HEADER = 32;
  private static final int SECTIONS = 7;

  private final int mode;
  private final Map<Integer, Integer> verdicts = new LinkedHashMap<>();
  private final Map<Integer, Integer> natively = new LinkedHashMap<>();
  private final Map<Integer, int[]> pointers = new TreeMap<>();
  private int flags;
  private int otherCalls = ALLOW;
  private String spool = "";

  private PlanBytes(int mode) {
    this.mode = mode;
  }

  static PlanBytes mode(int mode) {
    return new PlanBytes(mode);
  }

  PlanBytes flags(int... more) {
    for (int flag : more) {
      flags |= flag;
    }
    return this;
  }

  PlanBytes spool(String directory) {
    spool = directory;
    return this;
  }

  /** A call that the supervisor answers by this verdict. */
  PlanBytes on(int nr, int verdict) {
    verdicts.put(nr, verdict);
    return this;
  }

  /** A call that the installed filter decides itself. */
  PlanBytes natively(int nr, int action) {
    natively.put(nr, action);
    return this;
  }

  PlanBytes notifyingAll() {
    otherCalls = NOTIFY;
    return this;
  }

  PlanBytes pointers(int nr, int... kinds) {
    pointers.put(nr, kinds);
    return this;
  }

  byte[] bytes() {
    Map<Integer, Integer> notify = new LinkedHashMap<>(natively);
    verdicts.keySet().forEach(nr -> notify.put(nr, NOTIFY));
    Map<Integer, Integer> verdict = new LinkedHashMap<>(natively);
    verdict.putAll(verdicts);
    byte[][] sections = {
      mode == EXEC ? new byte[0] : program(notify, otherCalls),
      program(verdict, ALLOW),
      pointerRules(),
      spool.getBytes(StandardCharsets.UTF_8),
      "a profile".getBytes(StandardCharsets.UTF_8),
      "/a/policy.json".getBytes(StandardCharsets.UTF_8),
      new byte[0]
    };
    return assemble(sections);
  }

  private byte[] assemble(byte[][] sections) {
    ByteBuffer plan = buffer(1 << 16);
    plan.position(HEADER + SECTIONS * 8);
    for (int i = 0; i < SECTIONS; i++) {
      plan.position((plan.position() + 7) & ~7);
      plan.putInt(HEADER + i * 8, sections[i].length == 0 ? 0 : plan.position());
      plan.putInt(HEADER + i * 8 + 4, sections[i].length);
      plan.put(sections[i]);
    }
    int size = plan.position();
    plan.rewind();
    plan.put("TJPLAN01".getBytes(StandardCharsets.US_ASCII));
    plan.putInt(size).putInt(mode).putInt(flags).putInt(0).putInt(0).putInt(0);
    byte[] bytes = new byte[size];
    plan.rewind().get(bytes);
    return bytes;
  }

  private byte[] pointerRules() {
    ByteBuffer rules = buffer(pointers.size() * 24);
    pointers.forEach(
        (nr, kinds) -> {
          rules.putInt(AUDIT_ARCH_X86_64).putInt(nr);
          for (int i = 0; i < 6; i++) {
            rules.putShort((short) (i < kinds.length ? kinds[i] : 0));
          }
          rules.putInt(0);
        });
    byte[] bytes = new byte[rules.rewind().remaining()];
    rules.get(bytes);
    return bytes;
  }

  private static byte[] program(Map<Integer, Integer> actions, int otherwise) {
    ByteArrayOutputStream code = new ByteArrayOutputStream();
    code.writeBytes(instruction(0x20, 0, 0, 0));
    actions.forEach(
        (nr, action) -> {
          code.writeBytes(instruction(0x15, 0, 1, nr));
          code.writeBytes(instruction(0x06, 0, 0, action));
        });
    code.writeBytes(instruction(0x06, 0, 0, otherwise));
    return code.toByteArray();
  }

  static byte[] instruction(int code, int jumpTrue, int jumpFalse, int k) {
    return buffer(8)
        .putShort((short) code)
        .put((byte) jumpTrue)
        .put((byte) jumpFalse)
        .putInt(k)
        .array();
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
