package org.tinyjail.generator.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

/**
 * Our filters in the real kernel, call by call in child processes: what the policy says happens.
 */
class KernelTest {
  private static final int SIGSYS = 31;
  private static final int DENIED = 3000;

  /** Calls that change nothing: they fail for their bad descriptor, or only ask. */
  private static final List<String> HARMLESS =
      List.of("lseek", "fcntl", "ioctl", "dup3", "fchmod", "getppid", "personality", "ftruncate");

  /** Without them a child could not report. */
  private static final List<String> REPORTING = List.of("exit_group", "exit");

  @TempDir Path directory;

  private enum Outcome {
    CARRIED_OUT,
    FAILED,
    ENOSYS,
    KILLED
  }

  private static Outcome expected(Action action) {
    if (action instanceof Action.Fail) {
      return Outcome.FAILED;
    }
    if (!action.denies()) {
      return Outcome.CARRIED_OUT;
    }
    return action.equals(Action.NOTIFY) || action instanceof Action.Trace
        ? Outcome.ENOSYS
        : Outcome.KILLED;
  }

  private static Outcome outcome(String line) {
    if (line.startsWith("signal")) {
      assertThat(line).isEqualTo("signal " + SIGSYS);
      return Outcome.KILLED;
    }
    return switch (line) {
      case "returned -3000" -> Outcome.FAILED;
      case "returned -38" -> Outcome.ENOSYS;
      default -> Outcome.CARRIED_OUT;
    };
  }

  private List<String> run(BpfProgram program, List<SyscallData> calls) throws IOException {
    return KernelCalls.run(directory, program, calls);
  }

  /** Rules of random shape for harmless calls, with errnos that no call gives by itself. */
  private static Policy harmless(int seed) {
    List<Rule> rules = new ArrayList<>();
    REPORTING.forEach(name -> rules.add(Rule.allow(name)));
    int next = 0;
    for (Rule rule : new RandomPolicies(seed).policy().rules()) {
      Action action = rule.action() instanceof Action.Fail ? Action.fail(DENIED) : rule.action();
      rules.add(new Rule(HARMLESS.get(next++ % HARMLESS.size()), rule.conditions(), action));
    }
    Action defaultAction = seed % 2 == 0 ? Action.ALLOW : Action.fail(DENIED);
    return new Policy(
        defaultAction, List.of(Arch.X86), rules, List.of(), Optional.empty(), Optional.empty());
  }

  /** Calls at the edges; the first argument is a bad descriptor, whatever its upper half. */
  private static List<SyscallData> calls(Policy policy, Arch arch, Random random) {
    List<SyscallData> calls = new ArrayList<>();
    for (String name : HARMLESS) {
      int number = SyscallTable.of(arch).number(name).orElseThrow();
      List<SyscallData> edges = EdgeCases.calls(policy, arch, number, random);
      for (int i = 0; i < 6; i++) {
        SyscallData data = edges.get(random.nextInt(edges.size()));
        calls.add(safe(data, name));
      }
    }
    return calls;
  }

  private static SyscallData safe(SyscallData data, String name) {
    List<Long> arguments = new ArrayList<>(data.arguments());
    long first = arguments.get(0);
    boolean asks = name.equals("getppid");
    arguments.set(0, asks ? first : first | ArgCondition.INT_MASK);
    return new SyscallData(data.number(), data.arch(), 0, arguments);
  }

  @Test
  void theKernelDoesWhatThePolicySays() throws IOException {
    Set<Outcome> seen = EnumSet.noneOf(Outcome.class);
    boolean i386 = KernelCalls.has32BitCalls(directory);
    for (int seed = 0; seed < 25; seed++) {
      Policy policy = harmless(seed);
      Random random = new Random(seed);
      List<SyscallData> calls = new ArrayList<>(calls(policy, Arch.X86_64, random));
      if (i386) {
        calls.addAll(calls(policy, Arch.X86, random));
      }
      BpfProgram program = BpfCompiler.compile(policy, Options.verdict(Arch.X86_64));
      List<String> lines = run(program, calls);
      assertThat(lines).hasSameSizeAs(calls);
      for (int i = 0; i < lines.size(); i++) {
        Outcome expected = expected(policy.actionFor(calls.get(i), Arch.X86_64));
        seen.add(expected);
        assertThat(outcome(lines.get(i)))
            .as("%s: %s under %s", lines.get(i), calls.get(i), policy)
            .isEqualTo(expected);
      }
    }
    assertThat(seen).isEqualTo(EnumSet.allOf(Outcome.class));
  }

  @Test
  void theKernelTakesContainerRulesInEveryForm() throws IOException {
    Policy podman = ContainerProfiles.resolved("podman", ContainerProfiles.Capabilities.NONE);
    List<SyscallData> calls = List.of(SyscallData.of(Arch.X86_64, 212));
    assertThat(run(BpfCompiler.compile(podman, Options.verdict(Arch.X86_64)), calls))
        .containsExactly("returned -1");
    assertThat(run(BpfCompiler.compile(podman, Options.notifying(Arch.X86_64)), calls))
        .containsExactly("returned -38");
    assertThat(run(BpfCompiler.compile(podman, Options.complaining(Arch.X86_64)), calls))
        .containsExactly("returned -38");
  }

  @Test
  void highBitsOfA32BitCallDoNotDeceiveTheFilter() throws IOException {
    Rule onlySmall =
        new Rule(
            "personality",
            List.of(new ArgCondition(0, ArgCondition.Operator.NE, 8, 0)),
            Action.ALLOW);
    Policy policy =
        new Policy(
            Action.fail(DENIED),
            List.of(Arch.X86),
            List.of(Rule.allow("exit_group"), onlySmall),
            List.of(),
            Optional.empty(),
            Optional.empty());
    int number = SyscallTable.of(Arch.X86).number("personality").orElseThrow();
    BpfProgram program = BpfCompiler.compile(policy, Options.verdict(Arch.X86_64));
    assertThat(run(program, List.of(SyscallData.of(Arch.X86, number, 8 | 1L << 32))))
        .containsExactly(
            KernelCalls.has32BitCalls(directory) ? "returned -3000" : KernelCalls.FAULT);
  }
}
