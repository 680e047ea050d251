package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DictionaryTest {
  @TempDir Path temporary;

  @Test
  void allBytesComeBackAsTheyWere() throws IOException {
    StringBuilder all = new StringBuilder();
    Dictionary dictionary = new Dictionary();
    for (int b = 0; b < 256; b++) {
      dictionary.addAll(List.of(new byte[] {(byte) b}));
      all.append((char) b);
    }
    Path file = temporary.resolve("a.dict");
    dictionary.write(file);
    assertThat(String.join("", LibFuzzerDictionary.read(file))).isEqualTo(all.toString());
    assertThat(Dictionary.read(file).words()).hasSize(256);
  }

  @Test
  void namesBeforeWordsAndCommentsAreTaken() throws IOException {
    Path file = temporary.resolve("a.dict");
    Files.writeString(file, "# words\n\nkw1=\"SELECT\"\n\"a=\\\"b\\\"\"\n");
    assertThat(Dictionary.read(file).words())
        .extracting(word -> new String(word, StandardCharsets.ISO_8859_1))
        .containsExactly("SELECT", "a=\"b\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "word | wanted a word in quotation marks and nothing after it, was word",
        "\"a\" # b | wanted a word in quotation marks and nothing after it, was \"a\" # b",
        "\"a | wanted a word in quotation marks and nothing after it, was \"a",
        "\"a\"b\" | wanted \\\" or \\x22 at character 2 of \"a\"b\"",
        "\"\\n\" | wanted \\\\, \\\" or \\xHH at character 1 of \"\\n\"",
        "\"\\x4\" | wanted \\\\, \\\" or \\xHH at character 1 of \"\\x4\"",
        "\"\\\" | wanted \\\\, \\\" or \\xHH at character 1 of \"\\\"",
        "\"\" | a word must have 1..64 bytes, had 0",
        "\"GET\" | \"GET\" stands there twice; drop one",
        "\"\\x47ET\" | \"\\x47ET\" stands there twice; drop one"
      })
  void aBadLineIsNamed(String lineAndError) throws IOException {
    String[] parts = lineAndError.split(" \\| ", -1);
    Path file = temporary.resolve("a.dict");
    Files.writeString(file, "# words\n\"GET\"\n" + parts[0] + "\n");
    assertThatThrownBy(() -> Dictionary.read(file))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ":3: " + parts[1]);
  }

  @Test
  void aWordThatIsTooLongForLibFuzzerIsNamed() throws IOException {
    Path file = temporary.resolve("a.dict");
    Files.writeString(file, "\"" + "a".repeat(65) + "\"\n");
    assertThatThrownBy(() -> Dictionary.read(file))
        .hasMessage(file + ":1: a word must have 1..64 bytes, had 65");
  }
}
