package org.tinyjail.generator.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

class BothTest {
  private static final Arch MACHINE = Arch.X86_64;

  private static BpfProgram compiled(Action otherwise, Rule... rules) {
    Policy policy = Policy.of(otherwise, List.of(rules));
    return BpfCompiler.compile(policy, Options.verdict(MACHINE));
  }

  private static Rule rule(String call, Action action, ArgCondition... conditions) {
    return new Rule(call, List.of(conditions), action);
  }

  /** The first allows read and write, and kills at ptrace; the second allows write to 1 alone. */
  @ParameterizedTest
  @CsvSource({
    "write, 1, 7fff0000",
    "write, 2, 00050002",
    "read, 1, 00050002",
    "getpid, 0, 00050001",
    "ptrace, 0, 80000000",
  })
  void theSecondAnswersWhereTheFirstAllows(String call, long argument, String answer) {
    BpfProgram first =
        compiled(
            Action.fail(1),
            rule("read", Action.ALLOW),
            rule("write", Action.ALLOW),
            rule("ptrace", Action.KILL_PROCESS));
    BpfProgram second =
        compiled(
            Action.fail(2),
            rule("write", Action.ALLOW, ArgCondition.masked(0, 0xffffffffL, 1)),
            rule("getpid", Action.ALLOW),
            rule("ptrace", Action.ALLOW));
    int number = SyscallTable.of(MACHINE).number(call).orElseThrow();
    int found =
        BpfInterpreter.run(Both.of(first, second), SyscallData.of(MACHINE, number, argument))
            .value();
    assertThat(String.format("%08x", found)).isEqualTo(answer);
  }

  @Test
  void tooManyInstructionsAreRefusedWithTheirNumber() {
    Instruction end = new Instruction(Op.RETURN, 0, 0, 0);
    BpfProgram half = new BpfProgram(Collections.nCopies(2049, end));
    assertThatThrownBy(() -> Both.of(half, half))
        .isInstanceOf(FilterTooLargeException.class)
        .hasMessageContaining("4,098");
  }
}
