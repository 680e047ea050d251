package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HelpTextTest {
  private static String options(String text) {
    return String.join(
        " ",
        HelpText.options(text.getBytes(StandardCharsets.ISO_8859_1)).stream()
            .map(option -> option.kind() == Choice.Kind.WORD ? option.name() : option.name() + "…")
            .toList());
  }

  @Test
  void shortAndLongOptionsAreFoundOnceWithAValueWhereTheyTakeOne() {
    String text =
        """
        Usage: app [-x] [--colour[=WHEN]] FILE...
          -a, --all            do not ignore entries - really
              --block-size=N   well-known, see --all
          -1                   one
        """;
    assertThat(options(text)).isEqualTo("-x --colour=… -a --all --block-size=… -1");
  }

  @Test
  void wordsWithHyphensAndRulesAreNone() {
    assertThat(options("a-b well-known -- --- ---- 1-2")).isEmpty();
  }
}
