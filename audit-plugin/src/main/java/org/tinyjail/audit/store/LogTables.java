package org.tinyjail.audit.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.tinyjail.audit.log.Completeness;
import org.tinyjail.audit.log.Coverage;
import org.tinyjail.audit.log.LogEvidence;
import org.tinyjail.audit.log.LogLoss;
import org.tinyjail.audit.log.LogSession;
import org.tinyjail.audit.log.LogSource;
import org.tinyjail.audit.log.SerialBlock;
import org.tinyjail.audit.log.SerialGap;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;

/** The tables of {@code V003__log.sql}, within a transaction of the store. */
final class LogTables {
  private static final int BITS = SerialBlock.SERIALS / Byte.SIZE;
  private static final int TEXT = 4096;

  /** Of the kernel's times of records, which are those of its last tick. */
  private static final Duration INACCURACY = Duration.ofMillis(100);

  private final Statements sql;

  LogTables(Statements sql) {
    this.sql = sql;
  }

  /** Writes a session and its blocks, in place of what was there of them; its key. */
  long write(LogEvidence log) throws SQLException {
    LogSession session = log.session();
    List<Long> known = sql.select(Sql.SESSION_KEY, row -> row.getLong(1), session.id());
    long key = known.isEmpty() ? insert(session) : known.get(0);
    if (!known.isEmpty()) {
      try (PreparedStatement update = sql.prepare(Sql.UPDATE_SESSION)) {
        bind(update, session);
        update.executeUpdate();
      }
    }
    writeBlocks(key, log.blocks());
    writeGaps(key, session.gaps());
    writeLosses(key, session.losses());
    return key;
  }

  private long insert(LogSession session) throws SQLException {
    try (PreparedStatement insert = sql.prepareForKey(Sql.INSERT_SESSION, "SESSION_KEY")) {
      bind(insert, session);
      insert.executeUpdate();
      return Rows.generatedKey(insert);
    }
  }

  private static void bind(PreparedStatement statement, LogSession session) throws SQLException {
    LogSession.Counts counts = session.counts();
    statement.setString(1, session.host());
    statement.setString(2, session.source().name());
    statement.setString(3, Limits.text(session.place(), TEXT));
    statement.setString(4, session.boot());
    statement.setLong(5, Limits.nanos(session.started()));
    bind(statement, 6, session.ended());
    bind(statement, 7, session.first());
    bind(statement, 8, session.last());
    statement.setLong(9, counts.read());
    statement.setLong(10, counts.taken());
    statement.setLong(11, counts.known());
    statement.setLong(12, counts.refused());
    statement.setString(13, session.id());
  }

  private static void bind(PreparedStatement statement, int index, Optional<Instant> time)
      throws SQLException {
    statement.setObject(index, time.map(Limits::nanos).orElse(null), Types.BIGINT);
  }

  /** The run is made of a session. */
  void attach(long run, long session) throws SQLException {
    sql.update(Sql.INSERT_LOG_RUN, run, session);
  }

  /**
   * The evidence under the profile of the run of ours that it is of: the only one of that
   * executable that went on from its first record to its last. Else as it is, under the
   * executable's own.
   */
  RunEvidence attributed(RunEvidence log) throws SQLException {
    Run run = log.run();
    Instant first = run.started();
    Instant last =
        Stream.concat(
                log.observations().stream().map(Observation::last),
                log.denials().stream().map(Denial::last))
            .max(Instant::compareTo)
            .orElse(first);
    List<Optional<String>> owners =
        run.id().indexOf('@') < 0
            ? sql.select(
                Sql.OWNERS,
                LogTables::owner,
                run.executable(),
                Limits.nanos(first.plus(INACCURACY)),
                Limits.nanos(last.minus(INACCURACY)))
            : List.of();
    Set<String> profiles = owners.stream().flatMap(Optional::stream).collect(Collectors.toSet());
    return profiles.size() == 1
        ? new RunEvidence(
            run.withProfile(profiles.iterator().next()), log.observations(), log.denials())
        : log;
  }

  /** Its profile; empty if it was cut off: it may be long over. */
  private static Optional<String> owner(ResultSet row) throws SQLException {
    String process = row.getString(2).replaceAll(".*-", "");
    boolean alive =
        process.matches("[0-9a-f]{1,8}")
            && Files.exists(Path.of("/proc", "" + HexFormat.fromHexDigitsToLong(process)));
    return row.getObject(3) != null || alive ? Optional.of(row.getString(1)) : Optional.empty();
  }

  private void writeBlocks(long session, List<SerialBlock> blocks) throws SQLException {
    for (SerialBlock block : blocks) {
      byte[] seen = packed(block.seen());
      byte[] counted = packed(block.counted());
      sql.update(
          Sql.MERGE_BLOCK,
          session,
          block.stretch(),
          block.number(),
          block.earliest(),
          block.latest(),
          seen,
          Arrays.equals(seen, counted) ? new byte[0] : counted);
    }
  }

  private void writeGaps(long session, List<SerialGap> gaps) throws SQLException {
    sql.update(Sql.DELETE_GAPS, session);
    for (SerialGap gap : gaps) {
      sql.update(
          Sql.INSERT_GAP,
          session,
          gap.first(),
          gap.last(),
          Limits.nanos(gap.from()),
          Limits.nanos(gap.to()));
    }
  }

  private void writeLosses(long session, List<LogLoss> losses) throws SQLException {
    sql.update(Sql.DELETE_LOSSES, session);
    for (LogLoss loss : losses) {
      sql.update(
          Sql.INSERT_LOSS,
          session,
          loss.kind().name(),
          Limits.nanos(loss.from()),
          Limits.nanos(loss.to()),
          loss.records());
    }
  }

  /** A session that was read, and its key. */
  private record Kept(long key, LogSession session) {}

  List<LogSession> sessions() throws SQLException {
    List<LogSession> sessions = new ArrayList<>();
    for (Kept kept : sql.select(Sql.SESSIONS, LogTables::session)) {
      LogSession s = kept.session();
      sessions.add(
          new LogSession(
              s.id(),
              s.host(),
              s.source(),
              s.place(),
              s.boot(),
              s.started(),
              s.ended(),
              s.first(),
              s.last(),
              s.counts(),
              sql.select(Sql.LOSSES, LogTables::loss, kept.key()),
              sql.select(Sql.GAPS, LogTables::gap, kept.key())));
    }
    return sessions;
  }

  private static Kept session(ResultSet row) throws SQLException {
    return new Kept(
        row.getLong(1),
        new LogSession(
            row.getString(2),
            row.getString(3),
            LogSource.valueOf(row.getString(4)),
            row.getString(5),
            row.getString(6),
            Limits.time(row.getLong(7)),
            time(row, 8),
            time(row, 9),
            time(row, 10),
            new LogSession.Counts(
                row.getLong(11), row.getLong(12), row.getLong(13), row.getLong(14)),
            List.of(),
            List.of()));
  }

  private static Optional<Instant> time(ResultSet row, int column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, Long.class)).map(Limits::time);
  }

  private static LogLoss loss(ResultSet row) throws SQLException {
    return new LogLoss(
        LogLoss.Kind.valueOf(row.getString(1)),
        Limits.time(row.getLong(2)),
        Limits.time(row.getLong(3)),
        row.getLong(4));
  }

  private static SerialGap gap(ResultSet row) throws SQLException {
    return new SerialGap(
        row.getLong(1), row.getLong(2), Limits.time(row.getLong(3)), Limits.time(row.getLong(4)));
  }

  Coverage coverage(String host, Instant since) throws SQLException {
    Coverage coverage = new Coverage();
    for (Kept kept : sql.select(Sql.SESSIONS, LogTables::session)) {
      if (kept.session().host().equals(host)) {
        coverage.add(
            sql.select(Sql.BLOCKS_OF_SESSION, LogTables::block, kept.key(), since.toEpochMilli()),
            new HashSet<>(
                sql.select(Sql.PROGRAMS_OF_SESSION, row -> row.getString(1), kept.key())));
      }
    }
    return coverage;
  }

  Map<LogSession, Completeness> completeness(Set<String> ids) throws SQLException {
    Map<LogSession, Completeness> all = new LinkedHashMap<>();
    for (LogSession session : sessions()) {
      if (ids.contains(session.id())) {
        all.put(session, completeness(session));
      }
    }
    return all;
  }

  /** A block and the id of its session. */
  private record Around(String session, SerialBlock block) {}

  private Completeness completeness(LogSession session) throws SQLException {
    Coverage known = new Coverage();
    Coverage own = new Coverage();
    List<SerialGap> gaps = session.gaps();
    if (!gaps.isEmpty()) {
      List<Around> blocks =
          sql.select(
              Sql.BLOCKS_AROUND,
              row -> new Around(row.getString(7), block(row)),
              session.host(),
              SerialBlock.numberOf(gaps.stream().mapToLong(SerialGap::first).min().orElseThrow()),
              SerialBlock.numberOf(gaps.stream().mapToLong(SerialGap::last).max().orElseThrow()),
              gaps.stream().mapToLong(gap -> gap.from().toEpochMilli()).min().orElseThrow(),
              gaps.stream().mapToLong(gap -> gap.to().toEpochMilli()).max().orElseThrow());
      for (Around one : blocks) {
        known.add(List.of(one.block()), Set.of());
        if (one.session().equals(session.id())) {
          own.add(List.of(one.block()), Set.of());
        }
      }
    }
    return Completeness.of(session, known, own);
  }

  private static SerialBlock block(ResultSet row) throws SQLException {
    long[] seen = unpacked(row.getBytes(5));
    byte[] counted = row.getBytes(6);
    return SerialBlock.of(
        row.getInt(1),
        row.getInt(2),
        row.getLong(3),
        row.getLong(4),
        seen,
        counted.length == 0 ? seen : unpacked(counted));
  }

  private static byte[] packed(long[] bits) {
    ByteBuffer bytes = ByteBuffer.allocate(BITS).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(bits);
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try {
      deflater.setInput(bytes.array());
      deflater.finish();
      byte[] out = new byte[2 * BITS];
      return Arrays.copyOf(out, deflater.deflate(out));
    } finally {
      deflater.end();
    }
  }

  private static long[] unpacked(byte[] packed) throws SQLException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(packed);
      byte[] out = new byte[BITS];
      if (inflater.inflate(out) != BITS) {
        throw new SQLException("a block of serial numbers is cut off");
      }
      long[] bits = new long[BITS / Long.BYTES];
      ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(bits);
      return bits;
    } catch (DataFormatException e) {
      throw new SQLException("a block of serial numbers is damaged", e);
    } finally {
      inflater.end();
    }
  }
}
