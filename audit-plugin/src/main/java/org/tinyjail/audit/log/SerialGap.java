package org.tinyjail.audit.log;

import java.time.Instant;

/**
 * Serial numbers that were not seen between two that were.
 *
 * @param first the first of them
 * @param last the last of them
 * @param from when the one before was made
 * @param to when the one behind was made
 */
public record SerialGap(long first, long last, Instant from, Instant to) {
  public SerialGap {
    if (first < 0 || last < first) {
      throw new IllegalArgumentException("no gap: " + first + " to " + last);
    }
  }
}
