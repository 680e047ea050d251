package org.tinyjail.model;

import java.util.List;

/** Takes evidence. */
public interface EvidenceSink {
  /**
   * Takes all evidence of one run, or, on failure, none of it. Taking the same run again replaces
   * what was there.
   *
   * @throws EvidenceException if it cannot be kept
   */
  void accept(Run run, List<Observation> observations, List<Denial> denials);
}
