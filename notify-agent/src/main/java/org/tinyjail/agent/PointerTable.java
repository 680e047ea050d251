package org.tinyjail.agent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;
import org.tinyjail.model.SyscallTable;

/** What is worth reading behind the arguments of each call: {@code struct pointer_rule[]}. */
public final class PointerTable {
  private static final Comparator<Integer> UNSIGNED = Integer::compareUnsigned;

  private final List<Rule> rules;
  private final Map<Long, Rule> byCall = new HashMap<>();

  private PointerTable(List<Rule> rules) {
    this.rules =
        rules.stream()
            .sorted(
                Comparator.comparing(Rule::arch, UNSIGNED).thenComparing(Rule::number, UNSIGNED))
            .toList();
    this.rules.forEach(rule -> byCall.put(key(rule.arch, rule.number), rule));
  }

  /**
   * One call.
   *
   * @param arch the {@code AUDIT_ARCH_} value
   * @param number with x32's bit
   * @param kinds one for each argument: {@code enum pointer_kind}, and a parameter in the high byte
   */
  record Rule(int arch, int number, List<Integer> kinds) {
    int kind(int argument) {
      return kinds.get(argument) & 0xff;
    }

    /** The same call with 0 in registers that are no argument of it: what is there is chance. */
    SyscallData withoutUnused(SyscallData data) {
      List<Long> registers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        registers.add(kind(i) == Wire.POINTER_UNUSED ? 0 : data.argument(i));
      }
      return new SyscallData(data.number(), data.arch(), data.instructionPointer(), registers);
    }

    int parameter(int argument) {
      return kinds.get(argument) >> 8;
    }
  }

  /** The table for all calls of {@code archs}; those without numbers are left out. */
  public static PointerTable of(Collection<Arch> archs) {
    List<Rule> rules = new ArrayList<>();
    for (Arch arch : archs) {
      if (arch.hasTable()) {
        addAll(rules, arch);
      }
    }
    return new PointerTable(rules);
  }

  private static void addAll(List<Rule> rules, Arch arch) {
    SyscallTable table = SyscallTable.of(arch);
    for (int number : table.numbers()) {
      SyscallSignature signature = SyscallSignature.of(table.nameOrNumber(number), arch);
      List<Integer> kinds = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        boolean there = i < signature.parameters().size();
        kinds.add(
            there ? kind(signature.parameters().get(i), pointerSize(arch)) : Wire.POINTER_UNUSED);
      }
      if (kinds.stream().anyMatch(k -> k != Wire.POINTER_NONE)) {
        rules.add(new Rule(arch.auditValue(), number, List.copyOf(kinds)));
      }
    }
  }

  private static int kind(Parameter parameter, int pointerSize) {
    return switch (parameter.type()) {
      case "path", "str" -> Wire.POINTER_STRING;
      case "vec" -> Wire.POINTER_VECTOR | (pointerSize << 8);
      case "sockaddr" -> Wire.POINTER_SIZED | (Integer.parseInt(parameter.detail()) << 8);
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
    return byCall.get(key(arch, number));
  }

  /** The rules in the order of the section. */
  List<Rule> rules() {
    return rules;
  }

  /** The bytes of the section {@code pointers}. */
  byte[] toBytes() {
    ByteBuffer out =
        ByteBuffer.allocate(Wire.POINTER_RULE * rules.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (Rule rule : rules) {
      out.putInt(rule.arch).putInt(rule.number);
      rule.kinds.forEach(kind -> out.putShort(kind.shortValue()));
      out.putInt(0);
    }
    return out.array();
  }

  private static long key(int arch, int number) {
    return ((long) arch << 32) | (number & 0xffffffffL);
  }
}
