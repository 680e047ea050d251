package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.UnseenChance;

/**
 * All that a store knows of a program.
 *
 * @param seen what its executables were seen to call
 * @param loaded the files of code that they have mapped
 * @param unseen how likely more is to be seen, where that was measured
 * @param notes how complete logs are that it was learned from
 */
record KnownEvidence(
    List<Observation> seen,
    List<LoadedFile> loaded,
    Optional<UnseenChance> unseen,
    List<String> notes) {
  KnownEvidence {
    seen = List.copyOf(seen);
    loaded = List.copyOf(loaded);
    notes = List.copyOf(notes);
  }

  /** What is known of a profile. */
  static KnownEvidence of(H2EvidenceStore store, String profile) {
    List<Run> runs = store.runs(Optional.of(profile));
    return new KnownEvidence(
        Evidence.of(store, profile),
        Evidence.loaded(runs),
        Evidence.unseen(runs),
        LogEvidenceNotes.of(store, runs).stream().toList());
  }

  /** This and what is known of another profile, taken for one program. */
  KnownEvidence and(KnownEvidence other) {
    return new KnownEvidence(
        joined(seen, other.seen),
        joined(loaded, other.loaded),
        unseen.or(other::unseen),
        joined(notes, other.notes));
  }

  /** With other calls seen. */
  KnownEvidence withSeen(List<Observation> calls) {
    return new KnownEvidence(calls, loaded, unseen, notes);
  }

  /** With other notes. */
  KnownEvidence withNotes(List<String> lines) {
    return new KnownEvidence(seen, loaded, unseen, lines);
  }

  private static <T> List<T> joined(List<T> some, List<T> others) {
    List<T> all = new ArrayList<>(some);
    all.addAll(others);
    return all;
  }
}
