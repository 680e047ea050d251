package org.tinyjail.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EscapeTest {
  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void utf8IsTextAsItIs() {
    assertThat(Escape.text(utf8("/tmp/é✓ \\x \u001b"))).isEqualTo("/tmp/é✓ \\x \u001b");
  }

  @Test
  void bytesThatAreNotUtf8KeepTheirValue() {
    assertThat(Escape.text(new byte[] {'a', (byte) 0xff, '\\', (byte) 0xc3}))
        .isEqualTo("a\\xff\\\\\\xc3");
  }

  @Test
  void aQuotedStringHasNoControlCharacters() {
    assertThat(Escape.quoted(utf8("a\"b\\c\n\t\r\u001b[31m\u007f")))
        .isEqualTo("\"a\\\"b\\\\c\\n\\t\\r\\x1b[31m\\x7f\"");
  }

  @Test
  void whatTurnsTheDirectionOfWritingIsShownAsANumber() {
    assertThat(Escape.display("a\u202eb\u2066c\u2028d\u0085e"))
        .isEqualTo("a\\u{202e}b\\u{2066}c\\u{2028}d\\u{85}e");
  }

  @Test
  void noBytesWhateverSteerTheTerminal() {
    Random random = new Random(1);
    for (int round = 0; round < 50_000; round++) {
      byte[] bytes = new byte[random.nextInt(24)];
      random.nextBytes(bytes);
      assertThat(Escape.quoted(bytes).chars().noneMatch(Character::isISOControl)).isTrue();
      assertThat(Escape.display(Escape.text(bytes)).chars().noneMatch(Character::isISOControl))
          .isTrue();
    }
  }
}
