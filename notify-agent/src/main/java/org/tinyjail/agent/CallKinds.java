package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.SyscallTable;

/** Each call's name and dangerous arguments, found by number alone. */
final class CallKinds {
  /** Numbers that are found without a search, for the machine's own architecture and for x86. */
  static final int NUMBERS = 1024;

  /** Rows of {@link #NUMBERS}: the machine's own, x86. */
  static final int ROWS = 2;

  private static final int NATIVE = Arch.current().auditValue();
  private static final int X86 = Arch.X86.auditValue();

  private final ArgumentScope scope;
  private final Set<String> unavailable;
  private final @Nullable Kind[] direct = new Kind[ROWS * NUMBERS];
  private final Map<Long, Kind> others = new HashMap<>();

  /** A call of one architecture. */
  static final class Kind {
    private final Arch arch;
    private final String name;
    private final boolean available;
    private final List<DangerousArgument> dangerous;
    private final int[] indexes;
    private final long[] masks;
    private final boolean[] zeroOrAny;

    private Kind(Arch arch, String name, boolean available, List<DangerousArgument> dangerous) {
      this.arch = arch;
      this.name = name;
      this.available = available;
      this.dangerous = dangerous;
      this.indexes = dangerous.stream().mapToInt(DangerousArgument::index).toArray();
      this.masks = dangerous.stream().mapToLong(DangerousArgument::mask).toArray();
      this.zeroOrAny = new boolean[indexes.length];
      for (int i = 0; i < indexes.length; i++) {
        zeroOrAny[i] = dangerous.get(i).isZeroOrAny();
      }
    }

    Arch arch() {
      return arch;
    }

    String name() {
      return name;
    }

    /** Whether the call is carried out while learning. */
    boolean isAvailable() {
      return available;
    }

    /** How many arguments are learned by value. */
    int dangerous() {
      return indexes.length;
    }

    /** Dangerous argument number {@code i} of a call, or a value that is learned alike. */
    long value(int i, Notification call) {
      long value = call.argument(indexes[i]) & masks[i];
      return value != 0 && zeroOrAny[i] ? 1 : value;
    }

    ArgumentClass argumentClass(long[] values) {
      List<ArgumentClass.Value> learned = new ArrayList<>();
      for (int i = 0; i < values.length; i++) {
        dangerous.get(i).learned(values[i]).ifPresent(learned::add);
      }
      return new ArgumentClass(learned);
    }
  }

  /**
   * @param scope which arguments are learned by value
   * @param unavailable names of calls that are answered ENOSYS
   */
  CallKinds(ArgumentScope scope, Set<String> unavailable) {
    this.scope = scope;
    this.unavailable = Set.copyOf(unavailable);
  }

  /** The place of a call in tables of {@link #ROWS} times {@link #NUMBERS}; −1: none. */
  static int place(int arch, int number) {
    if (number < 0 || number >= NUMBERS) {
      return -1;
    }
    if (arch == NATIVE) {
      return number;
    }
    return arch == X86 ? NUMBERS + number : -1;
  }

  /** The kind of a call; null for architectures that are not known. */
  @Nullable Kind kind(int arch, int number) {
    int place = place(arch, number);
    Kind known = place >= 0 ? direct[place] : others.get(key(arch, number));
    if (known != null) {
      return known;
    }
    Kind kind = Arch.of(arch, number).map(a -> make(a, number)).orElse(null);
    if (place >= 0) {
      direct[place] = kind;
    } else if (kind != null && others.size() < RecordingDecider.OTHER_CELLS_MAX) {
      others.put(key(arch, number), kind);
    }
    return kind;
  }

  private Kind make(Arch arch, int number) {
    String name =
        arch.hasTable() ? SyscallTable.of(arch).nameOrNumber(number) : "syscall_" + number;
    List<DangerousArgument> dangerous = scope.arguments(name, arch);
    return new Kind(arch, name, !unavailable.contains(name), dangerous);
  }

  static long key(int arch, int number) {
    return ((long) arch << 32) | (number & 0xffffffffL);
  }
}
