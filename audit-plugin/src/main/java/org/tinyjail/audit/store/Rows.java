package org.tinyjail.audit.store;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Denial;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.UnseenChance;

/** Rows of {@link Sql}'s statements to and from the words of the model, column by column. */
final class Rows {
  private Rows() {}

  static void bindRun(PreparedStatement insert, Run run) throws SQLException {
    insert.setString(1, run.id());
    insert.setString(2, run.kind().name());
    insert.setString(3, run.profile());
    insert.setString(4, run.executable());
    insert.setString(5, run.buildId());
    insert.setObject(6, run.command().toArray(String[]::new));
    insert.setString(7, run.policy());
    insert.setLong(8, Limits.nanos(run.started()));
    insert.setObject(9, run.ended().map(Limits::nanos).orElse(null), Types.BIGINT);
    insert.setObject(10, run.status().isPresent() ? run.status().getAsInt() : null, Types.INTEGER);
    insert.setBoolean(11, run.exact());
    insert.setLong(12, run.lost());
  }

  static Run run(ResultSet row) throws SQLException {
    Long ended = row.getObject(9, Long.class);
    Integer status = row.getObject(10, Integer.class);
    return new Run(
        row.getString(1),
        Run.Kind.valueOf(row.getString(2)),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        texts(row.getArray(6)),
        row.getString(7),
        Limits.time(row.getLong(8)),
        Optional.ofNullable(ended).map(Limits::time),
        status == null ? OptionalInt.empty() : OptionalInt.of(status),
        row.getBoolean(11),
        row.getLong(12),
        unseen(row),
        loaded(row));
  }

  static void bindUnseen(PreparedStatement insert, long run, UnseenChance unseen)
      throws SQLException {
    insert.setLong(1, run);
    insert.setLong(2, unseen.executions());
    insert.setLong(3, unseen.unguided());
    insert.setLong(4, unseen.hits());
    insert.setDouble(5, unseen.limit());
    insert.setDouble(6, unseen.confidence());
    insert.setDouble(7, unseen.estimate());
    insert.setLong(8, Limits.nanos(unseen.measured()));
  }

  private static Optional<UnseenChance> unseen(ResultSet row) throws SQLException {
    Long executions = row.getObject(13, Long.class);
    return executions == null
        ? Optional.empty()
        : Optional.of(
            new UnseenChance(
                executions,
                row.getLong(14),
                row.getLong(15),
                row.getDouble(16),
                row.getDouble(17),
                row.getDouble(18),
                Limits.time(row.getLong(19))));
  }

  static void bindLoaded(PreparedStatement insert, long run, List<LoadedFile> loaded)
      throws SQLException {
    insert.setLong(1, run);
    insert.setObject(2, loaded.stream().map(LoadedFile::executable).toArray(String[]::new));
    insert.setObject(3, loaded.stream().map(LoadedFile::path).toArray(String[]::new));
  }

  private static List<LoadedFile> loaded(ResultSet row) throws SQLException {
    Array executables = row.getArray(20);
    if (executables == null) {
      return List.of();
    }
    Iterator<String> paths = texts(row.getArray(21)).iterator();
    return texts(executables).stream()
        .map(executable -> new LoadedFile(executable, paths.next()))
        .toList();
  }

  static void bindObservation(PreparedStatement insert, long run, Observation o)
      throws SQLException {
    insert.setLong(1, run);
    insert.setString(2, o.executable());
    insert.setString(3, o.arch().name());
    insert.setString(4, o.syscall());
    insert.setString(5, o.arguments().toString());
    insert.setString(6, o.source().name());
    insert.setLong(7, o.count());
    insert.setLong(8, Limits.nanos(o.first()));
    insert.setLong(9, Limits.nanos(o.last()));
    insert.setString(10, o.sample());
  }

  static Observation observation(ResultSet row) throws SQLException {
    return new Observation(
        row.getString(1),
        Arch.valueOf(row.getString(2)),
        row.getString(3),
        ArgumentClass.parse(row.getString(4)),
        Source.valueOf(row.getString(5)),
        row.getLong(6),
        Limits.time(row.getLong(7)),
        Limits.time(row.getLong(8)),
        row.getString(9));
  }

  static void bindGroup(PreparedStatement insert, DenialKey key, byte[] digest, long id)
      throws SQLException {
    insert.setBytes(1, digest);
    insert.setString(2, key.profile());
    insert.setString(3, key.executable());
    insert.setString(4, key.arch().name());
    insert.setString(5, key.syscall());
    insert.setString(6, key.arguments());
    insert.setInt(7, key.action().filterValue());
    insert.setLong(8, id);
  }

  static void bindDenial(PreparedStatement insert, long run, long group, Denial d)
      throws SQLException {
    insert.setLong(1, run);
    insert.setLong(2, group);
    insert.setString(3, d.callSite());
    insert.setBoolean(4, d.carriedOut());
    insert.setString(5, d.comm());
    insert.setInt(6, d.pid());
    insert.setInt(7, d.data().number());
    insert.setInt(8, d.data().arch());
    insert.setLong(9, d.data().instructionPointer());
    insert.setObject(10, d.data().arguments().toArray(Long[]::new));
    insert.setLong(11, d.count());
    insert.setLong(12, Limits.nanos(d.first()));
    insert.setLong(13, Limits.nanos(d.last()));
  }

  static Denial denial(ResultSet row) throws SQLException {
    return new Denial(
        row.getString(3),
        row.getString(12),
        row.getInt(13),
        Arch.valueOf(row.getString(4)),
        row.getString(5),
        new SyscallData(row.getInt(14), row.getInt(15), row.getLong(16), numbers(row.getArray(17))),
        row.getString(6),
        row.getString(10),
        Action.ofFilterValue(row.getInt(7)),
        row.getBoolean(11),
        row.getLong(18),
        Limits.time(row.getLong(19)),
        Limits.time(row.getLong(20)));
  }

  static Groups.Decided decided(ResultSet row) throws SQLException {
    return new Groups.Decided(Decision.valueOf(row.getString(8)), Limits.time(row.getLong(9)));
  }

  static long generatedKey(PreparedStatement insert) throws SQLException {
    try (ResultSet keys = insert.getGeneratedKeys()) {
      if (!keys.next()) {
        throw new SQLException("no key was generated");
      }
      return keys.getLong(1);
    }
  }

  private static List<String> texts(Array array) throws SQLException {
    return Arrays.stream((Object[]) array.getArray()).map(String::valueOf).toList();
  }

  private static List<Long> numbers(Array array) throws SQLException {
    List<Long> numbers = new ArrayList<>();
    for (Object number : (Object[]) array.getArray()) {
      numbers.add(((Number) number).longValue());
    }
    return numbers;
  }
}
