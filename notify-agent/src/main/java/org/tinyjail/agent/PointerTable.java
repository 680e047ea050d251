package org.tinyjail.agent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;
import org.tinyjail.model.SyscallTable;

/**
 * What is worth reading behind the arguments of each call: {@code struct pointer_rule[]}.
 *
 * <p>Plain loops and arrays: it is made on the way to every first run of a policy, in a JVM that
 * has compiled nothing yet.
 */
public final class PointerTable {
  private static final int ARGUMENTS = 6;

  private final List<Rule> rules;
  private final long[] order;

  private PointerTable(List<Rule> rules) {
    this.rules = rules;
    order = new long[rules.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = order(rules.get(i).arch, rules.get(i).number);
    }
  }

  /** One call. */
  static final class Rule {
    private final int arch;
    private final int number;
    private final int[] kinds;

    /**
     * The rule of one call.
     *
     * @param arch the {@code AUDIT_ARCH_} value
     * @param number with x32's bit
     * @param kinds one for each argument: {@code enum pointer_kind}, a parameter in the high byte
     */
    private Rule(int arch, int number, int[] kinds) {
      this.arch = arch;
      this.number = number;
      this.kinds = kinds;
    }

    int arch() {
      return arch;
    }

    int number() {
      return number;
    }

    int kind(int argument) {
      return kinds[argument] & 0xff;
    }

    /** The same call with 0 in registers that are no argument of it: what is there is chance. */
    SyscallData withoutUnused(SyscallData data) {
      List<Long> registers = new ArrayList<>();
      for (int i = 0; i < ARGUMENTS; i++) {
        registers.add(kind(i) == Wire.POINTER_UNUSED ? 0 : data.argument(i));
      }
      return new SyscallData(data.number(), data.arch(), data.instructionPointer(), registers);
    }

    int parameter(int argument) {
      return kinds[argument] >> 8;
    }
  }

  /** The table for all calls of {@code archs}; those without numbers are left out. */
  public static PointerTable of(Collection<Arch> archs) {
    return of(archs, false);
  }

  /** As {@link #of}, and the beginning of what is written to descriptors: for logs only. */
  static PointerTable withData(Collection<Arch> archs) {
    return of(archs, true);
  }

  private static PointerTable of(Collection<Arch> archs, boolean data) {
    List<Arch> sorted = new ArrayList<>(archs);
    sorted.sort((a, b) -> Long.compare(order(a, 0), order(b, 0)));
    List<Rule> rules = new ArrayList<>();
    for (Arch arch : sorted) {
      if (arch.hasTable()) {
        addAll(rules, arch, data);
      }
    }
    return new PointerTable(rules);
  }

  private static void addAll(List<Rule> rules, Arch arch, boolean data) {
    SyscallTable table = SyscallTable.of(arch);
    int pointerSize = pointerSize(arch);
    for (int number : table.numbers()) {
      List<Parameter> parameters =
          SyscallSignature.of(table.nameOrNumber(number), arch).parameters();
      int[] kinds = new int[ARGUMENTS];
      boolean worth = false;
      for (int i = 0; i < ARGUMENTS; i++) {
        kinds[i] =
            i < parameters.size()
                ? kind(parameters.get(i), pointerSize, data)
                : Wire.POINTER_UNUSED;
        worth |= kinds[i] != Wire.POINTER_NONE;
      }
      if (worth) {
        rules.add(new Rule(arch.auditValue(), number, kinds));
      }
    }
  }

  private static int kind(Parameter parameter, int pointerSize, boolean data) {
    return switch (parameter.type()) {
      case "path", "str" -> Wire.POINTER_STRING;
      case "vec" -> Wire.POINTER_VECTOR | (pointerSize << 8);
      case "sockaddr" -> Wire.POINTER_SIZED | (Integer.parseInt(parameter.detail()) << 8);
      case "data" ->
          data
              ? Wire.POINTER_SIZED | (Integer.parseInt(parameter.detail()) << 8)
              : Wire.POINTER_NONE;
      // struct mmsghdr begins with a struct msghdr: the first address stands for all.
      case "msghdr", "mmsghdr" -> Wire.POINTER_MSGHDR | (pointerSize << 8);
      case "struct" -> Wire.POINTER_BYTES | (structSize(parameter.detail()) << 8);
      case "fd" -> Wire.POINTER_FD;
      case "dirfd" -> Wire.POINTER_DIRFD;
      default -> Wire.POINTER_NONE;
    };
  }

  private static int structSize(String detail) {
    int size = Integer.parseInt(detail.substring(detail.indexOf(':') + 1));
    return Math.min(size, Wire.SPOOL_BYTES_MAX);
  }

  /** Bytes of a pointer in the memory of a program of {@code arch}. */
  static int pointerSize(Arch arch) {
    return arch == Arch.X86 || arch == Arch.X32 ? 4 : 8;
  }

  /** The rule for a call; null if nothing is worth reading. */
  @Nullable Rule rule(int arch, int number) {
    int at = Arrays.binarySearch(order, order(arch, number));
    return at < 0 ? null : rules.get(at);
  }

  /** The rules in the order of the section. */
  List<Rule> rules() {
    return List.copyOf(rules);
  }

  /** The bytes of the section {@code pointers}. */
  byte[] toBytes() {
    ByteBuffer out =
        ByteBuffer.allocate(Wire.POINTER_RULE * rules.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (Rule rule : rules) {
      out.putInt(rule.arch).putInt(rule.number);
      for (int kind : rule.kinds) {
        out.putShort((short) kind);
      }
      out.putInt(0);
    }
    return out.array();
  }

  private static long order(Arch arch, int number) {
    return order(arch.auditValue(), number | (arch == Arch.X32 ? Arch.X32_BIT : 0));
  }

  /** Grows as architecture and number do, both unsigned, as the launcher searches them. */
  private static long order(int arch, int number) {
    return (((long) arch << 32) | (number & 0xffffffffL)) ^ Long.MIN_VALUE;
  }
}
