package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.log.Coverage;
import org.tinyjail.audit.log.HostName;
import org.tinyjail.audit.log.LogSession;
import org.tinyjail.audit.log.LogSource;
import org.tinyjail.audit.log.LogWriter;
import org.tinyjail.audit.source.LogFiles;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.audit.store.StoreDirectory;

/** {@code audit import}: takes in files of a log. */
final class AuditImport {
  /** Two that read the same file at once would count its records twice. */
  private static final String RIGHT = "audit-import";

  private static final Path STANDARD_INPUT = Path.of("/dev/stdin");

  /** By so much a record that a collector has yet to write may be older than what is known. */
  private static final Duration UNWRITTEN = Duration.ofSeconds(2);

  /** So long a collector may take before its first word in the store. */
  private static final Duration BEGINNING = Duration.ofSeconds(30);

  private static final long SHOWN_EACH = 1 << 22;

  private final CommandLine line;
  private final Context context;
  private final StoreDirectory directory;
  private final String here;
  private final Instant began;
  private long size;
  private long done;
  private long shown;

  AuditImport(CommandLine line, Context context) throws IOException {
    this.line = line;
    this.context = context;
    this.directory = Stores.directory(line, context);
    this.here = EvidenceTransfer.host();
    this.began = context.clock().instant();
  }

  @SuppressWarnings("try") // held meanwhile
  int run(List<String> words) throws CommandException, IOException {
    List<Path> files = files(words);
    OptionalLong other = directory.holder(RIGHT);
    if (other.isPresent()) {
      throw CommandException.failed("process " + other.getAsLong() + " imports; wait for its end");
    }
    try (StoreDirectory.Right right = directory.reserve(RIGHT)) {
      return take(files);
    }
  }

  private List<Path> files(List<String> words) throws CommandException, IOException {
    List<Path> files = new ArrayList<>();
    for (String word : words) {
      Path file = word.equals("-") ? STANDARD_INPUT : context.resolve(word);
      if (Files.isDirectory(file)) {
        throw CommandException.badInput(word + " is a directory; name files of a log in it");
      }
      size += Files.isRegularFile(file) ? Files.size(file) : 0;
      files.add(file);
    }
    return files;
  }

  private int take(List<Path> files) throws CommandException, IOException {
    Collector collector = new Collector(LogSource.FILE, here, "", context.clock(), this::coverage);
    collector.setHost(HostName.plain(line.getOptionValue(AuditCommand.HOST, "")));
    LogWriter writer =
        new LogWriter(
            collector, new BuildIds()::of, all -> Stores.keep(all, line, context), context::say);
    boolean live = Colours.isTerminal(Path.of("/proc/self/fd/2"));
    List<LogSession> sessions;
    writer.start();
    try {
      new LogFiles(files, live ? this::progress : bytes -> {}).read(collector);
    } finally {
      if (shown > 0) {
        context.err().print("\r\033[K");
        context.err().flush();
      }
      sessions = collector.sessions();
      writer.close();
    }
    new AuditReport(line, context).print(sessions, collector, context::say);
    if (collector.left() > 0) {
      context.say(
          String.format(
              Locale.ROOT,
              "%,d of the last seconds are left to whatever collects; another import takes the rest",
              collector.left()));
    }
    if (sessions.isEmpty()) {
      throw CommandException.badInput(
          "no audit record in "
              + (files.size() == 1 ? files.get(0) : "these files")
              + "; wanted what auditd writes (type=SECCOMP msg=audit(...)), or a kernel log");
    }
    return ExitCode.DONE;
  }

  private void progress(long bytes) {
    done += bytes;
    if (done - shown > SHOWN_EACH) {
      shown = done;
      long percent = size == 0 ? 0 : Math.min(100, 100 * done / size);
      context.err().printf(Locale.ROOT, "\r\033[Ktiny-jail: %d %%, %,d MB", percent, done >> 20);
      context.err().flush();
    }
  }

  /** What is being collected now, and is not in the store yet, is left to who collects it. */
  private Coverage coverage(String host) {
    try (H2EvidenceStore store = Stores.openWhole(line, context)) {
      Coverage coverage = store.coverage(host, Instant.EPOCH);
      if (host.isEmpty()) {
        coverage.setLiveSince(liveSince(store).toEpochMilli());
      }
      return coverage;
    }
  }

  /** From when on records are left to who collects, or to another import: this one's beginning. */
  private Instant liveSince(H2EvidenceStore store) {
    OptionalLong collects = directory.holder(AuditCollection.RIGHT);
    if (collects.isEmpty()) {
      return began.minus(UNWRITTEN); // a plugin may just begin, and have those already
    }
    return store.logSessions().stream()
        .filter(session -> session.host().isEmpty() && isOf(session, collects.getAsLong()))
        .map(session -> session.last().orElse(session.started()).minus(UNWRITTEN))
        .max(Instant::compareTo)
        .orElse(began.minus(BEGINNING));
  }

  /** Whether a session goes on in a process. */
  static boolean isOf(LogSession session, long process) {
    return session.ended().isEmpty() && session.id().endsWith("-" + Long.toHexString(process));
  }
}
