package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.KernelProbe;
import org.tinyjail.audit.log.Completeness;
import org.tinyjail.audit.log.LogSession;
import org.tinyjail.audit.source.KernelStatus;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.audit.store.StoreDirectory;
import org.tinyjail.model.Escape;

/** {@code audit status}: is something collected, is something missing, and why. */
final class AuditStatus {
  private static final int SHOWN = 20;

  /** That of the rules that Debian and Fedora install: audit.rules(7). */
  private static final long BACKLOG = 8192;

  private final CommandLine line;
  private final Context context;
  private final SystemFiles files = new SystemFiles(Path.of("/"));

  AuditStatus(CommandLine line, Context context) {
    this.line = line;
    this.context = context;
  }

  int run() throws IOException {
    StoreDirectory directory = Stores.directory(line, context);
    OptionalLong collects = directory.holder(AuditCollection.RIGHT);
    Map<LogSession, Completeness> sessions;
    try (H2EvidenceStore store = Stores.openWhole(line, context)) {
      sessions =
          store.completeness(
              store.logSessions().stream().map(LogSession::id).collect(Collectors.toSet()));
    }
    List<Check> checks = checks(collects);
    List<String> notes = new AuditNotes(directory).all();
    if (line.hasOption(Json.OPTION)) {
      json(collects, sessions, checks, notes);
    } else {
      print(collects, sessions, checks, notes);
    }
    boolean found =
        checks.stream().anyMatch(Check::isFinding)
            || sessions.values().stream().anyMatch(one -> !one.isComplete());
    return found ? ExitCode.FINDINGS : ExitCode.DONE;
  }

  private List<Check> checks(OptionalLong collects) {
    List<Check> checks = new ArrayList<>();
    checks.add(
        collects.isPresent()
            ? Check.ok("collecting", "process " + collects.getAsLong())
            : Check.missing(
                "collecting",
                "nothing",
                "what is logged now is not taken in",
                "tiny-jail audit follow, or tiny-jail audit install; import takes in what auditd keeps"));
    try (KernelStatus kernel = KernelStatus.open()) {
      KernelChecks probed =
          new KernelChecks(KernelProbe.run(context.home().resolve("bin/tiny-jail")), files);
      checks.add(probed.auditRecords());
      checks.add(probed.auditDaemon().optional());
      checks.add(network());
      checks.add(probed.actionsLogged());
      checks.add(rules(kernel.hiding()));
      kernel.state().ifPresent(state -> checks.add(backlog(state)));
    }
    AuditSettings settings = AuditSettings.of(Path.of("/"));
    (settings.hasPlugin() ? settings.problems() : List.<String>of())
        .stream()
            .map(
                problem ->
                    Check.partial(
                        "auditd", problem, "its plugin may lose records", "change that file"))
            .forEach(checks::add);
    return checks;
  }

  /** Records go to the first network namespace alone; elsewhere nothing ever comes. */
  private Check network() {
    Optional<String> own = files.link("/proc/self/ns/net");
    Optional<String> first = files.link("/proc/1/ns/net");
    if (own.isEmpty() || first.isEmpty()) {
      return Check.unknown(
              "network namespace",
              "that of process 1 cannot be read",
              "whether records can come here cannot be told",
              "be root outside of containers")
          .optional(); // "audit records" says whether one has come
    }
    return own.equals(first)
        ? Check.ok("network namespace", "that of process 1")
        : Check.missing(
            "network namespace",
            "another than that of process 1",
            "the kernel sends no records here",
            "start it on the host, or in a container with --network host");
  }

  private static Check rules(OptionalLong hiding) {
    if (hiding.isEmpty()) {
      return Check.unknown(
          "exclude rules",
          "not told (CAP_AUDIT_CONTROL)",
          "a rule may hide the records",
          "be root outside of containers");
    }
    return hiding.getAsLong() == 0
        ? Check.ok("exclude rules", "none that hides records of filters")
        : Check.missing(
            "exclude rules",
            Words.count(hiding.getAsLong(), "rule"),
            "records of filters are hidden from all",
            "auditctl -l shows it, auditctl -d takes it away");
  }

  private static Check backlog(KernelStatus.State state) {
    String found =
        state.backlog()
            + " of "
            + state.backlogLimit()
            + " records wait, "
            + Words.count(state.lost(), "record")
            + " lost since the boot";
    return state.backlogLimit() >= BACKLOG
        ? Check.ok("kernel's queue", found)
        : Check.partial(
                "kernel's queue",
                found,
                "programs that are logged a lot wait while it is full",
                "auditctl -b " + BACKLOG + ", as Debian's and Fedora's rules have it")
            .optional();
  }

  private void print(
      OptionalLong collects,
      Map<LogSession, Completeness> sessions,
      List<Check> checks,
      List<String> notes) {
    DoctorCommand.print("Collecting", checks, Colours.of(context), context.out());
    List<Map.Entry<LogSession, Completeness>> all = List.copyOf(sessions.entrySet());
    List<Map.Entry<LogSession, Completeness>> last =
        all.subList(Math.max(0, all.size() - SHOWN), all.size());
    context.out().println("Collected");
    if (all.isEmpty()) {
      context.out().println("  nothing yet");
    }
    if (last.size() < all.size()) {
      context.out().println("  " + (all.size() - last.size()) + " earlier; --json has all");
    }
    for (Map.Entry<LogSession, Completeness> one : last) {
      LogSession session = one.getKey();
      boolean whole =
          session.ended().isPresent()
              || (collects.isPresent() && AuditImport.isOf(session, collects.getAsLong()))
              || (session.counts().read() > 0
                  && sessions.keySet().stream().anyMatch(other -> goesOn(other, session)));
      context
          .out()
          .println("  " + Escape.display(AuditReport.text(one.getKey(), one.getValue(), whole)));
    }
    if (!notes.isEmpty()) {
      context.out().println("Said by auditd's plugin");
      notes.forEach(note -> context.out().println("  " + Escape.display(note)));
    }
  }

  /** Whether another session has gone on where one was cut off, and knows the gap. */
  static boolean goesOn(LogSession other, LogSession session) {
    return !other.boot().isEmpty()
        && other.boot().equals(session.boot())
        && other.host().equals(session.host())
        && other.started().isAfter(session.started());
  }

  private void json(
      OptionalLong collects,
      Map<LogSession, Completeness> sessions,
      List<Check> checks,
      List<String> notes) {
    Json.print(
        context.out(),
        json -> {
          json.writeStartObject();
          json.writeNumberProperty("collecting", collects.orElse(0));
          json.writeArrayPropertyStart("checks");
          checks.forEach(check -> DoctorCommand.write(json, "audit", check));
          json.writeEndArray();
          json.writeArrayPropertyStart("sessions");
          sessions.forEach((session, whole) -> AuditReport.write(json, session, whole));
          json.writeEndArray();
          json.writeArrayPropertyStart("notes");
          notes.forEach(json::writeString);
          json.writeEndArray();
          json.writeEndObject();
        });
  }
}
