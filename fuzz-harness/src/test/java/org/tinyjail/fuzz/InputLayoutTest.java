package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.fuzz.Choice.Kind;

class InputLayoutTest {
  private static final List<Choice> CHOICES =
      List.of(
          new Choice(Kind.WORD, "-a"),
          Choice.withValue("--bb"),
          Choice.withValue("-c"),
          Choice.withValue("-dd"),
          new Choice(Kind.VARIABLE, "E"));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static InputLayout layout(List<Choice> choices, boolean faults, String... words) {
    return new InputLayout(
        List.of(words).stream().map(InputLayoutTest::bytes).toList(),
        choices,
        List.of(bytes("1"), bytes("x y")),
        faults,
        List.of(Path.of("/in")));
  }

  private static String joined(List<byte[]> words) {
    return String.join(
        "|", words.stream().map(word -> new String(word, StandardCharsets.ISO_8859_1)).toList());
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # input in hexadecimal, payload, command line, variables
          '',                     '',    app|x,             ''
          6100,                   a,     app|x,             ''
          616200000001,           ab,    app|-a|x,          ''
          6100010101,             a,     app|--bb=x y|x,    ''
          6100020001,             a,     app|-c1|x,        ''
          6101,                   a,     app|x,            ''
          6100030102,             a,     app|-dd|x y|x,     ''
          6100040100030102,      a,     app|-dd|x y|x,     E=x y
          6100040101,             a,     app|x,             E=x y
          610005ff05,             a,     app|x,             ''
          0001,                   '\0', app|x,             ''
          """)
  void theEndOfAnInputChoosesOptionsAndVariables(
      String hex, String payload, String command, String variables) {
    byte[] input = HexFormat.of().parseHex(hex);
    InputLayout layout = layout(CHOICES, false, "app", "x");
    assertThat(InputLayout.payload(input)).isEqualTo(bytes(payload.translateEscapes()));
    assertThat(joined(layout.choices(input).command())).isEqualTo(command);
    assertThat(joined(layout.choices(input).variables())).isEqualTo(variables);
    assertThat(layout.choices(input).faults()).isEmpty();
  }

  @Test
  void theEndOfAnInputChoosesFaultsBehindItsOptions() {
    InputLayout layout = layout(CHOICES, true, "app");
    byte[] input = {'p', 0, 0, 0, 1, 2, 4, 1 + 5};
    assertThat(InputLayout.payload(input)).containsExactly('p');
    assertThat(joined(layout.choices(input).command())).isEqualTo("app|-a");
    assertThat(layout.choices(input).faults()).containsExactly(new Fault(258, Fault.Kind.ENOMEM));
  }

  @Test
  void withoutAnythingToChooseInputsAreDividedInTheSameWay() {
    InputLayout layout = layout(List.of(), false, "app", "x");
    byte[] input = {'p', 0, 0, 0, 1, 2, 4, 1 + 5};
    assertThat(InputLayout.payload(input)).containsExactly('p');
    assertThat(joined(layout.choices(input).command())).isEqualTo("app|x");
    assertThat(layout.choices(input).variables()).isEmpty();
    assertThat(layout.choices(input).faults()).isEmpty();
  }

  @Test
  void aPlainInputHasItsPayloadAndNothingChosen() {
    InputLayout layout = layout(CHOICES, true, "app");
    byte[] input = InputLayout.plain(new byte[] {9, 8, 7});
    assertThat(InputLayout.payload(input)).containsExactly(9, 8, 7);
    assertThat(joined(layout.choices(input).command())).isEqualTo("app");
    assertThat(layout.choices(input).faults()).isEmpty();
  }

  @Test
  void anInputCanBeMadeToChoose() {
    InputLayout layout = layout(CHOICES, true, "app");
    byte[] input = InputLayout.choosing(bytes("pay"), 3, 1);
    assertThat(InputLayout.payload(input)).asString().isEqualTo("pay");
    assertThat(joined(layout.choices(input).command())).isEqualTo("app|-dd|x y");
  }

  @Test
  void anInputCanBeMadeToFail() {
    Fault fault = new Fault(300, Fault.Kind.SIGTERM);
    for (InputLayout layout :
        List.of(layout(CHOICES, true, "app"), layout(List.of(), true, "app"))) {
      byte[] input = InputLayout.failing(bytes("pay"), fault);
      assertThat(InputLayout.payload(input)).asString().isEqualTo("pay");
      assertThat(layout.choices(input).faults()).containsExactly(fault);
    }
  }

  @Test
  void theInputFileTakesThePlaceOfTwoAts() {
    InputLayout layout = layout(List.of(), false, "app", "--from=@@!", "@@", "a@b");
    assertThat(joined(layout.plainCommand())).isEqualTo("app|--from=/in!|/in|a@b");
  }
}
