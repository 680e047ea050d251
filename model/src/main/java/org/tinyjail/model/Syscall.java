package org.tinyjail.model;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What is known of a system call beside its number.
 *
 * @param name as in the kernel's tables
 * @param risk how useful it is to an intruder; the criteria stand in {@code syscall-facts.tsv}
 * @param topic one word, such as {@code network}
 * @param description one line
 */
public record Syscall(String name, Risk risk, String topic, String description) {
  private static final Map<String, Syscall> FACTS = load();

  /** How useful a call is to an intruder who is not meant to have it. */
  public enum Risk {
    LOW,
    MEDIUM,
    HIGH;

    /** The lower-case word of reports and tables. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The call of this name; an unknown one is of high risk. */
  public static Syscall named(String name) {
    Syscall known = FACTS.get(name);
    return known != null
        ? known
        : new Syscall(name, Risk.HIGH, "unknown", "a call that this version does not know");
  }

  private static Map<String, Syscall> load() {
    Map<String, Syscall> facts = new HashMap<>();
    for (String[] row : Tables.body("syscall-facts.tsv")) {
      facts.put(
          row[0],
          new Syscall(row[0], Risk.valueOf(row[1].toUpperCase(Locale.ROOT)), row[2], row[3]));
    }
    return facts;
  }
}
