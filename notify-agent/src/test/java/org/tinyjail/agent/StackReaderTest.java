package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StackReaderTest {
  /** The seven bytes before 0x1000, as an assembler makes them; the last instruction ends there. */
  @ParameterizedTest
  @CsvSource({
    "9090e8fb000000, 0x10fb, call forward",
    "9090e800ffffff, 0xf00, call back",
    "9090909090ffd0, 0, call *%rax",
    "9090909041ffd4, 0, call *%r12",
    "90909090ff5008, 0, call *8(%rax)",
    "909090ff542408, 0, call *8(%rsp)",
    "90ff1500000100, 0, call *slot(%rip)",
    "ff942400010000, 0, call *256(%rsp)",
    "9090909090ff10, 0, call *(%rax)",
    "9090909090ffe0, -1, jmp *%rax",
    "90909090909090, -1, nop",
    "90909090488b00, -1, mov (%rax)",
  })
  void whatACallInstructionCallsIsRead(String before, String called, String instruction) {
    assertThat(StackReader.called(HexFormat.of().parseHex(before), 0x1000))
        .as(instruction)
        .isEqualTo(Long.decode(called));
  }
}
