package org.tinyjail.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names and numbers of the system calls of one architecture.
 *
 * <p>Source: {@code syscalls.tsv}, generated from the kernel's own tables. x32 numbers carry {@link
 * Arch#X32_BIT} here as they do in {@code seccomp_data}.
 */
public final class SyscallTable {
  private static final List<String[]> ROWS = Tables.rows("syscalls.tsv");
  private static final Map<Arch, SyscallTable> TABLES = load();
  private static final Set<String> NAMES = allNames();

  private final Map<String, Integer> numbers = new HashMap<>();
  private final int bit;

  /** By number without {@link #bit}; null where a number is not assigned. */
  private @Nullable String[] names = new String[512];

  private int newest;

  private SyscallTable(int column, Arch arch) {
    bit = arch == Arch.X32 ? Arch.X32_BIT : 0;
    for (int i = 1; i < ROWS.size(); i++) {
      add(ROWS.get(i), column);
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
    int index = number ^ bit;
    return index >= 0 && index < names.length
        ? Optional.ofNullable(names[index])
        : Optional.empty();
  }

  /** The name of {@code number}, or {@code syscall_N} for one that is not assigned. */
  public String nameOrNumber(int number) {
    return name(number).orElseGet(() -> "syscall_" + number);
  }

  /** All numbers of this architecture, ascending. */
  public List<Integer> numbers() {
    List<Integer> all = new ArrayList<>(numbers.size());
    for (int i = 0; i < names.length; i++) {
      if (names[i] != null) {
        all.add(i | bit);
      }
    }
    return all;
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
    List<String> header = Arrays.asList(ROWS.get(0));
    for (Arch arch : Arch.values()) {
      String column = arch.column().orElse(null);
      if (column != null) {
        tables.put(arch, new SyscallTable(header.indexOf(column), arch));
      }
    }
    return tables;
  }

  private void add(String[] row, int column) {
    if (row[column].equals("-")) {
      return;
    }
    int index = Integer.parseInt(row[column]);
    if (index >= names.length) {
      names = Arrays.copyOf(names, 2 * index);
    }
    names[index] = row[0];
    numbers.put(row[0], index | bit);
    newest = Math.max(newest, index | bit);
  }

  private static Set<String> allNames() {
    Set<String> all = new HashSet<>();
    for (int i = 1; i < ROWS.size(); i++) {
      all.add(ROWS.get(i)[0]);
    }
    return Collections.unmodifiableSet(all);
  }
}
