package org.tinyjail.agent;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tinyjail.model.Arch;

/** Structures behind pointers, field by field, by {@code structures.tsv}. */
final class Structures {
  private static final Map<String, List<Field>> TABLE = load();

  private record Field(String name, int offset, int size, String type, String detail) {
    boolean isIn(byte[] bytes) {
      return offset + size <= bytes.length;
    }

    String format(byte[] bytes, Arch arch) {
      long value =
          size == Long.BYTES
              ? Little.word(bytes, offset)
              : Little.integer(bytes, offset) & (type.equals("long") ? -1L : 0xffffffffL);
      return name + "=" + Numbers.format(type, detail, value, arch);
    }
  }

  private Structures() {}

  /** Such as {@code {tv_sec=1, tv_nsec=0}}; one that is not in the table has no fields: {…}. */
  static String decode(String structure, byte[] bytes, Arch arch) {
    List<String> fields =
        TABLE.getOrDefault(structure, List.of()).stream()
            .filter(field -> field.isIn(bytes))
            .map(field -> field.format(bytes, arch))
            .toList();
    return fields.isEmpty() ? "{…}" : "{" + String.join(", ", fields) + "}";
  }

  private static Map<String, List<Field>> load() {
    try (InputStream in = Structures.class.getResourceAsStream("structures.tsv")) {
      if (in == null) {
        throw new IllegalStateException("structures.tsv is missing from the agent's jar");
      }
      return read(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException("structures.tsv", e);
    }
  }

  private static Map<String, List<Field>> read(BufferedReader reader) throws IOException {
    Map<String, List<Field>> table = new HashMap<>();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      String[] row = line.split("\t", -1);
      if (!line.startsWith("#") && !row[0].equals("structure")) {
        table.computeIfAbsent(row[0], name -> new ArrayList<>()).add(field(row));
      }
    }
    return table;
  }

  private static Field field(String[] row) {
    int colon = row[4].indexOf(':');
    String type = colon < 0 ? row[4] : row[4].substring(0, colon);
    String detail = colon < 0 ? "" : row[4].substring(colon + 1);
    return new Field(row[1], Integer.parseInt(row[2]), Integer.parseInt(row[3]), type, detail);
  }
}
