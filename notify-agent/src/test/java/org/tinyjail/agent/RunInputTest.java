package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tinyjail.agent.RunInput.InFiles;

class RunInputTest {
  private static InFiles files(int count) {
    return new InFiles(Collections.nCopies(count, Path.of("/in")));
  }

  private static List<String> parts(int count, String input) {
    return files(count).parts(input.getBytes(StandardCharsets.ISO_8859_1)).stream()
        .map(part -> new String(part, StandardCharsets.ISO_8859_1))
        .toList();
  }

  @Test
  void anInputIsDividedBetweenFilesAtLinesOfTheDivider() {
    assertThat(parts(1, "a\n@@\nb")).containsExactly("a\n@@\nb");
    assertThat(parts(2, "a\n@@\nb")).containsExactly("a", "b");
    assertThat(parts(2, "a\n@@\nb\n@@\nc")).containsExactly("a", "b\n@@\nc");
    assertThat(parts(3, "a\n@@\n\n@@\nc")).containsExactly("a", "", "c");
    assertThat(parts(3, "a\n@@")).containsExactly("a\n@@");
    assertThat(parts(3, "\n@@\n")).containsExactly("", "");
    assertThat(parts(2, "")).containsExactly("");
    assertThat(files(2).separators()).containsExactly(InFiles.DIVIDER);
    assertThat(files(1).separators()).isEmpty();
  }

  @Test
  void oneToEightFilesCanBe() {
    assertThat(files(8).paths()).hasSize(8);
    assertThatThrownBy(() -> files(9)).hasMessage("input files are 1 to 8, were 9");
    assertThatThrownBy(() -> files(0)).hasMessage("input files are 1 to 8, were 0");
  }

  @Test
  void everyInputIsReadBackFromItsWord() {
    Stream.of(
            new RunInput.Standard(),
            new RunInput.Terminal(),
            new InFiles(List.of(Path.of("/run/a b:c"), Path.of("/d"))),
            new RunInput.Tcp(80),
            new RunInput.UnixSocket("/run/s"))
        .forEach(input -> assertThat(RunInput.of(input.word())).isEqualTo(input));
  }
}
