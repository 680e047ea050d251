package org.tinyjail.audit.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Brings a database to the newest schema, one numbered SQL file after the other.
 *
 * <p>H2 commits at every statement that changes the schema, so a migration is no transaction.
 * {@link StoreDatabase} therefore migrates a copy and renames it when it is whole.
 */
final class Migrations {
  /** All that this program knows. */
  static final Migrations ALL =
      new Migrations(
          List.of(
              "V001__evidence.sql",
              "V002__unseen_chance.sql",
              "V003__log.sql",
              "V004__loaded_files.sql"));

  private final List<String> files;

  /** Resources beside this class, in order; the number of each is its place. */
  Migrations(List<String> files) {
    this.files = List.copyOf(files);
  }

  List<String> files() {
    return files;
  }

  /** The version that this program reads and writes. */
  int newest() {
    return files.size();
  }

  /** The version of a database; 0 if it has none, which no finished database has. */
  static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet table = statement.executeQuery(Sql.HAS_VERSION)) {
        if (!table.next()) {
          return 0;
        }
      }
      try (ResultSet newest = statement.executeQuery(Sql.VERSION)) {
        return newest.next() ? newest.getInt(1) : 0;
      }
    }
  }

  /** Applies what is missing, up to {@link #newest}. */
  void apply(Connection connection, long now) throws SQLException {
    int version = version(connection);
    try (Statement statement = connection.createStatement()) {
      if (version == 0) {
        statement.execute(Sql.CREATE_VERSION);
      }
      for (String file : files.subList(version, newest())) {
        statement.execute(text(file));
        record(connection, ++version, now);
      }
    }
    connection.commit();
  }

  private static void record(Connection connection, int version, long now) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(Sql.INSERT_VERSION)) {
      insert.setInt(1, version);
      insert.setLong(2, now);
      insert.executeUpdate();
    }
  }

  private static String text(String file) {
    try (InputStream in = Migrations.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
