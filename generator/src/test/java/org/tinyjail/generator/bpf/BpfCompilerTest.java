package org.tinyjail.generator.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tinyjail.generator.RandomPolicies;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
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
    boolean inForce = policy.architecturesOn(options.machine()).contains(arch);
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
    if (options.freeExec() && inForce && name.startsWith("execve")) {
      boolean always =
          policy.rules().stream().filter(r -> r.syscall().equals(name)).toList().isEmpty()
              ? !policy.defaultAction().denies()
              : alwaysPasses(policy, name);
      if (!always) {
        return NOTIFY;
      }
    }
    Action ofRule = policy.withDefaultAction(Action.ALLOW).actionFor(data, MACHINE);
    if (inForce && ofRule.equals(Action.fail(Action.ENOSYS))) {
      return ofRule.filterValue(); // "as if the kernel did not have it": nobody is asked
    }
    return switch (options.form()) {
      case VERDICT -> action.filterValue();
      case NOTIFYING -> action instanceof Action.Fail ? NOTIFY : action.filterValue();
      case COMPLAINING -> action.denies() ? NOTIFY : action.filterValue();
    };
  }

  private static boolean alwaysPasses(Policy policy, String name) {
    List<Rule> rules = policy.rules().stream().filter(r -> r.syscall().equals(name)).toList();
    return rules.stream().noneMatch(r -> r.action().denies())
        && rules.stream().anyMatch(r -> r.conditions().isEmpty());
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

  private static Policy podman() throws IOException {
    return OciSeccompJson.read(Path.of("../corpora/policies/podman-default.json"));
  }
}
