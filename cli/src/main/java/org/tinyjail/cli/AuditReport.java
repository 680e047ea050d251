package org.tinyjail.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.log.Completeness;
import org.tinyjail.audit.log.LogSession;
import org.tinyjail.audit.store.H2EvidenceStore;
import tools.jackson.core.JsonGenerator;

/** What was collected, and whether it is all. */
final class AuditReport {
  private final CommandLine line;
  private final Context context;

  AuditReport(CommandLine line, Context context) {
    this.line = line;
    this.context = context;
  }

  /**
   * Says what sessions that have ended by now came to.
   *
   * @param collector knows what was refused
   * @param notes takes lines for a person
   */
  void print(List<LogSession> sessions, Collector collector, Consumer<String> notes) {
    Map<LogSession, Completeness> all = read(sessions);
    if (line.hasOption(Json.OPTION)) {
      Json.print(
          context.out(),
          json ->
              Json.array(
                  json,
                  List.copyOf(all.entrySet()),
                  (out, one) -> write(out, one.getKey(), one.getValue())));
    } else {
      all.forEach((session, completeness) -> notes.accept(text(session, completeness, true)));
    }
    collector.problems().forEach(problem -> notes.accept("refused: " + problem));
    long more = collector.refused() - collector.problems().size();
    if (more > 0) {
      notes.accept(String.format(Locale.ROOT, "and %,d more", more));
    }
  }

  private Map<LogSession, Completeness> read(List<LogSession> sessions) {
    Set<String> ids = sessions.stream().map(LogSession::id).collect(Collectors.toSet());
    try (H2EvidenceStore store = Stores.openWhole(line, context)) {
      return store.completeness(ids);
    }
  }

  /** One line; {@code whole}: it goes on, has ended, or another has gone on with it. */
  static String text(LogSession session, Completeness completeness, boolean whole) {
    LogSession.Counts counts = session.counts();
    StringBuilder text = new StringBuilder();
    text.append(session.host().isEmpty() ? "" : session.host() + ": ");
    text.append(String.format(Locale.ROOT, "%,d %s", counts.taken(), noun(counts.taken())));
    text.append(" of filters taken");
    if (counts.known() > 0) {
      text.append(String.format(Locale.ROOT, ", %,d known before", counts.known()));
    }
    if (session.first().isPresent() && session.last().isPresent()) {
      text.append(", made ").append(span(session.first().get(), session.last().get()));
    }
    text.append(" (").append(session.source().label());
    text.append(session.place().isEmpty() ? "" : " " + session.place()).append("): ");
    text.append(words(completeness));
    return whole ? text.toString() : text + "; cut off, what was made afterwards is not in it";
  }

  private static String noun(long count) {
    return count == 1 ? "record" : "records";
  }

  private static String span(Instant from, Instant to) {
    return seconds(from).equals(seconds(to)) ? seconds(from) : seconds(from) + " to " + seconds(to);
  }

  /** {@code complete}, or how many are lost, and when. */
  static String words(Completeness completeness) {
    Optional<Instant> from = completeness.from();
    Optional<Instant> to = completeness.to();
    return completeness.isComplete() || from.isEmpty() || to.isEmpty()
        ? "complete"
        : String.format(
            Locale.ROOT,
            "%,d %s lost between %s and %s",
            completeness.lost(),
            noun(completeness.lost()),
            seconds(from.get()),
            seconds(to.get()));
  }

  private static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  static void write(JsonGenerator json, LogSession session, Completeness completeness) {
    json.writeStartObject();
    json.writeStringProperty("id", session.id());
    json.writeStringProperty("host", session.host());
    json.writeStringProperty("source", session.source().label());
    json.writeStringProperty("place", session.place());
    json.writeStringProperty("boot", session.boot());
    json.writeStringProperty("started", session.started().toString());
    time(json, "ended", session.ended());
    time(json, "first", session.first());
    time(json, "last", session.last());
    json.writeNumberProperty("read", session.counts().read());
    json.writeNumberProperty("taken", session.counts().taken());
    json.writeNumberProperty("known", session.counts().known());
    json.writeNumberProperty("refused", session.counts().refused());
    json.writeBooleanProperty("complete", completeness.isComplete());
    json.writeNumberProperty("lost", completeness.lost());
    time(json, "lostFrom", completeness.from());
    time(json, "lostTo", completeness.to());
    json.writeEndObject();
  }

  private static void time(JsonGenerator json, String name, Optional<Instant> time) {
    time.ifPresent(at -> json.writeStringProperty(name, at.toString()));
  }
}
