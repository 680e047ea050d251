package org.tinyjail.model;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads the tab-separated tables of this module; lines with {@code #} are comments. */
final class Tables {
  private Tables() {}

  /** The rows of {@code name} behind its header. */
  static List<String[]> body(String name) {
    List<String[]> rows = rows(name);
    return rows.subList(1, rows.size());
  }

  /** The rows of {@code name}, in order, the header first. */
  static List<String[]> rows(String name) {
    try (InputStream in = Tables.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("table " + name + " is missing from the model's jar");
      }
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      List<String[]> rows = new ArrayList<>();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isEmpty() && line.charAt(0) != '#') {
          rows.add(line.split("\t", -1));
        }
      }
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException("table " + name, e);
    }
  }
}
