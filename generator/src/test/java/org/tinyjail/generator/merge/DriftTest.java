package org.tinyjail.generator.merge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tinyjail.generator.merge.DriftRow.Carriage;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.DangerousArguments;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Syscall;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallTable;
import org.tinyjail.model.Tables;

class DriftTest {
  private static final Action DENIED = Action.fail(Action.EPERM);

  static Stream<DriftRow> rows() {
    return Drift.table().stream();
  }

  /** Such as {@code chmod 1&c00=0}. */
  private static Rule rule(String text) {
    String[] parts = text.split(" ", 2);
    ArgumentClass arguments = ArgumentClass.parse(parts.length > 1 ? parts[1] : "");
    return new Rule(parts[0], arguments.conditions(), Action.ALLOW);
  }

  private static Policy drifted(Rule... rules) {
    return Drift.addTo(Policy.of(DENIED, List.of(rules)), Arch.X86_64).policy();
  }

  private static Action answer(Policy policy, String call, long... arguments) {
    int number = SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
    return policy.actionFor(SyscallData.of(Arch.X86_64, number, arguments), Arch.X86_64);
  }

  private static Set<String> added(Rule... rules) {
    Set<String> names = new TreeSet<>();
    Drift.addTo(Policy.of(DENIED, List.of(rules)), Arch.X86_64)
        .standIns()
        .forEach(standIn -> names.add(standIn.rule().syscall()));
    return names;
  }

  @Test
  void everyRowSaysSinceWhenAndWhyAndNamesItsSource() {
    assertThat(Tables.body(Drift.class, "drift.tsv"))
        .allSatisfy(row -> assertThat(row).hasSize(6).noneMatch(String::isBlank));
  }

  @Test
  void noPairOfCallsHasTwoRows() {
    assertThat(rows().map(row -> row.seen() + " " + row.standIn())).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyRowNamesCallsThatSomeArchitectureHas(DriftRow row) {
    assertThat(SyscallTable.isKnown(row.standIn())).isTrue();
    assertThat(row.isForAnyProgram() || SyscallTable.isKnown(row.seen())).isTrue();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyRowNamesArgumentsThatTheCallsHave(DriftRow row) {
    int standIn = SyscallSignature.of(row.standIn()).parameters().size();
    assertThat(row.fixed()).allMatch(condition -> condition.index() < standIn);
    assertThat(row.carried().values()).allMatch(index -> index < standIn);
    if (!row.isForAnyProgram()) {
      int seen = SyscallSignature.of(row.seen()).parameters().size();
      assertThat(row.carried().keySet()).allMatch(index -> index < seen);
    }
  }

  /** The rule of the table, as far as tables can tell. */
  @ParameterizedTest
  @MethodSource("rows")
  void noStandInGivesMorePowerThanTheCallThatWasSeen(DriftRow row) {
    List<DangerousArgument> dangerous = DangerousArguments.of(row.standIn());
    boolean held =
        row.carriage() == Carriage.HIDDEN
            || row.carriage() == Carriage.ALL
            || hides(row.seen(), row.standIn())
            || dangerous.stream().allMatch(argument -> isHeld(row, argument.index()));
    assertThat(held).as("dangerous arguments are carried over or fixed").isTrue();
    Syscall.Risk risk = Syscall.named(row.standIn()).risk();
    Syscall.Risk seen = row.isForAnyProgram() ? Syscall.Risk.LOW : Syscall.named(row.seen()).risk();
    boolean harmless = !dangerous.isEmpty() && row.carriage() == Carriage.NAMED;
    assertThat(risk.compareTo(seen) <= 0 || harmless).as("risk").isTrue();
  }

  private static boolean isHeld(DriftRow row, int argument) {
    return row.carried().containsValue(argument)
        || row.fixed().stream().anyMatch(condition -> condition.index() == argument);
  }

  /** Whether {@code seen} keeps in memory what {@code standIn} shows: it can do all of that. */
  private static boolean hides(String seen, String standIn) {
    return rows()
        .anyMatch(
            row ->
                row.seen().equals(standIn)
                    && row.standIn().equals(seen)
                    && row.carriage() == Carriage.HIDDEN);
  }

  /** Each learned argument under each row: carried over, or no stand-in. */
  @ParameterizedTest
  @MethodSource("rows")
  void whatLimitsTheCallLimitsItsStandInOrThereIsNone(DriftRow row) {
    List<ArgCondition> learned =
        DangerousArguments.of(row.seen()).stream()
            .map(argument -> ArgCondition.masked(argument.index(), argument.mask(), 0))
            .toList();
    Rule seen = new Rule(row.seen(), learned, Action.ALLOW);
    row.ruleBeside(seen)
        .ifPresent(
            rule -> {
              assertThat(rule.repeatsIndex()).isFalse();
              if (row.carriage() == Carriage.HIDDEN && !learned.isEmpty()) {
                assertThat(rule.action()).isEqualTo(Action.fail(Action.ENOSYS));
              } else if (row.carriage() != Carriage.NONE) {
                long dropped =
                    learned.stream()
                        .filter(c -> row.carried().getOrDefault(c.index(), 0) == DriftRow.DROPPED)
                        .count();
                assertThat(rule.conditions().size())
                    .isGreaterThanOrEqualTo((int) (learned.size() - dropped));
              }
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          open            | openat
          open 1&3=0      | openat 2&3=0
          stat            | newfstatat
          stat            | statx
          fstat           | newfstatat 3&1000=1000
          chmod 1&c00=0   | fchmodat 2&c00=0
          chmod 1&c00=0   | fchmodat2 2&c00=0
          mknod 1&fc00=0  | mknodat 2&fc00=0
          rename          | renameat2 4&ffffffff=0
          rmdir           | unlinkat 2&ffffffff=200
          select          | pselect6
          nanosleep       | clock_nanosleep
          fork            | clone 0&7e022000=0
          brk             | getrandom
          set_tid_address | rseq
          getrlimit       | prlimit64 0&ffffffff=0 2&ffffffffffffffff=0
          clone3          | clone
          clone           | clone3
          read            | clock_gettime
          """)
  void standsIn(String seen, String standIn) {
    assertThat(drifted(rule(seen)).rules()).contains(rule(standIn));
  }

  @ParameterizedTest
  @CsvSource({
    "poll 1&ffffffff=1, ppoll", // how many descriptors: a row does not speak of it
    "stat, fstat", // that would be the stand-in of a stand-in
    "openat, openat2",
    "futex, futex_waitv",
    "futex, futex_time64", // 32 bits only
    "fcntl 1&ffffffff=3, fcntl64"
  })
  void hasNoStandIn(String seen, String other) {
    assertThat(added(rule(seen))).doesNotContain(other);
  }

  @Test
  void aForkDoesNotBecomeANamespace() {
    Policy policy = drifted(rule("fork"));
    assertThat(answer(policy, "clone", 0x11)).isEqualTo(Action.ALLOW);
    assertThat(answer(policy, "clone", 0x10000011)).isEqualTo(DENIED);
  }

  @Test
  void askingForALimitDoesNotBecomeSettingOne() {
    Policy policy = drifted(rule("getrlimit"));
    assertThat(answer(policy, "prlimit64", 0, 7, 0, 0x7fff0000)).isEqualTo(Action.ALLOW);
    assertThat(answer(policy, "prlimit64", 0, 7, 0x7fff0000, 0)).isEqualTo(DENIED);
    assertThat(answer(policy, "prlimit64", 1, 7, 0, 0x7fff0000)).isEqualTo(DENIED);
  }

  @Test
  void aLimitedCloneMakesClone3FallBack() {
    Policy policy = drifted(rule("clone 0&7e022000=0"));
    assertThat(answer(policy, "clone3")).isEqualTo(Action.fail(Action.ENOSYS));
  }

  @Test
  void whatIsDeniedByNameNeitherGetsStandInsNorIsOne() {
    Rule noStat = new Rule("stat", List.of(), DENIED);
    assertThat(added(rule("stat"), noStat)).doesNotContain("newfstatat", "statx");
    assertThat(added(rule("lstat"), new Rule("statx", List.of(), DENIED)))
        .contains("newfstatat")
        .doesNotContain("statx");
  }

  @Test
  void aPolicyThatAllowsByDefaultLacksNothing() {
    Policy open = Policy.of(Action.ALLOW, List.of(rule("stat")));
    assertThat(Drift.addTo(open, Arch.X86_64).standIns()).isEmpty();
  }

  @Test
  void timesBeyond2038AreFor32Bits() {
    List<Rule> rules = List.of(rule("futex"), rule("utimensat"));
    Set<String> names = new HashSet<>();
    Drift.standIns(rules, List.of(Arch.X86_64, Arch.X86))
        .forEach(standIn -> names.add(standIn.rule().syscall()));
    assertThat(names).contains("futex_time64", "utimensat_time64", "clock_gettime64");
  }

  @Test
  void anActionOtherThanAllowIsCarriedOver() {
    Rule logged = new Rule("stat", List.of(), Action.LOG);
    assertThat(drifted(logged).rules()).contains(new Rule("statx", List.of(), Action.LOG));
  }

  @Test
  void whoStandsInForSeveralIsThereOnceAndNamesThem() {
    List<Drift.StandIn> all = new ArrayList<>();
    Drift.addTo(Policy.of(DENIED, List.of(rule("stat"), rule("lstat"))), Arch.X86_64)
        .standIns()
        .stream()
        .filter(standIn -> standIn.rule().syscall().equals("newfstatat"))
        .forEach(all::add);
    assertThat(all)
        .singleElement()
        .extracting(Drift.StandIn::note)
        .isEqualTo("drift: stands in for stat, lstat (glibc 2.33)");
  }
}
