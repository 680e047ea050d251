package org.tinyjail.audit.source;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the kernel says of its audit subsystem. Source: linux/audit.h ({@code struct audit_status},
 * {@code struct audit_rule_data}).
 */
public final class KernelStatus implements AutoCloseable {
  private static final int AUDIT_GET = 1000;
  private static final int AUDIT_LIST_RULES = 1013;
  private static final int REQUEST = 1;
  private static final int ERROR = 2;
  private static final int DONE = 3;
  private static final int HEADER = 16;
  private static final int MESSAGE_MAX = 16_384;
  private static final int PATIENCE = 500;

  private static final int ENABLED_AT = 4;
  private static final int DAEMON_AT = 12;
  private static final int BACKLOG_LIMIT_AT = 20;
  private static final int LOST_AT = 24;
  private static final int BACKLOG_AT = 28;

  /** {@code AUDIT_FILTER_EXCLUDE}. */
  private static final int EXCLUDE = 5;

  private static final int FIELDS_MAX = 64;
  private static final int FIELD_COUNT_AT = 8;
  private static final int FIELDS_AT = 12 + 64 * 4;
  private static final int VALUES_AT = FIELDS_AT + FIELDS_MAX * 4;

  private static final int FLAGS_AT = VALUES_AT + FIELDS_MAX * 4;

  private static final long LESS = 0x10000000;
  private static final long GREATER = 0x20000000;
  private static final long EQUAL = 0x40000000;

  /** {@code AUDIT_MSGTYPE}. */
  private static final int MESSAGE_TYPE = 12;

  private static final int SECCOMP = 1326;

  private final AuditC c;
  private final int fd;
  private final Memory request = Memory.allocate(HEADER);
  private final Memory answer = Memory.allocate(MESSAGE_MAX);
  private final Memory vector = Memory.allocate(16);
  private final Memory header = Memory.allocate(64);

  /**
   * How it stands.
   *
   * @param enabled whether audit rules are in force; records of seccomp come in any case
   * @param daemon the process that has registered as the audit daemon; 0: none
   * @param backlogLimit how many records may wait in the kernel
   * @param lost how many it had no room for since the boot
   * @param backlog how many wait
   */
  public record State(boolean enabled, int daemon, long backlogLimit, long lost, long backlog) {}

  KernelStatus(AuditC c) {
    this.c = c;
    this.fd = c.auditSocket();
  }

  /** For one question after the other. */
  public static KernelStatus open() {
    return new KernelStatus(new JnaAuditC());
  }

  /** How it stands; empty if that is not told here (CAP_AUDIT_CONTROL). */
  public synchronized Optional<State> state() {
    if (!ask(AUDIT_GET)) {
      return Optional.empty();
    }
    while (receive()) {
      int type = answer.getShort(4);
      if (type == AUDIT_GET) {
        return Optional.of(
            new State(
                unsigned(ENABLED_AT) != 0,
                (int) unsigned(DAEMON_AT),
                unsigned(BACKLOG_LIMIT_AT),
                unsigned(LOST_AT),
                unsigned(BACKLOG_AT)));
      }
      if (type == ERROR && answer.getInt(HEADER) != 0) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  OptionalLong lost() {
    Optional<State> state = state();
    return state.isPresent() ? OptionalLong.of(state.get().lost()) : OptionalLong.empty();
  }

  /** How many rules keep records of seccomp, or some of them, from all; empty if not told. */
  public synchronized OptionalLong hiding() {
    if (!ask(AUDIT_LIST_RULES)) {
      return OptionalLong.empty();
    }
    long hiding = 0;
    while (receive()) {
      int type = answer.getShort(4);
      if (type == DONE) {
        return OptionalLong.of(hiding);
      }
      if (type == ERROR && answer.getInt(HEADER) != 0) {
        return OptionalLong.empty();
      }
      if (type == AUDIT_LIST_RULES && hides()) {
        hiding++;
      }
    }
    return OptionalLong.empty();
  }

  /** A rule of the exclude list, of records of seccomp or of all types. */
  private boolean hides() {
    if (unsigned(0) != EXCLUDE) {
      return false;
    }
    boolean ofType = false;
    for (int i = 0; i < Math.min(FIELDS_MAX, unsigned(FIELD_COUNT_AT)); i++) {
      if (unsigned(FIELDS_AT + 4 * i) == MESSAGE_TYPE) {
        ofType = true;
        if (compares(unsigned(FLAGS_AT + 4 * i), unsigned(VALUES_AT + 4 * i))) {
          return true;
        }
      }
    }
    return !ofType;
  }

  /** Whether the type of records of filters compares so to {@code value}: linux/audit.h. */
  private static boolean compares(long operator, long value) {
    return ((operator & LESS) != 0 && SECCOMP < value)
        || ((operator & GREATER) != 0 && SECCOMP > value)
        || ((operator & EQUAL) != 0 && SECCOMP == value);
  }

  private long unsigned(int at) {
    return answer.getInt(HEADER + at) & 0xffffffffL;
  }

  private boolean ask(int type) {
    if (fd < 0) {
      return false;
    }
    while (c.poll(fd, 0) > 0 && receive()) {
      // what came too late for an earlier question
    }
    request.putInt(0, HEADER).putShort(4, type).putShort(6, REQUEST);
    return c.send(fd, request.address(), HEADER) == HEADER;
  }

  private boolean receive() {
    if (c.poll(fd, PATIENCE) <= 0) {
      return false;
    }
    vector.putLong(0, answer.address()).putLong(8, MESSAGE_MAX);
    header.putLong(16, vector.address()).putLong(24, 1);
    return c.recvmmsg(fd, header.address(), 1, AuditC.MSG_DONTWAIT) == 1;
  }

  @Override
  public void close() {
    if (fd >= 0) {
      c.close(fd);
    }
  }
}
