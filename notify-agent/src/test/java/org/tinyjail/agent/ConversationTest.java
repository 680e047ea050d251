package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How an input is divided into connections and messages. */
class ConversationTest {
  private static String shown(String payload) {
    byte[] bytes = payload.replace('^', '\0').getBytes(StandardCharsets.ISO_8859_1);
    return String.join(
        "|", Conversation.of(bytes).connections().stream().map(ConversationTest::shown).toList());
  }

  private static String shown(List<byte[]> messages) {
    return String.join(
        ",",
        messages.stream().map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1)).toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          a                        ; a
          a^PAUSE^b                ; a,b
          a^PAUSE^b^AGAIN^c        ; a,b|c
          ^PAUSE^                  ; ,
          ^AGAIN^a                 ; |a
          a^AGAIN^^AGAIN^b         ; a||b
          a^PAUSE                  ; a^PAUSE
          a^pause^b                ; a^pause^b
          a^PAUSE^AGAIN^b          ; a^PAUSE|b
          """)
  void separatorsDivideAndNothingElseDoes(String payload, String parts) {
    assertThat(shown(payload)).isEqualTo(parts.replace('^', '\0'));
  }

  @Test
  void anEmptyInputIsAnEmptyMessage() {
    assertThat(shown("")).isEmpty();
    assertThat(Conversation.of(new byte[0]).connections()).hasSize(1);
  }

  @Test
  void whatIsBeyondTheLimitIsSentWithTheLastPart() {
    List<List<byte[]>> connections =
        Conversation.of("x\0AGAIN\0".repeat(100).getBytes(StandardCharsets.US_ASCII)).connections();
    assertThat(connections).hasSize(Conversation.PARTS_MAX);
    assertThat(connections.get(Conversation.PARTS_MAX - 1).get(0)).hasSizeGreaterThan(80 * 8);
  }
}
