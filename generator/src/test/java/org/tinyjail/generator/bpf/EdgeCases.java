package org.tinyjail.generator.bpf;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/**
 * Calls that lie at the edges of a policy: all numbers, and for each the values near its rules'.
 */
public final class EdgeCases {
  private static final int COMBINATIONS = 400;

  private EdgeCases() {}

  /**
   * Every number of every table, its neighbours, and the ends of the ranges, with the edge values.
   */
  public static void forEach(Policy policy, Random random, Consumer<SyscallData> check) {
    for (Arch arch : List.of(Arch.X86_64, Arch.X86, Arch.X32, Arch.AARCH64)) {
      for (int number : numbers(arch)) {
        calls(policy, arch, number, random).forEach(check);
      }
    }
    for (int foreign : new int[] {0, -1, 0x40000028, 0x3E, 0xC000003D, 0xC000003F}) {
      check.accept(new SyscallData(1, foreign, 0, List.of(0L, 0L, 0L, 0L, 0L, 0L)));
    }
  }

  /** Numbers of {@code arch} worth trying. */
  public static Set<Integer> numbers(Arch arch) {
    SyscallTable table = SyscallTable.of(arch);
    Set<Integer> numbers = new TreeSet<>();
    for (int number = table.newest() & Arch.X32_BIT; number <= table.newest() + 2; number++) {
      numbers.add(number);
    }
    numbers.addAll(
        List.of(
            -1,
            -2,
            0x3fffffff,
            0x40000000,
            0x40000fff,
            0x7fffffff,
            0x80000000,
            0xbfffffff,
            0xc0000000,
            0xc0000001));
    return numbers;
  }

  /** Calls of one number, with combinations of the edge values of the arguments that matter. */
  public static List<SyscallData> calls(Policy policy, Arch arch, int number, Random random) {
    List<List<Long>> values = values(policy, arch, number);
    long combinations = values.stream().mapToLong(List::size).reduce(1, (a, b) -> a * b);
    List<SyscallData> calls = new ArrayList<>();
    for (long i = 0; i < Math.min(combinations, COMBINATIONS); i++) {
      long left = combinations <= COMBINATIONS ? i : random.nextLong(combinations);
      List<Long> arguments = new ArrayList<>();
      for (List<Long> list : values) {
        arguments.add(list.get((int) (left % list.size())));
        left /= list.size();
      }
      calls.add(new SyscallData(number, arch.auditValue(), 0x1234, arguments));
    }
    return calls;
  }

  private static List<List<Long>> values(Policy policy, Arch arch, int number) {
    String name = SyscallTable.of(arch).nameOrNumber(number);
    List<Set<Long>> values = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      values.add(new LinkedHashSet<>(List.of(0L)));
    }
    policy.rules().stream()
        .filter(rule -> rule.syscall().equals(name))
        .map(Rule::conditions)
        .flatMap(List::stream)
        .forEach(condition -> addEdges(values.get(condition.index()), condition));
    if (name.equals("socketcall") || name.equals("ipc")) {
      for (long call = 0; call <= 25; call++) {
        values.get(0).addAll(List.of(call, call | 1L << 32));
      }
    }
    if (name.equals("seccomp")) {
      values.get(0).addAll(List.of(1L, 1L | 7L << 32, 2L));
      values.get(1).addAll(List.of(8L, 15L, 7L, 8L << 32));
    }
    if (name.equals("prlimit64")) {
      values.get(0).addAll(List.of(1L, 1L << 32, -1L));
      values.get(2).addAll(List.of(1L, 1L << 32));
    }
    return values.stream().map(List::copyOf).toList();
  }

  private static void addEdges(Set<Long> values, ArgCondition condition) {
    for (long v : new long[] {condition.value(), condition.valueTwo()}) {
      values.addAll(
          List.of(v, v - 1, v + 1, ~v, v ^ 1L << 32, v ^ 1L << 63, v & 0xffffffffL, -1L, 1L << 32));
    }
    long mask = condition.value();
    values.add(condition.valueTwo() | ~mask);
    values.add(condition.valueTwo() ^ Long.lowestOneBit(mask));
    values.add(condition.valueTwo() ^ Long.highestOneBit(mask));
  }
}
