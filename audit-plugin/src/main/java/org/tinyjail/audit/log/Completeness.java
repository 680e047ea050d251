package org.tinyjail.audit.log;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How much of a session's records is missing, after all that other sessions have read of them.
 *
 * @param lost records that no session has, of whichever program
 * @param from when the first may have been made; empty: none is lost
 * @param to when the last may have been made
 */
public record Completeness(long lost, Optional<Instant> from, Optional<Instant> to) {
  /**
   * That of a session.
   *
   * @param known what all sessions have read of its host, this one too
   * @param own what this one has read
   */
  public static Completeness of(LogSession session, Coverage known, Coverage own) {
    List<LogLoss> losses = new ArrayList<>(session.losses());
    long dropped = session.lost(LogLoss.Kind.SOCKET);
    losses.removeIf(loss -> loss.kind() == LogLoss.Kind.SOCKET);
    long gone = 0; // serial numbers that did not come here
    for (SerialGap gap : session.gaps()) {
      gone += gap.from().isBefore(session.started()) ? 0 : own.missing(gap);
      long missing = known.missing(gap);
      if (missing > 0) {
        losses.add(new LogLoss(LogLoss.Kind.SOCKET, gap.from(), gap.to(), missing));
      }
    }
    // What the socket drops leaves gaps in the numbers, but for the last before the end.
    if (dropped > gone) {
      List<LogLoss> ofSocket =
          session.losses().stream().filter(loss -> loss.kind() == LogLoss.Kind.SOCKET).toList();
      losses.add(
          new LogLoss(
              LogLoss.Kind.SOCKET,
              ofSocket.get(0).from(),
              ofSocket.get(ofSocket.size() - 1).to(),
              dropped - gone));
    }
    return new Completeness(
        losses.stream().mapToLong(LogLoss::records).sum(),
        losses.stream().map(LogLoss::from).min(Instant::compareTo),
        losses.stream().map(LogLoss::to).max(Instant::compareTo));
  }

  /** Whether nothing is known to be missing. */
  public boolean isComplete() {
    return lost == 0;
  }
}
