package org.tinyjail.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which arguments are learned by value, because the danger of the call lies in them.
 *
 * <p>Source: {@code dangerous-arguments.tsv}.
 */
public final class DangerousArguments {
  private static final Map<String, List<DangerousArgument>> TABLE = load();

  private DangerousArguments() {}

  /**
   * One of them.
   *
   * @param index 0 to 5
   * @param mask the bits that are learned
   * @param set the set of {@link Constants} that names its values; {@code zero}: see the table
   * @param why what an intruder gains
   */
  public record DangerousArgument(int index, long mask, String set, String why) {
    private static final String ZERO = "zero";

    /** What is learned of {@code argument}; empty: anything. */
    public Optional<ArgumentClass.Value> learned(long argument) {
      long value = argument & mask;
      return value != 0 && isZeroOrAny()
          ? Optional.empty()
          : Optional.of(new ArgumentClass.Value(index, mask, value));
    }

    /** Whether all values but 0 are one. */
    public boolean isZeroOrAny() {
      return set.equals(ZERO);
    }
  }

  /** The dangerous arguments of {@code syscall}; none for most. */
  public static List<DangerousArgument> of(String syscall) {
    return TABLE.getOrDefault(syscall, List.of());
  }

  /** The same on {@code arch}, where a call may pass them in memory instead. */
  public static List<DangerousArgument> of(String syscall, Arch arch) {
    return TABLE.getOrDefault(syscall + "@" + arch.label(), of(syscall));
  }

  private static Map<String, List<DangerousArgument>> load() {
    Map<String, List<DangerousArgument>> table = new HashMap<>();
    for (String[] row : Tables.body("dangerous-arguments.tsv")) {
      List<DangerousArgument> arguments = table.computeIfAbsent(row[0], name -> new ArrayList<>());
      if (!row[1].equals("-")) {
        arguments.add(
            new DangerousArgument(Integer.parseInt(row[1]), Long.decode(row[2]), row[3], row[4]));
      }
    }
    return table;
  }
}
