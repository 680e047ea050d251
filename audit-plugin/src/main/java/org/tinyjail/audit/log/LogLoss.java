package org.tinyjail.audit.log;

import java.time.Instant;

/**
 * Records that are known to be lost, of whichever program.
 *
 * @param kind where
 * @param from not before
 * @param to not after
 * @param records how many
 */
public record LogLoss(Kind kind, Instant from, Instant to, long records) {
  public LogLoss {
    if (records < 1) {
      throw new IllegalArgumentException("a loss is of at least 1 record, was " + records);
    }
  }

  /** Where records are lost. */
  public enum Kind {
    /** The kernel had no room before it gave them a number: {@code lost} of {@code AUDIT_GET}. */
    BACKLOG,
    /** The socket had no room for them: {@code Drops} of {@code /proc/net/netlink}. */
    SOCKET,
    /** There were more programs than are counted here. */
    LIMIT
  }
}
