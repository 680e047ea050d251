package org.tinyjail.generator.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tinyjail.generator.RandomPolicies;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;

class BpfDisassemblerTest {
  @Test
  void namesArchitecturesCallsAndActions() {
    Policy policy =
        new Policy(
            Action.fail(38),
            List.of(Arch.X32),
            List.of(
                Rule.allow("read"),
                new Rule(
                    "socket",
                    List.of(ArgCondition.masked(0, ArgCondition.INT_MASK, 1)),
                    Action.ALLOW)),
            List.of(),
            Optional.empty(),
            Optional.empty());
    String text = BpfDisassembler.text(BpfCompiler.compile(policy, Options.verdict(Arch.X86_64)));
    assertThat(text)
        .startsWith("   0  ld   arch\n")
        .contains("; x86_64\n", "; socket\n", "; x32 socket\n", "ld   arg0.low\n")
        .contains("ret  ALLOW\n", "ret  ERRNO 38\n");
  }

  @Test
  void writesALineForEveryInstruction() {
    for (int seed = 0; seed < 50; seed++) {
      BpfProgram program =
          BpfCompiler.compile(new RandomPolicies(seed).policy(), Options.verdict(Arch.X86_64));
      String text = BpfDisassembler.text(program);
      assertThat(text.lines()).hasSameSizeAs(program.instructions());
      assertThat(text).doesNotContain("?");
    }
  }

  @Test
  void showsWhatItDoesNotKnow() {
    BpfProgram odd = new BpfProgram(List.of(new Instruction(0x80, 0, 0, 7)));
    assertThat(BpfDisassembler.text(odd)).isEqualTo("   0  ?    code 0x0080, k 0x7\n");
    assertThatThrownBy(() -> BpfInterpreter.run(odd, SyscallData.of(Arch.X86_64, 1)))
        .hasMessage("instruction 0: unknown code 0x80");
  }
}
