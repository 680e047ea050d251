package org.tinyjail.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
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

  /**
   * One line for all sessions that have records of a profile; empty if there are none.
   *
   * @param all the profile's runs
   */
  static Optional<String> of(H2EvidenceStore store, List<Run> all) {
    List<Run> runs = all.stream().filter(run -> run.kind() == Run.Kind.LOG).toList();
    if (runs.isEmpty()) {
      return Optional.empty();
    }
    Set<String> ids = runs.stream().map(run -> sessionOf(run.id())).collect(Collectors.toSet());
    Map<LogSession, Completeness> sessions = store.completeness(ids);
    List<LogSession> others = store.logSessions();
    List<String> missing = new ArrayList<>();
    List<Completeness> wanting =
        sessions.values().stream().filter(one -> !one.isComplete()).toList();
    if (!wanting.isEmpty()) {
      missing.add(AuditReport.words(sum(wanting)) + ", of whichever programs");
    }
    for (LogSession session : sessions.keySet()) {
      boolean over = others.stream().anyMatch(other -> AuditStatus.goesOn(other, session));
      if (session.ended().isEmpty() && !over && !isLive(session)) {
        missing.add(
            "what was made after " + session.last().orElse(session.started()) + " is not in");
      }
      if (session.counts().refused() > 0) {
        missing.add(Words.count(session.counts().refused(), "line") + " could not be read");
      }
    }
    Set<String> known = sessions.keySet().stream().map(LogSession::id).collect(Collectors.toSet());
    List<Run> imported = runs.stream().filter(run -> !known.contains(sessionOf(run.id()))).toList();
    long lost = imported.stream().mapToLong(Run::lost).sum();
    if (lost > 0) {
      missing.add(Words.count(lost, "record") + " lost on other hosts");
    }
    return Optional.of(
        "the kernel's log, read in "
            + Words.count(ids.size(), "session")
            + ": "
            + (missing.isEmpty() ? "complete" : String.join("; ", missing)));
  }

  /** Whether the process that its id names has been there since before it began. */
  private static boolean isLive(LogSession session) {
    String process = session.id().substring(session.id().lastIndexOf('-') + 1);
    return process.matches("[0-9a-f]{1,8}")
        && ProcessHandle.of(HexFormat.fromHexDigitsToLong(process))
            .flatMap(there -> there.info().startInstant())
            .filter(since -> !since.isAfter(session.started().plusSeconds(1)))
            .isPresent();
  }

  private static Completeness sum(List<Completeness> wanting) {
    return new Completeness(
        wanting.stream().mapToLong(Completeness::lost).sum(),
        wanting.stream().flatMap(one -> one.from().stream()).min(Instant::compareTo),
        wanting.stream().flatMap(one -> one.to().stream()).max(Instant::compareTo));
  }

  /** A run is named after its session, its place there, and its host. */
  private static String sessionOf(String run) {
    String own = RunId.of(run).own();
    int dot = own.lastIndexOf('.');
    return dot < 0 ? own : own.substring(0, dot);
  }
}
