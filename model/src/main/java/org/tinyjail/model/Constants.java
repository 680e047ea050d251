package org.tinyjail.model;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Names of the kernel's constants, by set, such as {@code AF_INET} in {@code socket-domain}.
 *
 * <p>Source: {@code constants.tsv}; values of x86-64.
 */
public final class Constants {
  private static final Map<String, Map<String, Long>> SETS = load();

  private Constants() {}

  /** The values of {@code set} by name, in the order of the table; empty for an unknown set. */
  public static Map<String, Long> set(String set) {
    return SETS.getOrDefault(set, Map.of());
  }

  /** The value of {@code name} in {@code set}. */
  public static Optional<Long> value(String set, String name) {
    return Optional.ofNullable(set(set).get(name));
  }

  /** The first name of {@code value} in {@code set}. */
  public static Optional<String> name(String set, long value) {
    return set(set).entrySet().stream()
        .filter(entry -> entry.getValue() == value)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private static Map<String, Map<String, Long>> load() {
    Map<String, Map<String, Long>> sets = new HashMap<>();
    for (String[] row : Tables.body("constants.tsv")) {
      if (row.length < 4 || row[3].isEmpty() || row[3].equals("x86_64")) {
        sets.computeIfAbsent(row[0], name -> new LinkedHashMap<>())
            .put(row[1], Long.parseUnsignedLong(row[2].substring(2), 16));
      }
    }
    return sets;
  }
}
