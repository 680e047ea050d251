package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputLayoutTest {
  private static final List<byte[]> OPTIONS = List.of(bytes("-a"), bytes("--bb"), bytes("-c"));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static InputLayout layout(List<byte[]> options, String... words) {
    return new InputLayout(
        List.of(words).stream().map(InputLayoutTest::bytes).toList(), options, Path.of("/in"));
  }

  private static String joined(List<byte[]> words) {
    return String.join(
        " ", words.stream().map(word -> new String(word, StandardCharsets.ISO_8859_1)).toList());
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # input in hexadecimal, payload, command line
          '',           '',   app x
          6100,         a,    app x
          61620001,     ab,   app -a x
          61010202,     a,    app --bb -c x
          0102ff0304, '',   app --bb -c -a -a x
          6105,         a,    app x
          0002,         '',   app -a x
          """)
  void theEndOfAnInputChoosesOptions(String hex, String payload, String command) {
    byte[] input = java.util.HexFormat.of().parseHex(hex);
    InputLayout layout = layout(OPTIONS, "app", "x");
    assertThat(layout.payload(input)).asString().isEqualTo(payload);
    assertThat(joined(layout.command(input))).isEqualTo(command);
  }

  @Test
  void withoutOptionsAllIsPayload() {
    InputLayout layout = layout(List.of(), "app", "x");
    assertThat(layout.payload(new byte[] {1, 2, 3})).containsExactly(1, 2, 3);
    assertThat(joined(layout.command(new byte[] {1, 2, 3}))).isEqualTo("app x");
    assertThat(layout.plain(bytes("ab"))).asString().isEqualTo("ab");
  }

  @Test
  void aPlainInputHasItsPayloadAndNoOptions() {
    InputLayout layout = layout(OPTIONS, "app");
    byte[] input = layout.plain(new byte[] {9, 8, 7});
    assertThat(layout.payload(input)).containsExactly(9, 8, 7);
    assertThat(joined(layout.command(input))).isEqualTo("app");
  }

  @Test
  void theInputFileTakesThePlaceOfTwoAts() {
    assertThat(joined(layout(List.of(), "app", "--from=@@!", "@@", "a@b").command(new byte[0])))
        .isEqualTo("app --from=/in! /in a@b");
    assertThat(InputLayout.hasPlace(List.of(bytes("x@@")))).isTrue();
    assertThat(InputLayout.hasPlace(List.of(bytes("x@"), bytes("@")))).isFalse();
  }
}
