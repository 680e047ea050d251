package org.tinyjail.model;

import java.util.List;

/**
 * A run and all that is known from it.
 *
 * @param run what was executed
 * @param observations what it needed
 * @param denials what it was denied
 */
public record RunEvidence(Run run, List<Observation> observations, List<Denial> denials) {
  public RunEvidence {
    observations = List.copyOf(observations);
    denials = List.copyOf(denials);
  }
}
