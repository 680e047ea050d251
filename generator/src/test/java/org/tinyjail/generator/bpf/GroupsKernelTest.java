package org.tinyjail.generator.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tinyjail.generator.groups.Group;
import org.tinyjail.generator.groups.Groups;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/** Groups with conditions in the real kernel: what they mean is denied, what is beside is not. */
class GroupsKernelTest {
  private static final int DENIED = 3000;
  private static final int CLONE_SIGHAND = 0x800;

  @TempDir Path directory;

  private static Policy denying(String group) {
    return new Policy(
        Action.ALLOW,
        List.of(Arch.X86),
        Groups.builtIn().rules(group, Action.fail(DENIED)),
        List.of(),
        Optional.empty(),
        Optional.empty());
  }

  private List<String> run(Policy policy, List<SyscallData> calls) throws IOException {
    return KernelCalls.run(
        directory, BpfCompiler.compile(policy, Options.verdict(Arch.X86_64)), calls);
  }

  static Stream<String> conditional() {
    return Groups.builtIn().all().stream()
        .map(Group::name)
        .filter(name -> denying(name).rules().stream().anyMatch(r -> !r.conditions().isEmpty()));
  }

  /** What the rule means, and for each condition two calls that miss it by one bit. */
  private static List<SyscallData> around(Rule rule, Arch arch) {
    int number = SyscallTable.of(arch).number(rule.syscall()).orElse(-1);
    // Call 90 of x86 takes its arguments from memory.
    if (number < 0 || (arch == Arch.X86 && rule.syscall().equals("mmap"))) {
      return List.of();
    }
    Map<Integer, Long> meant = new LinkedHashMap<>();
    rule.conditions().forEach(condition -> meant.put(condition.index(), condition.valueTwo()));
    List<SyscallData> calls = new ArrayList<>();
    calls.add(call(rule.syscall(), arch, number, meant));
    for (ArgCondition condition : rule.conditions()) {
      long mask = condition.value();
      for (long bit : new long[] {Long.lowestOneBit(mask), Long.highestOneBit(mask)}) {
        Map<Integer, Long> missed = new LinkedHashMap<>(meant);
        missed.put(condition.index(), condition.valueTwo() ^ bit);
        calls.add(call(rule.syscall(), arch, number, missed));
      }
    }
    return calls;
  }

  /**
   * What is not given is a bad descriptor, pointer or process; clone's flags never fit together.
   */
  private static SyscallData call(String name, Arch arch, int number, Map<Integer, Long> given) {
    long[] arguments = new long[6];
    for (int i = 0; i < arguments.length; i++) {
      long harmless = name.equals("clone") && i == 0 ? CLONE_SIGHAND : 0;
      arguments[i] = given.containsKey(i) ? given.get(i) | harmless : ArgCondition.INT_MASK;
    }
    return SyscallData.of(arch, number, arguments);
  }

  @ParameterizedTest
  @MethodSource("conditional")
  void eachConditionDeniesWhatItMeansAndNothingBeside(String group) throws IOException {
    Policy policy = denying(group);
    List<SyscallData> calls = new ArrayList<>();
    boolean i386 = KernelCalls.has32BitCalls(directory);
    for (Rule rule : policy.rules()) {
      if (!rule.conditions().isEmpty()) {
        calls.addAll(around(rule, Arch.X86_64));
        calls.addAll(i386 ? around(rule, Arch.X86) : List.of());
      }
    }
    List<String> outcomes = run(policy, calls);
    int denied = 0;
    for (int i = 0; i < calls.size(); i++) {
      boolean expected = policy.actionFor(calls.get(i), Arch.X86_64).denies();
      denied += expected ? 1 : 0;
      assertThat(outcomes.get(i).equals("returned -" + DENIED))
          .as("%s: %s", calls.get(i), outcomes.get(i))
          .isEqualTo(expected);
    }
    assertThat(denied).isPositive();
  }

  @Test
  void manyGroupsHaveConditions() {
    assertThat(conditional()).hasSizeGreaterThan(50).allMatch(name -> name.startsWith("@"));
  }

  /** As root each namespace can be made, so what is not denied succeeds. */
  @ParameterizedTest
  @CsvSource({
    "@namespace-user, 0x10000000",
    "@namespace-mount, 0x20000",
    "@namespace-pid, 0x20000000",
    "@namespace-network, 0x40000000",
    "@namespace-ipc, 0x8000000",
    "@namespace-uts, 0x4000000",
    "@namespace-cgroup, 0x2000000",
  })
  void eachNamespaceIsDeniedByItsOwnBitAlone(String group, String word) throws IOException {
    long own = Long.decode(word);
    Policy one = denying(group);
    Policy all = denying("@namespace-create");
    for (String name : List.of("unshare", "clone")) {
      int number = SyscallTable.of(Arch.X86_64).number(name).orElseThrow();
      SyscallData alone = SyscallData.of(Arch.X86_64, number, own);
      SyscallData other = SyscallData.of(Arch.X86_64, number, 0x7e020000L & ~own);
      SyscallData none = SyscallData.of(Arch.X86_64, number, 0);
      List<String> outcomes = run(one, List.of(alone, other, none));
      assertThat(outcomes.get(0)).as("%s of %s", name, group).isEqualTo("returned -3000");
      assertThat(outcomes.subList(1, 3)).as(name).allMatch(line -> line.matches("returned [0-9]+"));
      assertThat(run(all, List.of(alone, other)))
          .containsExactly("returned -3000", "returned -3000");
      assertThat(run(all, List.of(none))).allMatch(line -> line.matches("returned [0-9]+"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "@socket-inet, 2, 10",
    "@socket-inet6, 10, 2",
    "@socket-unix, 1, 2",
    "@socket-netlink, 16, 1",
    "@socket-packet, 17, 2",
    "@socket-crypto, 38, 2",
  })
  void eachFamilyOfSocketsIsDeniedAlone(String group, long denied, long allowed)
      throws IOException {
    int number = SyscallTable.of(Arch.X86_64).number("socket").orElseThrow();
    List<String> outcomes =
        run(
            denying(group),
            List.of(
                SyscallData.of(Arch.X86_64, number, denied, 2),
                SyscallData.of(Arch.X86_64, number, denied | 1L << 32, 2),
                SyscallData.of(Arch.X86_64, number, allowed, 2)));
    assertThat(outcomes.subList(0, 2)).containsOnly("returned -3000");
    assertThat(outcomes.get(2)).matches("returned [0-9]+");
  }

  @ParameterizedTest
  @CsvSource({
    "@memory-write-execute, 6, 5",
    "@memory-write-execute, 7, 3",
    "@memory-execute, 4, 3",
    "@memory-execute, 5, 1",
    "@memory-wx, 7, 5",
  })
  void mappingsAreDeniedByTheirProtection(String group, long denied, long allowed)
      throws IOException {
    int number = SyscallTable.of(Arch.X86_64).number("mmap").orElseThrow();
    long anonymous = 0x22;
    List<String> outcomes =
        run(
            denying(group),
            List.of(
                SyscallData.of(Arch.X86_64, number, 0, 4096, denied, anonymous, -1, 0),
                SyscallData.of(Arch.X86_64, number, 0, 4096, allowed, anonymous, -1, 0)));
    assertThat(outcomes.get(0)).isEqualTo("returned -3000");
    assertThat(outcomes.get(1)).matches("returned [0-9]+");
  }
}
