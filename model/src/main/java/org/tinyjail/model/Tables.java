package org.tinyjail.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads the tab-separated tables among resources; lines with {@code #} are comments. */
public final class Tables {
  private Tables() {}

  /** The rows of this module's table {@code name} behind its header. */
  static List<String[]> body(String name) {
    return body(Tables.class, name);
  }

  /** The rows of the table {@code name} beside {@code owner}, behind its header. */
  public static List<String[]> body(Class<?> owner, String name) {
    List<String[]> rows = rows(owner, name);
    return rows.subList(1, rows.size());
  }

  /** The rows of this module's table {@code name}, in order, the header first. */
  static List<String[]> rows(String name) {
    return rows(Tables.class, name);
  }

  private static List<String[]> rows(Class<?> owner, String name) {
    try (InputStream in = owner.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("table " + name + " is missing beside " + owner.getName());
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      List<String[]> rows = new ArrayList<>();
      int start = 0;
      while (start < text.length()) {
        int newline = text.indexOf('\n', start);
        int end = newline < 0 ? text.length() : newline;
        if (end > start && text.charAt(start) != '#') {
          rows.add(text.substring(start, end).split("\t", -1));
        }
        start = end + 1;
      }
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException("table " + name, e);
    }
  }
}
