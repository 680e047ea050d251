package org.tinyjail.generator.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpcodeReaderTest {
  private static final String MNEMONICS = "MOV MOVE\n";

  @Test
  void cellsFollowOneAnotherAndPrefixesHaveFormsOfTheirOwn() {
    Map<String, Form[]> maps =
        OpcodeReader.read("[m]\n10 MOV Ev,Gv | - ; 66+F2 MOV Gv,Ev | -\n20-21 X V,W\n", MNEMONICS);
    Form[] map = Objects.requireNonNull(maps.get("m"));
    assertThat(map[0x10].operation).isEqualTo(Operation.MOVE);
    assertThat(map[0x10]).isSameAs(map[0x310]);
    assertThat(map[0x11].valid).isFalse();
    assertThat(map[0x111].first).isEqualTo(Slot.REG);
    assertThat(map[0x111]).isSameAs(map[0x311]);
    assertThat(map[0x211].valid).isFalse();
    assertThat(map[0x12].valid).isFalse();
    assertThat(map[0x21].operation).isEqualTo(Operation.OTHER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '=',
      value = {
        "11 MOV Ev,Gv = opcode stands twice: 11",
        "12/ MOV Ev,Gv = 1 cells; wanted 8",
        "12 MOV Xv = operand X is not explained",
        "12 MOV Ek = size k; wanted one of",
        "12 MOV Ik = immediate k; wanted one of",
        "xx MOV = xx"
      })
  void aLineThatIsWrongIsNamed(String line, String problem) {
    String text = "[m]\n10 MOV Ev,Gv | MOV Ev,Gv\n" + line;
    assertThatThrownBy(() -> OpcodeReader.read(text, MNEMONICS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(line + ": ")
        .hasMessageContaining(problem);
  }

  @Test
  void aWordThatIsNotExplainedIsNamed() {
    assertThatThrownBy(() -> OpcodeReader.read("", "MOV MOVES"))
        .hasMessageContaining("MOV MOVES: mov: the word MOVES is not explained");
    assertThatThrownBy(() -> OpcodeReader.read("", "MOV MOVE\nMOV MOVE"))
        .hasMessageContaining("stands twice");
  }
}
