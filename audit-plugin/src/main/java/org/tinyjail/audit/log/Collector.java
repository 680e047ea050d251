package org.tinyjail.audit.log;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tinyjail.audit.record.LineAssembler;
import org.tinyjail.audit.record.RawText;
import org.tinyjail.audit.record.RecordException;
import org.tinyjail.audit.record.RecordParser;
import org.tinyjail.model.Run;

/**
 * Adds up the records of a source, a session for each host.
 *
 * <p>One thread reads, another takes away what has changed: the reader waits for the other for as
 * long as that copies a few rows, never for a disk.
 */
public final class Collector implements LineAssembler.Sink {
  /**
   * When the sessions hold so many blocks of 16 KiB, all end and others begin, so that memory is
   * bounded.
   */
  private static final int BLOCKS_MAX = 4096;

  /** More hosts than these in one log are an error in it. */
  private static final int HOSTS_MAX = 1000;

  /** So many problems are kept to be shown. */
  private static final int PROBLEMS_MAX = 5;

  /** Is shown each record of seccomp; for those who wait for one, or print them. */
  public interface Watcher {
    /**
     * A record was read; whether it is no evidence, but was made to see whether it comes. Quick.
     */
    boolean takes(RecordParser record);
  }

  private final LogSource source;
  private final String here;
  private final String boot;
  private final InstantSource clock;
  private final Function<String, Coverage> coverages;
  private final ReentrantLock lock = new ReentrantLock();
  private final RecordParser parser = new RecordParser();
  private final Map<String, SessionTally> sessions = new LinkedHashMap<>();
  private final List<LogEvidence> ended = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private String place = "";
  private String usual = "";
  private byte[] recentHost = {};
  private @Nullable SessionTally recent;
  private @Nullable Watcher watcher;
  private Instant lastStart = Instant.MIN;
  private long refused;
  private long left;
  private int held;

  /**
   * @param source what is read
   * @param here the name of this host, as {@code node=} may say it
   * @param boot of this kernel, if it makes the records; else empty
   * @param clock tells when sessions begin
   * @param coverages what other sessions have read of a host; empty: this one
   */
  public Collector(
      LogSource source,
      String here,
      String boot,
      InstantSource clock,
      Function<String, Coverage> coverages) {
    this.source = source;
    this.here = here;
    this.boot = boot;
    this.clock = clock;
    this.coverages = coverages;
  }

  /** Has each record of seccomp shown to {@code other}; null: no more. */
  public void watch(@Nullable Watcher other) {
    locked(
        () -> {
          watcher = other;
        });
  }

  /** Records that do not say of which host they are, are of this one; empty: of this host. */
  public void setHost(String name) {
    locked(
        () -> {
          usual = name;
        });
  }

  /** Sessions that begin from now on are of this place: a file. */
  public void setPlace(String name) {
    locked(
        () -> {
          place = name;
        });
  }

  /** Does {@code work}, which calls the methods of a reader, before anything is taken away. */
  public void locked(Runnable work) {
    lock.lock();
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void line(byte[] bytes, int from, int to, long offset) {
    if (from == to) {
      return; // an empty line
    }
    try {
      take(parser.parse(bytes, from, to), offset);
    } catch (RecordException e) {
      refuse(offset + e.at() - from, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void broken(long offset, String problem) {
    refuse(offset, problem);
  }

  /**
   * A message of the kernel's netlink socket: see {@link RecordParser#parse(int, byte[], int,
   * int)}.
   */
  public void message(int type, byte[] payload, int from, int to) {
    try {
      take(parser.parse(type, payload, from, to), 0);
    } catch (RecordException e) {
      refuse(e.at() - from, String.valueOf(e.getMessage()));
    }
  }

  private void take(RecordParser.Kind kind, long offset) {
    SessionTally session = session(parser.host());
    if (session == null) {
      refuse(
          offset,
          usual.isEmpty()
              ? "records of more than " + HOSTS_MAX + " hosts"
              : "node= is this host, where another was named, or one of more than " + HOSTS_MAX);
      return;
    }
    Watcher other = watcher;
    boolean own = kind == RecordParser.Kind.SECCOMP && other != null && other.takes(parser);
    int size = session.size();
    long before = session.left();
    String problem = session.take(parser, own ? RecordParser.Kind.OTHER : kind);
    left += session.left() - before;
    if (problem != null) {
      refuse(offset, problem);
    }
    held += session.size() - size;
    if (held > BLOCKS_MAX) {
      endAll();
    }
  }

  private void refuse(long offset, String problem) {
    refused++;
    if (problems.size() < PROBLEMS_MAX) {
      problems.add((place.isEmpty() ? "" : place + ":") + "byte " + offset + ": " + problem);
    }
    SessionTally session = recent;
    if (session != null) {
      session.refuse();
    }
  }

  private @Nullable SessionTally session(RawText host) {
    SessionTally known = recent;
    if (known == null || !host.isRaw(recentHost)) {
      recentHost = host.raw();
      String said = HostName.plain(new String(recentHost, StandardCharsets.UTF_8));
      if (!usual.isEmpty() && isHere(said)) {
        recent = null;
        return null; // of another host, and says that it is of this one
      }
      String name = said.isEmpty() ? usual : said;
      known = session(isHere(name) ? "" : name);
      recent = known;
    }
    return known;
  }

  /** By its name, or that with its domain: name_format of auditd.conf(5). */
  private boolean isHere(String name) {
    return name.equals(here) || name.startsWith(here + ".");
  }

  private @Nullable SessionTally session(String host) {
    SessionTally known = sessions.get(host);
    if (known == null && sessions.size() < HOSTS_MAX) {
      known = begin(host);
      sessions.put(host, known);
    }
    return known;
  }

  private SessionTally begin(String host) {
    Instant now = clock.instant();
    // Ids are of the time of the start: two sessions never have the same.
    lastStart = now.isAfter(lastStart) ? now : lastStart.plusNanos(1);
    return new SessionTally(
        Run.newId(lastStart, ProcessHandle.current().pid()),
        host,
        source,
        place,
        host.isEmpty() ? boot : "",
        lastStart,
        coverages.apply(host));
  }

  /** Begins the session of this host, so that it stands there before its first record. */
  public void begin() {
    locked(() -> session(new RawText()));
  }

  /** Records of this host are lost. */
  public void lose(LogLoss loss) {
    locked(
        () -> {
          SessionTally session = sessions.get("");
          if (session != null) {
            session.lose(loss);
          }
        });
  }

  private void endAll() {
    for (SessionTally session : sessions.values()) {
      session.setChanged(); // with what may be on its way to the store, and not arrive
      ended.add(session.changes(Optional.of(clock.instant())));
    }
    boolean own = sessions.containsKey("");
    sessions.clear();
    recent = null;
    held = 0;
    if (own) {
      sessions.put("", begin("")); // so that it can lose records
    }
  }

  /** Whether there is something to take away. */
  public boolean isChanged() {
    lock.lock();
    try {
      return !ended.isEmpty() || sessions.values().stream().anyMatch(SessionTally::isChanged);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes away what has changed.
   *
   * @param over whether the sessions end now
   */
  public List<LogEvidence> changes(boolean over) {
    lock.lock();
    try {
      Optional<Instant> end = over ? Optional.of(clock.instant()) : Optional.empty();
      List<LogEvidence> all = new ArrayList<>(ended);
      ended.clear();
      for (SessionTally session : sessions.values()) {
        if (over || session.isChanged()) {
          all.add(session.changes(end));
        }
      }
      if (over) {
        sessions.clear();
        recent = null;
      }
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** What was taken away could not be written: it comes again with the next. */
  public void notWritten(List<LogEvidence> evidence) {
    locked(
        () -> {
          evidence.stream().filter(one -> one.session().ended().isPresent()).forEach(ended::add);
          sessions.values().forEach(SessionTally::setChanged);
        });
  }

  /** All sessions as they are now. */
  public List<LogSession> sessions() {
    lock.lock();
    try {
      return sessions.values().stream().map(one -> one.session(Optional.empty())).toList();
    } finally {
      lock.unlock();
    }
  }

  /** The first things that were wrong, with their place. */
  public List<String> problems() {
    lock.lock();
    try {
      return List.copyOf(problems);
    } finally {
      lock.unlock();
    }
  }

  /** How many records were left to another session, which goes on. */
  public long left() {
    lock.lock();
    try {
      return left;
    } finally {
      lock.unlock();
    }
  }

  /** How many lines were no records, or damaged ones. */
  public long refused() {
    lock.lock();
    try {
      return refused;
    } finally {
      lock.unlock();
    }
  }
}
