package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeedFileTest {
  @TempDir Path temporary;

  private SeedFile file(String name, String text) throws IOException {
    return new SeedFile(Files.writeString(temporary.resolve(name), text));
  }

  private static String decoded(SeedFile file) throws IOException {
    return new String(file.decode(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void hexIsDigitsTextRepetitionsAndComments() throws IOException {
    String text = "# a comment\n\n7f \"E\\\"# \\x41\" 00ff*2 # \"no\"\n  \"ab\"*3\n";
    SeedFile file = file("a.bin.hex", text);
    assertThat(decoded(file)).isEqualTo("\177E\"# A\0\377\0\377ababab");
    assertThat(file.name()).isEqualTo("a.bin");
  }

  @Test
  void crlfEndsEveryLine() throws IOException {
    SeedFile file = file("get.crlf", "GET / HTTP/1.0\n\nbody");
    assertThat(decoded(file)).isEqualTo("GET / HTTP/1.0\r\n\r\nbody\r\n");
    assertThat(file.name()).isEqualTo("get");
  }

  @Test
  void allElseIsAsItIs() throws IOException {
    SeedFile file = file("a.json", "{\n");
    assertThat(decoded(file)).isEqualTo("{\n");
    assertThat(file.name()).isEqualTo("a.json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00 0 | wanted pairs of hex digits, \"text\" or # at character 4, was 0",
        "00 xy | wanted pairs of hex digits, \"text\" or # at character 4, was xy",
        "00 \"a | wanted pairs of hex digits, \"text\" or # at character 4, was \"a",
        "00*0 | * wants 1..4096, was 0",
        "00*5000 | * wants 1..4096, was 5000",
        "00 \"\\n\" | wanted \\\\, \\\" or \\xHH at character 1 of \"\\n\"",
        "\"\u00e9\" | wanted \\\" or \\xe9 at character 1 of \"\u00e9\""
      })
  void aBadLineIsNamed(String lineAndError) throws IOException {
    String[] parts = lineAndError.split(" \\| ", -1);
    SeedFile file = file("a.hex", "00\n" + parts[0] + "\n");
    assertThatThrownBy(file::decode)
        .isInstanceOf(IOException.class)
        .hasMessage(file.path() + ":2: " + parts[1]);
  }

  @Test
  void aBinaryFileThatCallsItselfHexIsRefused() throws IOException {
    Path path = Files.write(temporary.resolve("a.hex"), new byte[] {(byte) 0xff, 0});
    assertThatThrownBy(() -> new SeedFile(path).decode())
        .hasMessageContaining("wanted text in UTF-8");
  }
}
