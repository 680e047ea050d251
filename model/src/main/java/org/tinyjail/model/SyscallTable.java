package org.tinyjail.model;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Names and numbers of the system calls of one architecture.
 *
 * <p>Source: {@code syscalls.tsv}, generated from the kernel's own tables. x32 numbers carry {@link
 * Arch#X32_BIT} here as they do in {@code seccomp_data}.
 */
public final class SyscallTable {
  private static final Map<Arch, SyscallTable> TABLES = load();
  private static final Set<String> NAMES = allNames();

  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<Integer, String> names = new HashMap<>();
  private int newest;

  private SyscallTable(List<String[]> rows, int column, Arch arch) {
    int bit = arch == Arch.X32 ? Arch.X32_BIT : 0;
    for (String[] row : rows.subList(1, rows.size())) {
      add(row, column, bit);
    }
  }

  /**
   * The table of {@code arch}.
   *
   * @throws IllegalArgumentException if {@link Arch#hasTable()} is false
   */
  public static SyscallTable of(Arch arch) {
    SyscallTable table = TABLES.get(arch);
    if (table == null) {
      throw new IllegalArgumentException("no system call numbers for " + arch.scmpName());
    }
    return table;
  }

  /** Whether any architecture has a call of this name. */
  public static boolean isKnown(String name) {
    return NAMES.contains(name);
  }

  /** The names of all architectures. */
  public static Set<String> knownNames() {
    return NAMES;
  }

  /** The number of {@code name}; empty if this architecture has no such call. */
  public OptionalInt number(String name) {
    Integer number = numbers.get(name);
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  /** The name of {@code number}; empty if the number is not assigned. */
  public Optional<String> name(int number) {
    return Optional.ofNullable(names.get(number));
  }

  /** The name of {@code number}, or {@code syscall_N} for one that is not assigned. */
  public String nameOrNumber(int number) {
    return name(number).orElseGet(() -> "syscall_" + number);
  }

  /** All numbers of this architecture. */
  public Collection<Integer> numbers() {
    return Collections.unmodifiableCollection(numbers.values());
  }

  /** The highest assigned number, with x32's bit where it applies. */
  public int newest() {
    return newest;
  }

  /** Whether {@code number} is above all assigned ones; −1 is. */
  public boolean isNewer(int number) {
    return Integer.compareUnsigned(number, newest) > 0;
  }

  private static Map<Arch, SyscallTable> load() {
    Map<Arch, SyscallTable> tables = new EnumMap<>(Arch.class);
    List<String[]> rows = Tables.rows("syscalls.tsv");
    List<String> header = Arrays.asList(rows.get(0));
    for (Arch arch : Arch.values()) {
      String column = arch.column().orElse(null);
      if (column != null) {
        tables.put(arch, new SyscallTable(rows, header.indexOf(column), arch));
      }
    }
    return tables;
  }

  private void add(String[] row, int column, int bit) {
    if (row[column].equals("-")) {
      return;
    }
    int number = Integer.parseInt(row[column]) | bit;
    numbers.put(row[0], number);
    names.put(number, row[0]);
    newest = Math.max(newest, number);
  }

  private static Set<String> allNames() {
    Set<String> all = new HashSet<>();
    for (SyscallTable table : TABLES.values()) {
      all.addAll(table.numbers.keySet());
    }
    return Collections.unmodifiableSet(all);
  }
}
