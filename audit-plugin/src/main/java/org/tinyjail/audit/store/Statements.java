package org.tinyjail.audit.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Runs the statements of {@link Sql} on a connection. */
final class Statements {
  private final Connection connection;

  Statements(Connection connection) {
    this.connection = connection;
  }

  /** Makes a value of the row that a result stands at. */
  interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** How many rows it has changed. */
  int update(String sql, Object... parameters) throws SQLException {
    try (PreparedStatement update = prepare(sql, parameters)) {
      return update.executeUpdate();
    }
  }

  <T> List<T> select(String sql, Reader<T> reader, Object... parameters) throws SQLException {
    List<T> found = new ArrayList<>();
    try (PreparedStatement select = prepare(sql, parameters);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        found.add(reader.read(row));
      }
    }
    return found;
  }

  PreparedStatement prepare(String sql, Object... parameters) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    return statement;
  }

  /** One that inserts, and tells what the database has put in {@code column}. */
  PreparedStatement prepareForKey(String sql, String column) throws SQLException {
    return connection.prepareStatement(sql, new String[] {column});
  }
}
