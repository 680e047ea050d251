package org.tinyjail.audit.log;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What was read in one go of a host's records.
 *
 * @param id unique among all stores, as that of a {@link org.tinyjail.model.Run}
 * @param host whose records they are; empty: of this host
 * @param source where they were read
 * @param place names of files; else empty
 * @param boot the boot of the kernel that made them, as {@code /proc/sys/kernel/random/boot_id};
 *     empty if unknown
 * @param started when the reading began
 * @param ended when it ended; empty: it goes on, or was cut off
 * @param first when the first record was made; empty: there is none
 * @param last when the last was
 * @param counts how many
 * @param losses what is known to be lost without a trace in serial numbers, in time's order
 * @param gaps serial numbers that were not seen
 */
public record LogSession(
    String id,
    String host,
    LogSource source,
    String place,
    String boot,
    Instant started,
    Optional<Instant> ended,
    Optional<Instant> first,
    Optional<Instant> last,
    Counts counts,
    List<LogLoss> losses,
    List<SerialGap> gaps) {
  public LogSession {
    losses = List.copyOf(losses);
    gaps = List.copyOf(gaps);
  }

  /**
   * How many records.
   *
   * @param read of all kinds
   * @param taken of seccomp, counted here
   * @param known of seccomp, counted by other sessions before or left to them
   * @param refused lines that are no records, or damaged ones
   */
  public record Counts(long read, long taken, long known, long refused) {}

  /** Its records that were lost at {@code kind}. */
  public long lost(LogLoss.Kind kind) {
    return losses.stream().filter(loss -> loss.kind() == kind).mapToLong(LogLoss::records).sum();
  }
}
