package org.tinyjail.agent;

import java.util.List;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Run;

/**
 * What a spool holds.
 *
 * @param run the run whose denials these are
 * @param denials equal ones added up
 * @param state whether more may follow
 * @param damage what could not be read, in words; empty for a sound spool
 */
public record Spool(Run run, List<Denial> denials, State state, List<String> damage) {
  public Spool {
    denials = List.copyOf(denials);
    damage = List.copyOf(damage);
  }

  /** What has become of the writer. */
  public enum State {
    /** It is alive: more may follow. */
    BEING_WRITTEN,
    /** It has ended in order. */
    ENDED,
    /** It was killed, or the machine went down. */
    CUT_OFF
  }
}
