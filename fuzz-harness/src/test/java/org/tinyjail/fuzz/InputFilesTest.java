package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.agent.RunInput;

class InputFilesTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static List<byte[]> words(String... words) {
    return Stream.of(words).map(InputFilesTest::bytes).toList();
  }

  private static List<String> texts(List<byte[]> parts) {
    return parts.stream().map(part -> new String(part, StandardCharsets.ISO_8859_1)).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "app x @ a@b, 0",
    "app @@, 1",
    "app @@ --from=@@, 1",
    "app @@1, 1",
    "app @@ @@2, 2",
    "app @@3@@1 @@2, 3",
    "app @@1 @@2 @@3 @@4 @@5 @@6 @@7 @@8, 8"
  })
  void asManyFilesAreMadeAsAreNamed(String line, int count) {
    assertThat(InputFiles.count(words(line.split(" ", -1)))).isEqualTo(count);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          app @@2        | the command line names @@2 but not @@1
          app @@ @@2 @@4 | the command line names @@4 but not @@3
          app @@0        | an input file is @@ or one of @@1 to @@8, was @@0
          app @@9        | an input file is @@ or one of @@1 to @@8, was @@9
          app @@12       | an input file is @@ or one of @@1 to @@8, was @@12
          """)
  void aFileThatCannotBeIsSaid(String line, String message) {
    assertThatThrownBy(() -> InputFiles.count(words(line.split(" ", -1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void pathsTakeThePlacesOfAllThatAreNamed() {
    List<Path> files = List.of(Path.of("/in"), Path.of("/in2"), Path.of("/$1\\"));
    assertThat(texts(List.of(InputFiles.named(bytes("-f@@,@@1:@@2!\u00ff@@3"), files))))
        .containsExactly("-f/in,/in:/in2!\u00ff/$1\\");
  }

  @Test
  void placesTakeThePathsOfTheirFiles() {
    for (int count = 1; count <= 8; count++) {
      List<Path> files = InputFiles.in(Path.of("/run"), count);
      byte[] word = bytes("-f@@" + count + ",@@1:x");
      assertThat(InputFiles.unnamed(InputFiles.named(word, files), files)).isEqualTo(word);
    }
    assertThat(InputFiles.kept(Path.of("/f/x"), 1)).containsExactly(Path.of("/f/x"));
    assertThat(InputFiles.kept(Path.of("/f/x"), 2))
        .containsExactly(Path.of("/f/x.1"), Path.of("/f/x.2"));
  }

  @Test
  void whatIsNotDividedYetServesForEachFileAndBesideTheNext() {
    RunInput two = new RunInput.InFiles(InputFiles.in(Path.of("/d"), 2));
    List<byte[]> payloads = words("a", "b", "c\n@@\nd");
    assertThat(InputFiles.spread(payloads, new RunInput.Standard())).isEqualTo(payloads);
    assertThat(InputFiles.spread(payloads, new RunInput.InFiles(List.of(Path.of("/d")))))
        .isEqualTo(payloads);
    assertThat(texts(InputFiles.spread(payloads.subList(0, 2), two)))
        .containsExactly("a\n@@\na", "a\n@@\nb", "b\n@@\nb", "b\n@@\na");
    assertThat(texts(InputFiles.spread(payloads.subList(2, 3), two))).containsExactly("c\n@@\nd");
    assertThat(InputFiles.spread(List.of(), two)).isEmpty();
  }
}
