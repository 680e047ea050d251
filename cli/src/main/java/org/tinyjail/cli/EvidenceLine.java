package org.tinyjail.cli;

import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;

/** What stands on a line of the form that {@link EvidenceWriter} describes. */
sealed interface EvidenceLine {
  /**
   * The first line.
   *
   * @param host where the file was written
   */
  record Start(String host) implements EvidenceLine {}

  /** A run begins. */
  record OfRun(Run run) implements EvidenceLine {}

  /** A call of the run. */
  record Call(Observation observation) implements EvidenceLine {}

  /** A denied call of the run. */
  record Denied(Denial denial) implements EvidenceLine {}

  /**
   * The last line.
   *
   * @param lines how many came before
   */
  record End(long lines) implements EvidenceLine {}
}
