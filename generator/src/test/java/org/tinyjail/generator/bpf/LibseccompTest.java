package org.tinyjail.generator.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.tinyjail.generator.ContainerProfiles;
import org.tinyjail.generator.ContainerProfiles.Capabilities;
import org.tinyjail.generator.RandomPolicies;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/** Our filters against libseccomp's: the same answers, save for what {@link Difference} lists. */
class LibseccompTest {
  private static final int POLICIES = 120;

  private static Libseccomp libseccomp;
  private static Map<String, Set<Arch>> agreedNumbers;

  @BeforeAll
  static void compileHelper() throws IOException {
    libseccomp = new Libseccomp();
    agreedNumbers = libseccomp.agreedNumbers();
  }

  /** What is different by design; anything else is a fault. */
  private enum Difference {
    /** Ours answers ENOSYS, libseccomp's the default. */
    NEWER_THAN_THE_TABLE,
    /** libseccomp's table is older, or has no number for x32 where the kernel has. */
    OTHER_NUMBER,
    /**
     * Rules with different actions hold: ours takes the strictest, libseccomp's depends on order.
     */
    RULES_CONTRADICT,
    /** libseccomp drops the upper half of a value for 32-bit calls; ours: it is never reached. */
    WIDE_VALUE_ON_32_BIT,
    /** libseccomp takes x32 for a 32-bit architecture; its registers are 64 bits wide. */
    HIGH_BITS_ON_X32,
    /** libseccomp carries a rule for socket over to socketcall without its first condition. */
    CONDITIONS_BEHIND_A_MULTIPLEXER,
    /** libseccomp before 2.6.1 merges 64-bit comparisons of one argument in two rules wrongly. */
    COMPARISONS_MERGED,
    NONE
  }

  /** One architecture, of 64 bits, without multiplexers, on whose numbers both agree. */
  private static final Set<Difference> DIFFERENCES_ON_AARCH64 =
      EnumSet.of(
          Difference.NEWER_THAN_THE_TABLE,
          Difference.RULES_CONTRADICT,
          Difference.COMPARISONS_MERGED);

  private static Difference difference(Policy policy, Arch machine, SyscallData data) {
    Arch arch = Arch.of(data.arch(), data.number()).orElse(Arch.AARCH64);
    if (!policy.architecturesOn(machine).contains(arch)) {
      return Difference.NONE;
    }
    SyscallTable table = SyscallTable.of(arch);
    String name = table.nameOrNumber(data.number());
    List<Rule> rules = policy.rules().stream().filter(r -> r.syscall().equals(name)).toList();
    boolean wide =
        rules.stream().flatMap(r -> r.conditions().stream()).anyMatch(LibseccompTest::isWide);
    if (table.isNewer(data.number())) {
      return Difference.NEWER_THAN_THE_TABLE;
    }
    if (!agreedNumbers.getOrDefault(name, Set.of()).contains(arch)) {
      return Difference.OTHER_NUMBER;
    }
    if (arch == Arch.X86 && isMultiplexed(name, policy)) {
      return Difference.CONDITIONS_BEHIND_A_MULTIPLEXER;
    }
    if (arch == Arch.X86 && wide) {
      return Difference.WIDE_VALUE_ON_32_BIT;
    }
    if (arch == Arch.X32 && (wide || data.arguments().stream().anyMatch(a -> a >>> 32 != 0))) {
      return Difference.HIGH_BITS_ON_X32;
    }
    SyscallData seen = arch.is32Bit() ? data.lowHalves() : data;
    boolean contradict =
        rules.stream().filter(r -> r.matches(seen)).map(Rule::action).distinct().count() > 1;
    if (contradict) {
      return Difference.RULES_CONTRADICT;
    }
    return compareOneArgumentTwice(rules) ? Difference.COMPARISONS_MERGED : Difference.NONE;
  }

  private static boolean compareOneArgumentTwice(List<Rule> rules) {
    Set<ArgCondition.Operator> comparing =
        EnumSet.of(
            ArgCondition.Operator.LT,
            ArgCondition.Operator.LE,
            ArgCondition.Operator.GT,
            ArgCondition.Operator.GE);
    List<Integer> indexes =
        rules.stream()
            .flatMap(rule -> rule.conditions().stream())
            .filter(condition -> comparing.contains(condition.operator()))
            .map(ArgCondition::index)
            .toList();
    return indexes.size() > Set.copyOf(indexes).size();
  }

  /**
   * A fault of libseccomp 2.5.4, seen with x86_64 and x32 together, and on aarch64 where a rule's
   * call has no number there: the load of the number is shared away, and the numbers are compared
   * with the architecture. Such a filter allows or denies all.
   */
  private static boolean comparesNumbersWithTheArchitecture(BpfProgram theirs, Arch machine) {
    List<BpfProgram.Instruction> instructions = theirs.instructions();
    int first = 1;
    while (instructions.get(first).code() == Op.EQ
        && instructions.get(first).k() != machine.auditValue()) {
      first += 1 + instructions.get(first).jumpFalse();
    }
    int behind = first + 1 + instructions.get(first).jumpTrue();
    return instructions.get(behind).code() != Op.LOAD
        && instructions.get(behind).code() != Op.RETURN;
  }

  private static boolean isWide(ArgCondition condition) {
    return condition.value() >>> 32 != 0 || condition.valueTwo() >>> 32 != 0;
  }

  private static boolean isMultiplexed(String name, Policy policy) {
    Set<String> members =
        switch (name) {
          case "socketcall" -> Set.of("socket", "connect");
          case "ipc" -> Set.of("semop");
          default -> Set.of();
        };
    return (name.equals("socketcall") || name.equals("ipc"))
        && policy.rules().stream()
            .anyMatch(r -> !r.conditions().isEmpty() || members.contains(r.syscall()));
  }

  /**
   * Compares on all calls: the names of the calls behind each difference. Empty if libseccomp
   * refuses the policy or makes a broken filter.
   */
  private static Optional<Map<Difference, Set<String>>> compare(
      Policy policy, Arch machine, int level) throws IOException {
    Optional<BpfProgram> theirs = libseccomp.compile(policy, machine, level);
    if (theirs.isEmpty() || comparesNumbersWithTheArchitecture(theirs.get(), machine)) {
      return Optional.empty();
    }
    BpfProgram ours = BpfCompiler.compile(policy, Options.verdict(machine));
    Map<Difference, Set<String>> seen = new EnumMap<>(Difference.class);
    EdgeCases.forEach(
        policy,
        new Random(1),
        data -> {
          int our = BpfInterpreter.run(ours, data).value();
          int their = BpfInterpreter.run(theirs.get(), data).value();
          if (our != their) {
            Difference difference = difference(policy, machine, data);
            seen.computeIfAbsent(difference, d -> new TreeSet<>()).add(name(data));
            assertThat(difference)
                .as("ours %x, theirs %x on %s under %s", our, their, data, bearing(policy, data))
                .isNotEqualTo(Difference.NONE);
          }
        });
    return Optional.of(seen);
  }

  private static String name(SyscallData data) {
    Arch arch = Arch.of(data.arch(), data.number()).orElse(Arch.AARCH64);
    return SyscallTable.of(arch).nameOrNumber(data.number());
  }

  private static Policy bearing(Policy policy, SyscallData data) {
    String name = name(data);
    return policy.withRules(
        policy.rules().stream().filter(rule -> rule.syscall().equals(name)).toList());
  }

  /** What libseccomp takes: no unknown names, no rule that says what the default says. */
  private static Policy acceptable(Policy policy) {
    return policy.withRules(
        policy.rules().stream()
            .filter(rule -> agreedNumbers.containsKey(rule.syscall()))
            .filter(rule -> !rule.action().equals(policy.defaultAction()))
            .toList());
  }

  /**
   * The calls behind each difference: {@code map_shadow_stack} is one that libseccomp's x32 lacks,
   * and Podman's profile both allows {@code setns} to all and denies it without CAP_SYS_ADMIN.
   */
  @ParameterizedTest
  @CsvSource({
    "docker, NONE,    'HIGH_BITS_ON_X32: personality, socket; OTHER_NUMBER: map_shadow_stack'",
    "docker, DEFAULT, 'HIGH_BITS_ON_X32: personality, socket; OTHER_NUMBER: map_shadow_stack'",
    "docker, ALL,     'HIGH_BITS_ON_X32: personality, socket; OTHER_NUMBER: map_shadow_stack'",
    "podman, NONE,    'HIGH_BITS_ON_X32: personality, socket; RULES_CONTRADICT: setns'",
    "podman, DEFAULT, 'HIGH_BITS_ON_X32: personality; RULES_CONTRADICT: setns'",
    "podman, ALL,     'HIGH_BITS_ON_X32: personality'",
    "nspawn, NONE,    'HIGH_BITS_ON_X32: socket; OTHER_NUMBER: map_shadow_stack'",
    "nspawn, DEFAULT, 'HIGH_BITS_ON_X32: socket; OTHER_NUMBER: map_shadow_stack'",
    "nspawn, ALL,     'HIGH_BITS_ON_X32: socket; OTHER_NUMBER: map_shadow_stack'",
  })
  void agreesOnWhatContainersMayDo(String name, Capabilities capabilities, String differences)
      throws IOException {
    assertDifferences(name, capabilities, Arch.X86_64, differences);
  }

  /** No number differs, and nothing is 32 bits wide. */
  @ParameterizedTest
  @CsvSource({
    "docker, NONE,    ''",
    "docker, DEFAULT, ''",
    "docker, ALL,     ''",
    "podman, NONE,    'RULES_CONTRADICT: setns'",
    "podman, DEFAULT, 'RULES_CONTRADICT: setns'",
    "podman, ALL,     ''",
    "nspawn, NONE,    ''",
    "nspawn, DEFAULT, ''",
    "nspawn, ALL,     ''",
  })
  void agreesOnWhatContainersMayDoOnAarch64(
      String name, Capabilities capabilities, String differences) throws IOException {
    assertDifferences(name, capabilities, Arch.AARCH64, differences);
  }

  private static void assertDifferences(
      String name, Capabilities capabilities, Arch machine, String differences) throws IOException {
    Policy policy = acceptable(ContainerProfiles.resolved(name, capabilities, machine));
    for (int level : new int[] {1, 2}) {
      Map<Difference, Set<String>> seen = compare(policy, machine, level).orElseThrow();
      boolean newer = seen.remove(Difference.NEWER_THAN_THE_TABLE) != null;
      assertThat(newer)
          .as("only ENOSYS is what libseccomp answers")
          .isEqualTo(!answersEnosys(policy));
      assertThat(
              seen.entrySet().stream()
                  .map(entry -> entry.getKey() + ": " + String.join(", ", entry.getValue()))
                  .sorted()
                  .collect(Collectors.joining("; ")))
          .isEqualTo(differences);
    }
  }

  private static boolean answersEnosys(Policy policy) {
    return policy.defaultAction().equals(Action.fail(Action.ENOSYS));
  }

  @ParameterizedTest
  @EnumSource(names = {"X86_64", "AARCH64"})
  void agreesOnRandomPolicies(Arch machine) throws IOException {
    Set<Difference> seen = EnumSet.noneOf(Difference.class);
    int taken = 0;
    for (int seed = 0; seed < POLICIES; seed++) {
      Policy policy = acceptable(new RandomPolicies(seed).plainPolicy());
      Optional<Map<Difference, Set<String>>> differences = compare(policy, machine, 1 + seed % 2);
      taken += differences.isPresent() ? 1 : 0;
      differences.ifPresent(found -> seen.addAll(found.keySet()));
    }
    assertThat(taken).as("policies that libseccomp can do").isGreaterThan(POLICIES / 2);
    assertThat(seen)
        .as("the list of differences has no dead entry")
        .isEqualTo(
            machine == Arch.X86_64
                ? EnumSet.complementOf(EnumSet.of(Difference.NONE))
                : DIFFERENCES_ON_AARCH64);
  }

  @ParameterizedTest
  @EnumSource(names = {"X86_64", "AARCH64"})
  void agreesOnRulesOfOneActionWithoutAnyDifference(Arch machine) throws IOException {
    for (int seed = 0; seed < POLICIES; seed++) {
      Policy random = acceptable(new RandomPolicies(seed).plainPolicy());
      List<Rule> allows =
          random.rules().stream()
              .filter(rule -> rule.conditions().stream().noneMatch(LibseccompTest::isWide))
              .map(rule -> new Rule(rule.syscall(), rule.conditions(), Action.ALLOW))
              .collect(Collectors.toList());
      Policy policy = Policy.of(Action.fail(Action.ENOSYS), allows);
      assertThat(compare(policy, machine, 1 + seed % 2).map(Map::keySet).orElse(Set.of()))
          .as("seed %s", seed)
          .isSubsetOf(Difference.OTHER_NUMBER);
    }
  }
}
