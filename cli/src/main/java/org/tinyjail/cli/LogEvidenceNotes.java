package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tinyjail.audit.log.Completeness;
import org.tinyjail.audit.log.LogSession;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.model.Run;

/** How complete the records of a program are, for whoever makes something of them. */
final class LogEvidenceNotes {
  private LogEvidenceNotes() {}

  /** One line for all sessions that have records of the profile; empty if there are none. */
  static Optional<String> of(H2EvidenceStore store, String profile) {
    Set<String> ids =
        store.runs(Optional.of(profile)).stream()
            .filter(run -> run.kind() == Run.Kind.LOG)
            .map(run -> sessionOf(run.id()))
            .collect(Collectors.toSet());
    if (ids.isEmpty()) {
      return Optional.empty();
    }
    List<LogSession> sessions = new ArrayList<>();
    List<Completeness> wanting = new ArrayList<>();
    store
        .completeness(ids)
        .forEach(
            (session, completeness) -> {
              sessions.add(session);
              if (!completeness.isComplete()) {
                wanting.add(completeness);
              }
            });
    String what = "the kernel's log, read in " + Words.count(sessions.size(), "session");
    if (wanting.isEmpty()) {
      return Optional.of(what + ": complete");
    }
    Completeness sum =
        new Completeness(
            wanting.stream().mapToLong(Completeness::lost).sum(),
            wanting.stream().flatMap(one -> one.from().stream()).min(java.time.Instant::compareTo),
            wanting.stream().flatMap(one -> one.to().stream()).max(java.time.Instant::compareTo));
    return Optional.of(what + ": " + AuditReport.words(sum) + ", of whichever programs");
  }

  /** A run is named after its session, its place there, and its host. */
  private static String sessionOf(String run) {
    String own = RunId.of(run).own();
    int dot = own.lastIndexOf('.');
    return dot < 0 ? own : own.substring(0, dot);
  }
}
