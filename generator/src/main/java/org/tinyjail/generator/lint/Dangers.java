package org.tinyjail.generator.lint;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Tables;

/** Uses of calls that give power over other processes, the kernel or the jail. */
public final class Dangers {
  private static final String ANY = "-";
  private static final List<Danger> ALL =
      Tables.body(Dangers.class, "dangers.tsv").stream().map(Danger::of).toList();

  private Dangers() {}

  /**
   * One of them: a row of {@code dangers.tsv}.
   *
   * @param syscall the call
   * @param value the argument that makes it dangerous; empty: any use is
   * @param severity how dangerous
   * @param why what an intruder gains
   * @param advice what to do instead of allowing it
   */
  public record Danger(
      String syscall,
      Optional<ArgumentClass.Value> value,
      Severity severity,
      String why,
      String advice) {
    private static Danger of(String[] row) {
      return new Danger(
          row[0],
          row[1].equals(ANY)
              ? Optional.empty()
              : Optional.of(
                  new ArgumentClass.Value(
                      Integer.parseInt(row[1]), ArgCondition.INT_MASK, Long.decode(row[2]))),
          Severity.valueOf(row[3].toUpperCase(Locale.ROOT)),
          row[4],
          row[5]);
    }
  }

  /** All of them. */
  static List<Danger> all() {
    return ALL;
  }

  /** Those of {@code syscall}. */
  public static List<Danger> of(String syscall) {
    return ALL.stream().filter(danger -> danger.syscall().equals(syscall)).toList();
  }
}
