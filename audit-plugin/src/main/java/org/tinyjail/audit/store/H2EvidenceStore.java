package org.tinyjail.audit.store;

import static org.tinyjail.audit.store.Failures.failed;

import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.tinyjail.audit.log.Completeness;
import org.tinyjail.audit.log.Coverage;
import org.tinyjail.audit.log.LogEvidence;
import org.tinyjail.audit.log.LogSession;
import org.tinyjail.model.Denial;
import org.tinyjail.model.EvidenceException;
import org.tinyjail.model.EvidenceInbox;
import org.tinyjail.model.EvidenceSink;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;

/**
 * Evidence in an embedded H2 database, for one process at a time.
 *
 * <p>What a method has done when it returns survives the death of the process. A run is taken whole
 * or not at all. To be used by one thread at a time.
 *
 * <p>Decisions: a denial decided DENIED stays decided however often it comes again; one decided
 * ALLOWED is OPEN again once it is denied after the decision.
 */
public final class H2EvidenceStore implements EvidenceStore {
  /** How long {@link #open(StoreDirectory, EvidenceInbox, Consumer)} waits for others. */
  public static final Duration PATIENCE = Duration.ofSeconds(5);

  private final StoreDirectory directory;
  private final InstantSource clock;
  private final StoreLock lock;
  private final Connection connection;
  private final Statements sql;

  private H2EvidenceStore(
      StoreDirectory directory, InstantSource clock, StoreLock lock, Connection connection) {
    this.directory = directory;
    this.clock = clock;
    this.lock = lock;
    this.connection = connection;
    this.sql = new Statements(connection);
  }

  /** Opens as {@link #open(StoreDirectory, EvidenceInbox, Consumer, Duration, InstantSource)}. */
  public static H2EvidenceStore open(
      StoreDirectory directory, EvidenceInbox inbox, Consumer<String> warnings) {
    return open(directory, inbox, warnings, PATIENCE, InstantSource.system());
  }

  /**
   * Waits until no other process has the store, opens it (and creates it, if it is new) and takes
   * in what waits in the inbox, run by run. What is broken there is set aside with a warning.
   *
   * @param directory where the store is
   * @param inbox evidence that waits
   * @param warnings takes lines about the inbox that a person should see
   * @param patience how long to wait for other processes
   * @param clock dates decisions
   * @throws EvidenceException if another process keeps the store, or the database is not to be
   *     trusted, damaged, newer than this program, or the disk is full
   */
  public static H2EvidenceStore open(
      StoreDirectory directory,
      EvidenceInbox inbox,
      Consumer<String> warnings,
      Duration patience,
      InstantSource clock) {
    StoreLock lock = StoreLock.acquire(directory.lock(), patience, StoreDatabase::warmUp);
    try {
      H2EvidenceStore store =
          new H2EvidenceStore(
              directory, clock, lock, StoreDatabase.open(directory, clock, Migrations.ALL));
      try {
        store.takeIn(inbox, warnings);
        return store;
      } catch (RuntimeException e) {
        store.closeAfter(e);
        throw e;
      }
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  @Override
  public void accept(Run run, List<Observation> observations, List<Denial> denials) {
    transact("writing run " + run.id(), () -> write(run, observations, denials));
  }

  @Override
  public void acceptAll(Consumer<EvidenceSink> runs) {
    transact(
        "writing runs",
        () -> {
          runs.accept(this::writeWithOthers);
          return true;
        });
  }

  private void writeWithOthers(Run run, List<Observation> observations, List<Denial> denials) {
    try {
      write(run, observations, denials);
    } catch (SQLException e) {
      throw failed(directory.path(), "writing run " + run.id(), e);
    }
  }

  /** The key of the run. */
  private long write(Run run, List<Observation> observations, List<Denial> denials)
      throws SQLException {
    RunEvidence evidence = KeptEvidence.of(run, observations, denials);
    delete(evidence.run().id());
    long key = insertRun(evidence.run());
    insertUnseen(key, evidence.run());
    insertLoaded(key, evidence.run());
    insertObservations(key, evidence.observations());
    insertDenials(key, evidence.run().profile(), evidence.denials());
    return key;
  }

  /**
   * Takes what sessions of the audit log have brought, or, on failure, nothing of it. What was
   * there of the same runs and blocks is replaced.
   *
   * @throws org.tinyjail.model.EvidenceException if it cannot be kept
   */
  public void acceptLog(List<LogEvidence> log) {
    transact(
        "writing what the audit log says",
        () -> {
          LogTables tables = new LogTables(sql);
          for (LogEvidence one : log) {
            long session = tables.write(one);
            for (RunEvidence logged : one.runs()) {
              RunEvidence run = tables.attributed(logged);
              tables.attach(write(run.run(), run.observations(), run.denials()), session);
            }
          }
          return true;
        });
  }

  /** All sessions of the audit log, the oldest first. */
  public List<LogSession> logSessions() {
    return transact("reading sessions of the log", () -> new LogTables(sql).sessions());
  }

  /** How complete sessions are: those of the given ids, in the order of {@link #logSessions}. */
  public Map<LogSession, Completeness> completeness(Set<String> ids) {
    return transact("reading what is known of the log", () -> new LogTables(sql).completeness(ids));
  }

  /**
   * What was read of the audit log of a host.
   *
   * @param host as {@link LogSession#host}
   * @param since blocks that end before are left out
   */
  public Coverage coverage(String host, Instant since) {
    return transact(
        "reading what is known of the log", () -> new LogTables(sql).coverage(host, since));
  }

  @Override
  public Optional<RunEvidence> evidence(String runId) {
    return transact(
        "reading run " + runId,
        () -> {
          List<RunEvidence> found = new ArrayList<>();
          for (Run run : sql.select(Sql.RUN_OF_ID, Rows::run, runId)) {
            found.add(
                new RunEvidence(
                    run,
                    sql.select(Sql.OBSERVATIONS_OF_RUN, Rows::observation, runId),
                    sql.select(Sql.DENIALS_OF_RUN, Rows::denial, runId)));
          }
          return found.stream().findFirst();
        });
  }

  @Override
  public List<Run> runs(Optional<String> profile) {
    return transact(
        "reading runs",
        () ->
            profile.isPresent()
                ? sql.select(Sql.RUNS_OF_PROFILE, Rows::run, profile.get())
                : sql.select(Sql.ALL_RUNS, Rows::run));
  }

  @Override
  public List<String> profiles() {
    return transact(
        "reading profiles",
        () -> sql.select(Sql.PROFILES, row -> row.getString(1)).stream().sorted().toList());
  }

  @Override
  public boolean forget(String runId) {
    return transact(
        "forgetting run " + runId,
        () -> {
          List<Long> sessions = sql.select(Sql.SESSION_OF_RUN, row -> row.getLong(1), runId);
          boolean found = delete(runId);
          sql.update(Sql.DELETE_UNUSED_GROUPS);
          for (Long session : sessions) {
            sql.update(Sql.DELETE_EMPTY_SESSION, session);
          }
          return found;
        });
  }

  @Override
  public List<Observation> observations(String profile) {
    return transact(
        "reading observations",
        () ->
            Sums.observations(sql.select(Sql.OBSERVATIONS_OF_PROFILE, Rows::observation, profile)));
  }

  @Override
  public List<ReviewItem> denials(DenialQuery query) {
    String program = query.program().orElse("");
    long since = query.since().map(Limits::nanos).orElse(Long.MIN_VALUE);
    return transact(
        "reading denials",
        () -> {
          Groups groups = new Groups();
          try (PreparedStatement select =
                  sql.prepare(Sql.DENIALS_ASKED_FOR, since, program, program);
              ResultSet row = select.executeQuery()) {
            while (row.next()) {
              groups.add(row.getLong(1), row.getString(2), Rows.denial(row), Rows.decided(row));
            }
          }
          return groups.matching(query);
        });
  }

  @Override
  public List<Long> decide(Collection<Long> ids, Decision decision) {
    long now = Limits.nanos(clock.instant());
    return transact(
        "writing decisions",
        () -> {
          List<Long> unknown = new ArrayList<>();
          for (Long id : ids) {
            if (sql.update(Sql.DECIDE, decision.name(), now, id) == 0) {
              unknown.add(id);
            }
          }
          return unknown;
        });
  }

  @Override
  public void close() {
    try (lock) {
      connection.close();
    } catch (SQLException e) {
      throw failed(directory.path(), "closing", e);
    }
  }

  private void closeAfter(RuntimeException failure) {
    try {
      connection.close();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }

  private void takeIn(EvidenceInbox inbox, Consumer<String> warnings) {
    List<EvidenceInbox.Pending> safe = new ArrayList<>();
    for (EvidenceInbox.Pending pending : inbox.pending()) {
      read(pending, warnings)
          .ifPresent(
              contents -> {
                accept(contents.run(), contents.observations(), contents.denials());
                if (contents.complete()) {
                  safe.add(pending);
                }
              });
    }
    if (!safe.isEmpty()) {
      sync();
      safe.forEach(pending -> discard(pending, warnings));
    }
  }

  /**
   * A reader may fail on broken bytes in ways that nobody foresaw; none may keep the store shut.
   */
  private static Optional<EvidenceInbox.Contents> read(
      EvidenceInbox.Pending pending, Consumer<String> warnings) {
    try {
      return Optional.of(pending.read());
    } catch (UncheckedIOException e) {
      warnings.accept(pending.name() + ": cannot be read now: " + Failures.reason(e));
    } catch (RuntimeException e) {
      warnings.accept(
          pending.name() + ": broken (" + Failures.reason(e) + "); " + setAside(pending));
    }
    return Optional.empty();
  }

  private static String setAside(EvidenceInbox.Pending pending) {
    try {
      return "kept as " + pending.setAside();
    } catch (RuntimeException e) {
      return "left where it is: " + Failures.reason(e);
    }
  }

  private static void discard(EvidenceInbox.Pending pending, Consumer<String> warnings) {
    try {
      pending.discard();
    } catch (RuntimeException e) {
      warnings.accept(pending.name() + ": taken in, but cannot be removed: " + Failures.reason(e));
    }
  }

  private void sync() {
    transact("writing to the disk", () -> sql.update(Sql.SYNC));
  }

  private boolean delete(String runId) throws SQLException {
    return sql.update(Sql.DELETE_RUN, runId) > 0;
  }

  private long insertRun(Run run) throws SQLException {
    try (PreparedStatement insert = sql.prepareForKey(Sql.INSERT_RUN, "RUN_KEY")) {
      Rows.bindRun(insert, run);
      insert.executeUpdate();
      return Rows.generatedKey(insert);
    }
  }

  private void insertUnseen(long key, Run run) throws SQLException {
    if (run.unseen().isPresent()) {
      try (PreparedStatement insert = sql.prepare(Sql.INSERT_UNSEEN)) {
        Rows.bindUnseen(insert, key, run.unseen().get());
        insert.executeUpdate();
      }
    }
  }

  private void insertLoaded(long key, Run run) throws SQLException {
    if (!run.loaded().isEmpty()) {
      try (PreparedStatement insert = sql.prepare(Sql.INSERT_LOADED)) {
        Rows.bindLoaded(insert, key, run.loaded());
        insert.executeUpdate();
      }
    }
  }

  private void insertObservations(long run, List<Observation> observations) throws SQLException {
    try (PreparedStatement insert = sql.prepare(Sql.INSERT_OBSERVATION)) {
      for (Observation observation : observations) {
        Rows.bindObservation(insert, run, observation);
        insert.executeUpdate();
      }
    }
  }

  private void insertDenials(long run, String profile, List<Denial> denials) throws SQLException {
    Map<DenialKey, Long> groups = groups(profile, denials);
    try (PreparedStatement insert = sql.prepare(Sql.INSERT_DENIAL)) {
      for (Denial denial : denials) {
        long group = Objects.requireNonNull(groups.get(DenialKey.of(profile, denial)));
        Rows.bindDenial(insert, run, group, denial);
        insert.executeUpdate();
      }
    }
  }

  /** The ids of the groups of {@code denials}; new groups are made. */
  private Map<DenialKey, Long> groups(String profile, List<Denial> denials) throws SQLException {
    long before = sql.select(Sql.LAST_GROUP, row -> row.getLong(1)).get(0);
    long last = before;
    Map<DenialKey, Long> groups = new HashMap<>();
    try (PreparedStatement find = sql.prepare(Sql.GROUP_BY_DIGEST);
        PreparedStatement add = sql.prepare(Sql.INSERT_GROUP)) {
      for (Denial denial : denials) {
        DenialKey key = DenialKey.of(profile, denial);
        if (!groups.containsKey(key)) {
          byte[] digest = key.digest();
          OptionalLong known = group(find, digest);
          if (known.isEmpty()) {
            Rows.bindGroup(add, key, digest, ++last);
            add.executeUpdate();
          }
          groups.put(key, known.orElse(last));
        }
      }
    }
    if (last != before) {
      sql.update(Sql.SET_LAST_GROUP, last);
    }
    return groups;
  }

  private static OptionalLong group(PreparedStatement find, byte[] digest) throws SQLException {
    find.setBytes(1, digest);
    try (ResultSet row = find.executeQuery()) {
      return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
    }
  }

  private <T> T transact(String doing, Work<T> work) {
    try {
      T result = work.run();
      connection.commit();
      return result;
    } catch (SQLException e) {
      rollBack(e);
      throw failed(directory.path(), doing, e);
    } catch (RuntimeException e) {
      rollBack(e);
      throw e;
    }
  }

  private void rollBack(Exception failure) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }

  private interface Work<T> {
    T run() throws SQLException;
  }
}
