package org.tinyjail.generator.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tinyjail.generator.ContainerProfiles;
import org.tinyjail.generator.RandomPolicies;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

class BpfCompilerTest {
  private static final Arch MACHINE = Arch.X86_64;
  private static final int NOTIFY = Action.NOTIFY.filterValue();
  private static final int EBUSY = Action.fail(16).filterValue();

  /** What a filter of each form must return; written apart from the compiler, call by call. */
  private static int expected(Policy policy, SyscallData data, Options options) {
    Action action = policy.actionFor(data, options.machine());
    Arch arch = Arch.of(data.arch(), data.number()).orElse(Arch.AARCH64);
    boolean inForce =
        Arch.of(data.arch(), data.number())
            .filter(policy.architecturesOn(options.machine())::contains)
            .isPresent();
    String name = arch.hasTable() ? SyscallTable.of(arch).name(data.number()).orElse("") : "";
    boolean guards =
        switch (options.form()) {
          case VERDICT -> false;
          case NOTIFYING -> inForce;
          case COMPLAINING -> options.machine().runs(arch);
        };
    if (guards
        && name.equals("seccomp")
        && (int) data.argument(0) == 1
        && (data.argument(1) & 8) != 0) {
      return EBUSY;
    }
    if (options.form() == Options.Form.COMPLAINING && inForce && name.endsWith("sigreturn")) {
      return Action.ALLOW.filterValue(); // who waits for an answer there cannot be interrupted
    }
    if (options.freeExec() && inForce && name.startsWith("execve") && !alwaysPasses(policy, name)) {
      return NOTIFY;
    }
    Action ofRule = policy.withDefaultAction(Action.ALLOW).actionFor(data, options.machine());
    if (inForce && ofRule.equals(Action.fail(Action.ENOSYS))) {
      return ofRule.filterValue(); // "as if the kernel did not have it": nobody is asked
    }
    boolean setsLimits = inForce && setsAnothersLimits(name, data, arch);
    boolean asked =
        switch (options.form()) {
          case VERDICT -> false;
          case NOTIFYING ->
              action instanceof Action.Fail || (setsLimits && !deniedByTheKernel(action));
          case COMPLAINING -> action.denies() || setsLimits;
        };
    return asked ? NOTIFY : action.filterValue();
  }

  /** Whether nobody has a say in it: with TRACE a tracer in the jail has. */
  private static boolean deniedByTheKernel(Action action) {
    return action.denies() && !(action instanceof Action.Trace);
  }

  private static boolean setsAnothersLimits(String name, SyscallData data, Arch arch) {
    SyscallData seen = arch.is32Bit() ? data.lowHalves() : data;
    return name.equals("prlimit64") && seen.argument(0) != 0 && seen.argument(2) != 0;
  }

  /** For rules whose conditions are never true of all calls. */
  private static boolean alwaysPasses(Policy policy, String name) {
    List<Rule> rules = policy.rules().stream().filter(r -> r.syscall().equals(name)).toList();
    return rules.stream().noneMatch(r -> r.action().denies())
        && (!policy.defaultAction().denies()
            || rules.stream().anyMatch(r -> r.conditions().isEmpty()));
  }

  private static void assertAgrees(Policy policy, Options options, Random random) {
    BpfProgram program = BpfCompiler.compile(policy, options);
    EdgeCases.forEach(
        policy,
        random,
        data -> {
          int answer = BpfInterpreter.run(program, data).value();
          int expected = expected(policy, data, options);
          if (answer != expected) {
            assertThat(Integer.toHexString(answer))
                .as("%s on %s under %s", data, policy, options)
                .isEqualTo(Integer.toHexString(expected));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void agreesWithThePolicyOnRandomPolicies(Options.Form form) {
    Options options = new Options(MACHINE, form, false);
    for (int seed = 0; seed < 40; seed++) {
      assertAgrees(new RandomPolicies(seed).policy(), options, new Random(seed));
    }
  }

  @ParameterizedTest
  @EnumSource
  void agreesWithThePolicyOnContainerRules(Options.Form form) throws IOException {
    assertAgrees(podman(), new Options(MACHINE, form, false), new Random(1));
  }

  @ParameterizedTest
  @EnumSource(names = {"NOTIFYING", "COMPLAINING"})
  void leavesExecveToTheSupervisorUnlessItAlwaysPasses(Options.Form form) {
    Options options = new Options(MACHINE, form, true);
    for (int seed = 100; seed < 120; seed++) {
      List<Rule> rules = new ArrayList<>(new RandomPolicies(seed).policy().rules());
      rules.removeIf(rule -> rule.syscall().startsWith("execve"));
      Action defaultAction = seed % 2 == 0 ? Action.ALLOW : Action.KILL_PROCESS;
      Rule some = new Rule("execve", List.of(ArgCondition.masked(0, -1, 5)), Action.fail(seed % 3));
      for (List<Rule> exec :
          List.of(List.<Rule>of(), List.of(some), List.of(Rule.allow("execve")))) {
        rules.addAll(exec);
        assertAgrees(Policy.of(defaultAction, rules), options, new Random(seed));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void leavesTheLimitsOfAnotherProcessToTheSupervisorUnlessTheKernelDeniesThem(Options.Form form) {
    List<Action> actions =
        List.of(
            Action.ALLOW,
            Action.LOG,
            Action.trace(7),
            Action.NOTIFY,
            Action.fail(13),
            Action.fail(38),
            Action.TRAP,
            Action.KILL_PROCESS);
    List<ArgCondition> some = List.of(ArgCondition.masked(1, -1, 7));
    for (Action byDefault : actions) {
      for (Action byRule : actions) {
        for (List<ArgCondition> conditions : List.of(List.<ArgCondition>of(), some)) {
          Rule rule = new Rule("prlimit64", conditions, byRule);
          Policy policy = Policy.of(byDefault, List.of(rule));
          assertAgrees(policy, new Options(MACHINE, form, false), new Random(1));
        }
      }
    }
  }

  @Test
  void refusesFreeExecWithoutASupervisor() {
    assertThatThrownBy(() -> Options.verdict(MACHINE).withFreeExec())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tracingAsksAboutEverythingSaveWhatNobodyWatches() {
    BpfProgram program = BpfCompiler.compileTracing(MACHINE, List.of("read", "seccomp"));
    List<String> passing = List.of("read", "seccomp", "rt_sigreturn");
    for (Arch arch : List.of(Arch.X86_64, Arch.X86)) {
      SyscallTable table = SyscallTable.of(arch);
      for (String name :
          List.of("read", "write", "clone3", "io_uring_setup", "seccomp", "rt_sigreturn")) {
        Action wanted = passing.contains(name) ? Action.ALLOW : Action.NOTIFY;
        assertThat(
                BpfInterpreter.run(program, SyscallData.of(arch, table.number(name).orElseThrow()))
                    .value())
            .as("%s %s", arch, name)
            .isEqualTo(wanted.filterValue());
      }
      // A listener of the program's own is refused, and seen, whoever watches.
      int seccomp = table.number("seccomp").orElseThrow();
      assertThat(BpfInterpreter.run(program, SyscallData.of(arch, seccomp, 1, 8)).value())
          .isEqualTo(Action.NOTIFY.filterValue());
      assertThat(BpfInterpreter.run(program, SyscallData.of(arch, table.newest() + 1)).value())
          .isEqualTo(Action.NOTIFY.filterValue());
    }
  }

  @Test
  void learningAsksAboutEverythingSaveWhatWouldHide() {
    Rule fast = new Rule("lseek", List.of(ArgCondition.masked(2, -1, 0)), Action.ALLOW);
    BpfProgram program =
        BpfCompiler.compileLearning(
            MACHINE, List.of("clone3"), List.of(fast, Rule.allow("read"), Rule.allow("prlimit64")));
    for (Arch arch : List.of(Arch.X86_64, Arch.X86)) {
      for (int number : EdgeCases.numbers(arch)) {
        if (Arch.of(arch.auditValue(), number).orElseThrow() == arch) {
          assertThat(BpfInterpreter.run(program, SyscallData.of(arch, number)).value())
              .as("%s %s", arch, number)
              .isEqualTo(learningAnswer(SyscallTable.of(arch).nameOrNumber(number)));
        }
      }
      int seccomp = SyscallTable.of(arch).number("seccomp").orElseThrow();
      assertThat(BpfInterpreter.run(program, SyscallData.of(arch, seccomp, 1, 9)).value())
          .isEqualTo(EBUSY);
      int prlimit = SyscallTable.of(arch).number("prlimit64").orElseThrow();
      assertThat(BpfInterpreter.run(program, SyscallData.of(arch, prlimit, 0, 0, 9)).value())
          .isEqualTo(Action.ALLOW.filterValue());
      assertThat(BpfInterpreter.run(program, SyscallData.of(arch, prlimit, 5, 0, 9)).value())
          .isEqualTo(NOTIFY);
    }
    int x32 = SyscallTable.of(Arch.X32).number("read").orElseThrow();
    assertThat(BpfInterpreter.run(program, SyscallData.of(Arch.X32, x32)).value())
        .isEqualTo(Action.fail(38).filterValue());
    assertThat(BpfInterpreter.run(program, SyscallData.of(Arch.AARCH64, 1)).value())
        .isEqualTo(Action.fail(38).filterValue());
    int lseek = SyscallTable.of(MACHINE).number("lseek").orElseThrow();
    assertThat(BpfInterpreter.run(program, SyscallData.of(MACHINE, lseek, 0, 0, 1)).value())
        .isEqualTo(NOTIFY);
  }

  private static int learningAnswer(String name) {
    return switch (name) {
      case "clone3" -> Action.fail(38).filterValue();
      case "read", "lseek", "prlimit64", "rt_sigreturn", "sigreturn" -> Action.ALLOW.filterValue();
      default -> NOTIFY;
    };
  }

  @Test
  void refusesWhatTheKernelWouldNotTakeWithBothNumbers() {
    List<Rule> rules = new ArrayList<>();
    for (int value = 0; value < 3000; value++) {
      rules.add(
          new Rule(
              "ioctl",
              List.of(ArgCondition.masked(1, -1, 2L * value), ArgCondition.masked(2, -1, value)),
              Action.ALLOW));
    }
    assertThatThrownBy(() -> BpfCompiler.compile(refusing(rules), Options.verdict(MACHINE)))
        .isInstanceOfSatisfying(
            FilterTooLargeException.class,
            e -> {
              assertThat(e.instructions()).isGreaterThan(BpfProgram.MAX_INSTRUCTIONS);
              assertThat(e)
                  .hasMessageContaining(String.format(Locale.ROOT, "%,d", e.instructions()))
                  .hasMessageContaining("4,096");
            });
  }

  @Test
  void aChainOfManyTestsIsLaidOut() {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      long mask = 0x5L << i % 28 | 1L << 60;
      rules.add(
          new Rule(
              "fcntl",
              List.of(ArgCondition.masked(1, mask, i), ArgCondition.masked(2, ~mask, i)),
              Action.ALLOW));
    }
    assertAgrees(refusing(rules), Options.verdict(MACHINE), new Random(1));
    rules.addAll(rules.stream().map(r -> new Rule("ioctl", r.conditions(), Action.LOG)).toList());
    assertThatThrownBy(() -> BpfCompiler.compile(refusing(rules), Options.verdict(MACHINE)))
        .isInstanceOf(FilterTooLargeException.class);
  }

  @Test
  void jumpsAsFarAsItMust() {
    List<Rule> rules = new ArrayList<>();
    for (int value = 0; value < 400; value++) {
      rules.add(
          new Rule(
              "ioctl",
              List.of(new ArgCondition(1, ArgCondition.Operator.EQ, 3L * value, 0)),
              value % 2 == 0 ? Action.ALLOW : Action.fail(value)));
    }
    rules.add(Rule.allow("lchown"));
    assertAgrees(refusing(rules), Options.verdict(MACHINE), new Random(1));
    assertAgrees(refusing(rules), Options.complaining(MACHINE), new Random(1));
  }

  @Test
  void masksOnSeveralArgumentsDoNotExplode() {
    List<Rule> rules = new ArrayList<>();
    for (int bit = 0; bit < 30; bit++) {
      rules.add(
          new Rule(
              "fcntl",
              List.of(
                  ArgCondition.masked(1, 3L << bit, 1L << bit),
                  ArgCondition.masked(2, 5L << bit, 4L << bit),
                  ArgCondition.masked(3, 9L << bit, 8L << bit)),
              Action.ALLOW));
    }
    BpfProgram program = BpfCompiler.compile(refusing(rules), Options.verdict(MACHINE));
    assertThat(program.instructions()).hasSizeLessThan(600);
    assertAgrees(refusing(rules), Options.verdict(MACHINE), new Random(1));
  }

  @Test
  void containerRulesStayAThirdOfTheSizeOfLibseccompsTree() throws IOException {
    Policy podman = podman();
    Policy one = Policy.of(podman.defaultAction(), podman.rules());
    assertThat(BpfCompiler.compile(one, Options.verdict(MACHINE)).instructions())
        .hasSizeLessThan(80);
    assertThat(BpfCompiler.compile(podman, Options.verdict(MACHINE)).instructions())
        .hasSizeLessThan(260);
  }

  @Test
  void anEmptyPolicyStillKnowsItsArchitecture() {
    for (Action action : List.of(Action.ALLOW, Action.fail(1), Action.KILL_PROCESS)) {
      assertAgrees(Policy.of(action, List.of()), Options.verdict(MACHINE), new Random(1));
      assertAgrees(Policy.of(action, List.of()), Options.complaining(MACHINE), new Random(1));
      assertAgrees(Policy.of(action, List.of()), Options.verdict(Arch.AARCH64), new Random(1));
    }
  }

  private static Policy refusing(List<Rule> rules) {
    return Policy.of(Action.fail(1), rules);
  }

  private static Policy podman() throws IOException {
    return ContainerProfiles.resolved("podman", ContainerProfiles.Capabilities.NONE);
  }
}
