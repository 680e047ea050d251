package org.tinyjail.audit.store;

import static org.tinyjail.audit.store.Failures.failed;
import static org.tinyjail.audit.store.Failures.refused;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Set;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.EvidenceException;

/**
 * The database file of a store whose lock is held: checked, created, migrated, opened.
 *
 * <p>A database is made and migrated under another name and renamed when it is whole. So one
 * without a schema is damaged, never new, and is not filled again over the evidence that it may
 * still hold.
 */
final class StoreDatabase {
  /**
   * Our own lock comes before FILE_LOCK=FS, which keeps H2's own tools out. WRITE_DELAY=0 writes at
   * each commit; MAX_COMPACT_TIME bounds the work at closing, in milliseconds.
   */
  private static final String SETTINGS =
      ";FILE_LOCK=FS;DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0;RETENTION_TIME=1000"
          + ";MAX_COMPACT_TIME=50;ANALYZE_AUTO=0;TRACE_LEVEL_FILE=0;TRACE_LEVEL_SYSTEM_OUT=0";

  private static final String SUFFIX = ".mv.db";

  /** Two header blocks and a chunk: what is shorter was cut off, and H2 would fill it anew. */
  private static final long SHORTEST = 3 * 4096;

  static {
    // Should a stranger's database pass all checks, its aliases find no class to call.
    if (System.getProperty("h2.allowedClasses") == null) {
      System.setProperty("h2.allowedClasses", "");
    }
  }

  private final StoreDirectory directory;
  private final InstantSource clock;

  private final Migrations migrations;

  private StoreDatabase(StoreDirectory directory, InstantSource clock, Migrations migrations) {
    this.directory = directory;
    this.clock = clock;
    this.migrations = migrations;
  }

  /** Loads H2, which takes longer than all else: what is done before the lock is taken. */
  @SuppressWarnings({"EmptyCatch", "try"})
  static void warmUp() {
    try (Connection memory = connect("mem:")) {
      memory.rollback();
    } catch (SQLException e) {
      // Then H2 is loaded later, or fails with a message.
    }
  }

  /** Opens the database at the newest schema, without auto-commit. */
  static Connection open(StoreDirectory directory, InstantSource clock, Migrations migrations) {
    StoreDatabase database = new StoreDatabase(directory, clock, migrations);
    try {
      return database.open();
    } catch (IOException | SQLException e) {
      throw failed(directory.path(), "opening the database", e);
    }
  }

  private Connection open() throws IOException, SQLException {
    Path file = directory.database();
    Files.deleteIfExists(directory.draft());
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      create();
    }
    check(file);
    Connection connection = connectExisting(file);
    int version = versionOf(connection, file);
    if (version == migrations.newest()) {
      return connection;
    }
    connection.close();
    migrate(file);
    return connect(file);
  }

  private void create() throws IOException, SQLException {
    Path draft = directory.draft();
    Files.createFile(draft, StoreDirectory.PRIVATE_FILE);
    finish(draft);
  }

  private void migrate(Path file) throws IOException, SQLException {
    Path draft = directory.draft();
    try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ);
        FileChannel to =
            FileChannel.open(
                draft,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                StoreDirectory.PRIVATE_FILE)) {
      long done = 0;
      while (done < from.size()) {
        done += from.transferTo(done, from.size() - done, to);
      }
    }
    finish(draft);
  }

  private void finish(Path draft) throws IOException, SQLException {
    try (Connection connection = connect(draft)) {
      migrations.apply(connection, Limits.nanos(clock.instant()));
    }
    sync(draft);
    Files.move(draft, directory.database(), StandardCopyOption.ATOMIC_MOVE);
    sync(directory.path());
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void check(Path file) throws IOException {
    FileFacts facts = FileFacts.of(file);
    int user = FileFacts.effectiveUser();
    if (!facts.isRegular()) {
      throw distrusted(file, facts.isLink() ? "is a symbolic link" : "is not a regular file");
    }
    if (facts.owner() != user) {
      throw distrusted(
          file, "belongs to user " + facts.owner() + ", tiny-jail runs as user " + user);
    }
    if (facts.links() != 1) {
      throw distrusted(file, "has " + facts.links() + " names (hard links)");
    }
    if (facts.othersMayAnything()) {
      throw distrusted(file, "is open to others (mode " + facts.permissions() + ", must be 0600)");
    }
  }

  private static EvidenceException distrusted(Path file, String found) {
    return refused(
        file,
        found + ", so somebody else may have written it",
        "move it away; if it is surely yours, copy it back as a file of your own with mode 0600");
  }

  private static Connection connectExisting(Path file) throws IOException, SQLException {
    if (Files.size(file) < SHORTEST) {
      throw damaged(file, "it has only " + Files.size(file) + " bytes", /* cause= */ null);
    }
    try {
      return connect(file);
    } catch (SQLException e) {
      if (Failures.isDiskFull(e)) {
        throw e;
      }
      throw damaged(file, Failures.reason(e), e);
    }
  }

  private int versionOf(Connection connection, Path file) throws SQLException {
    try {
      int version = Migrations.version(connection);
      if (version == 0) {
        throw damaged(file, "it has no tables", /* cause= */ null);
      }
      if (version > migrations.newest()) {
        throw refused(
            file,
            "was written by a newer tiny-jail (schema %d, this one knows %d)"
                .formatted(version, migrations.newest()),
            "use that one, or name another directory with --store or TINY_JAIL_STORE");
      }
      return version;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static EvidenceException damaged(Path file, String found, @Nullable Throwable cause) {
    return new EvidenceException(
        "evidence store " + file + ": is damaged (" + found + ")" + Failures.DAMAGED, cause);
  }

  private static Connection connect(Path file) throws SQLException {
    String path = file.toString();
    return connect("file:" + path.substring(0, path.length() - SUFFIX.length()) + ";IFEXISTS=TRUE");
  }

  private static Connection connect(String place) throws SQLException {
    JdbcDataSource source = new JdbcDataSource();
    source.setURL("jdbc:h2:" + place + SETTINGS);
    source.setUser("tinyjail");
    source.setPassword("");
    Connection connection = source.getConnection();
    connection.setAutoCommit(false);
    return connection;
  }
}
