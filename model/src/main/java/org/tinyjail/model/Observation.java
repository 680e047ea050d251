package org.tinyjail.model;

import java.time.Instant;

/**
 * Evidence that a call is needed, aggregated within one run.
 *
 * @param executable path of the file that made the call
 * @param arch the architecture it was made for
 * @param syscall its name, {@code syscall_N} where the number is not assigned
 * @param arguments the class of its dangerous arguments
 * @param source who says so
 * @param count how often, at least 1
 * @param first when it was first seen
 * @param last when it was last seen
 * @param sample one of the calls with decoded arguments, or the input that caused it; may be empty
 */
public record Observation(
    String executable,
    Arch arch,
    String syscall,
    ArgumentClass arguments,
    Source source,
    long count,
    Instant first,
    Instant last,
    String sample) {
  public Observation {
    if (count < 1) {
      throw new IllegalArgumentException("an observation counts at least 1, was " + count);
    }
  }

  /** The same of other arguments. */
  public Observation withArguments(ArgumentClass others) {
    return new Observation(executable, arch, syscall, others, source, count, first, last, sample);
  }
}
