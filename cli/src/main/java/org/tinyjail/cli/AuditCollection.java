package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.log.Coverage;
import org.tinyjail.audit.log.LogSession;
import org.tinyjail.audit.log.LogSource;
import org.tinyjail.audit.log.LogWriter;
import org.tinyjail.audit.source.AuditException;
import org.tinyjail.audit.source.AuditSource;
import org.tinyjail.audit.source.BacklogWatch;
import org.tinyjail.audit.source.KernelListener;
import org.tinyjail.audit.source.OwnRecord;
import org.tinyjail.audit.source.PluginInput;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.audit.store.StoreDirectory;
import org.tinyjail.model.EvidenceException;

/** {@code audit follow}, and what auditd starts: collects records while they are made. */
final class AuditCollection {
  /** The right to collect what is made now: two would count a record twice. */
  static final String RIGHT = "audit-live";

  private static final Duration OWN_RECORD = Duration.ofSeconds(1);

  /** So often nothing at all may come within that time. */
  private static final int QUIET = 3;

  /** So many own records are made at most, where others come and come. */
  private static final int OWN_RECORDS = 30;

  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path UPTIME = Path.of("/proc/uptime");
  private static final long END_SECONDS = 25;
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final CommandLine line;
  private final Context context;
  private final StoreDirectory directory;

  AuditCollection(CommandLine line, Context context) {
    this.line = line;
    this.context = context;
    this.directory = Stores.directory(line, context);
  }

  @SuppressWarnings("try") // held meanwhile
  int follow() throws CommandException, IOException {
    Duration time =
        line.hasOption(AuditCommand.TIMEOUT)
            ? Durations.parse(
                "--" + AuditCommand.TIMEOUT, line.getOptionValue(AuditCommand.TIMEOUT))
            : Duration.ZERO;
    try (KernelListener listener = KernelListener.open(context.clock());
        StoreDirectory.Right right = reserve()) {
      if (listener.room() < KernelListener.ROOM) {
        context.say(
            "the socket has room for "
                + (listener.room() >> 10)
                + " KiB of records only, a flood overflows it (wants CAP_NET_ADMIN)");
      }
      if (!listener.knowsLost()) {
        context.say("how many records the kernel itself loses is not told (CAP_AUDIT_CONTROL)");
      }
      CountDownLatch done = stopLater(listener, time);
      try {
        collect(listener, collector(LogSource.NETLINK, context::say), context::say);
      } finally {
        done.countDown();
      }
      return ExitCode.DONE;
    } catch (AuditException e) {
      throw CommandException.failed(
          e.getMessage()
              + "; be root outside of containers. \"tiny-jail audit import FILE\" takes in a copy"
              + " of /var/log/audit/audit.log without any right");
    }
  }

  /** auditd waits where its plugin does not read: all that may take time is done beside. */
  @SuppressWarnings("try") // held meanwhile
  int beOfAuditd() throws IOException {
    PluginInput input = PluginInput.start(System.in);
    Consumer<String> notes = new AuditNotes(directory)::add;
    try (StoreDirectory.Right right = reservePatiently(notes)) {
      collect(input, collector(LogSource.AUDITD, notes), notes);
      return ExitCode.DONE;
    } catch (IOException | RuntimeException | Error e) {
      notes.accept(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private StoreDirectory.Right reserve() throws CommandException {
    OptionalLong holder = directory.holder(RIGHT);
    if (holder.isPresent()) {
      throw CommandException.failed(
          "process "
              + holder.getAsLong()
              + " collects already into "
              + directory.path()
              + " (auditd's plugin, or audit follow): one is enough, two would count twice");
    }
    return directory.reserve(RIGHT);
  }

  /** The one before may still be writing; who collects otherwise may end. */
  private StoreDirectory.Right reservePatiently(Consumer<String> notes) {
    return patiently(() -> directory.reserve(RIGHT), notes);
  }

  /** auditd gives up a plugin that ends too often: what cannot be done now is done later. */
  private static <T> T patiently(Supplier<T> work, Consumer<String> notes) {
    boolean said = false;
    while (true) {
      try {
        return work.get();
      } catch (EvidenceException e) {
        if (!said) {
          notes.accept("waiting: " + e.getMessage());
        }
        said = true;
      }
      try {
        Thread.sleep(PAUSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new EvidenceException("interrupted", e);
      }
    }
  }

  private Collector collector(LogSource source, Consumer<String> notes) throws IOException {
    Instant booted = context.clock().instant().minus(uptime());
    String boot = Files.readString(BOOT, StandardCharsets.US_ASCII).strip();
    return new Collector(
        source,
        EvidenceTransfer.host(),
        boot,
        context.clock(),
        host ->
            source == LogSource.AUDITD
                ? patiently(() -> coverage(host, boot, booted, source), notes)
                : coverage(host, boot, booted, source));
  }

  private static Duration uptime() throws IOException {
    String text = Files.readString(UPTIME, StandardCharsets.US_ASCII);
    return Duration.ofMillis((long) (Double.parseDouble(text.split(" ", 2)[0]) * 1000) + 2000);
  }

  /**
   * What this boot's sessions have. Where the last was cut off, this one goes on; a plugin does so
   * in any case, since what auditd has for it when it ends may not reach it.
   */
  private Coverage coverage(String host, String boot, Instant since, LogSource source) {
    try (H2EvidenceStore store = Stores.openWhole(line, context)) {
      Coverage coverage = store.coverage(host, since);
      List<LogSession> before =
          store.logSessions().stream()
              .filter(session -> session.host().equals(host) && session.boot().equals(boot))
              .toList();
      boolean plugins =
          source == LogSource.AUDITD
              && before.stream().anyMatch(session -> session.source() == LogSource.AUDITD);
      boolean cutOff = !before.isEmpty() && before.get(before.size() - 1).ended().isEmpty();
      if (plugins || cutOff) {
        coverage.setResumed();
      }
      return coverage;
    }
  }

  @SuppressWarnings("try") // runs meanwhile
  private void collect(AuditSource source, Collector collector, Consumer<String> notes)
      throws IOException {
    OwnRecord own = new OwnRecord();
    collector.begin();
    collector.watch(own);
    LogWriter writer =
        new LogWriter(collector, new BuildIds()::of, all -> Stores.keep(all, line, context), notes);
    writer.start();
    try (Closing beside = beside(source, collector)) {
      Thread check = new Thread(() -> check(own, collector, writer, notes), "self-check");
      check.setDaemon(true);
      check.start();
      source.read(collector);
    } finally {
      List<LogSession> sessions = collector.sessions();
      writer.close();
      new AuditReport(line, context).print(sessions, collector, notes);
    }
  }

  /** The kernel's own losses, which a plugin does not see; for a person, how it goes. */
  private Closing beside(AuditSource source, Collector collector) {
    return source instanceof PluginInput
        ? BacklogWatch.start(collector, context.clock())::close
        : AuditProgress.start(collector, context)::close;
  }

  private interface Closing extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * A record must come, behind those that wait: one in three, since a busy machine may be late. It
   * is kept at once: should this process die, a gap is known.
   */
  private static void check(
      OwnRecord own, Collector collector, LogWriter writer, Consumer<String> notes) {
    int error = 0;
    boolean comes = false;
    int quiet = 0;
    for (int times = 0; error == 0 && !comes && quiet < QUIET && times < OWN_RECORDS; times++) {
      long before = read(collector);
      error = own.make();
      comes = error == 0 && own.comesWithin(OWN_RECORD);
      quiet = read(collector) > before ? 0 : quiet + 1;
    }
    if (error != 0) {
      notes.accept("whether records come could not be tried: errno " + error);
    } else if (comes) {
      writer.tryToWrite();
      notes.accept("a record of an own call has come: records are read");
    } else {
      notes.accept(
          "records of own calls did not come within a second: NOTHING MAY BE COLLECTED;"
              + " \"tiny-jail audit status\" says why");
    }
  }

  private static long read(Collector collector) {
    return collector.sessions().stream().mapToLong(session -> session.counts().read()).sum();
  }

  /**
   * At the end of the time, or when this process is told to end: then it does so when the latch
   * that is answered is down.
   */
  private static CountDownLatch stopLater(KernelListener listener, Duration time) {
    CountDownLatch done = new CountDownLatch(1);
    if (!time.isZero()) {
      Thread timer = new Thread(() -> stopAfter(time, listener), "timer");
      timer.setDaemon(true);
      timer.start();
    }
    Thread hook =
        new Thread(
            () -> {
              listener.stop();
              try {
                boolean ended = done.await(END_SECONDS, TimeUnit.SECONDS);
                assert ended;
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "end");
    Runtime.getRuntime().addShutdownHook(hook);
    return done;
  }

  private static void stopAfter(Duration time, KernelListener listener) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    listener.stop();
  }
}
