package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusReductionTest {
  @TempDir Path corpus;

  @BeforeEach
  void fill() throws IOException {
    for (String input : List.of("a", "ab", "bab", "c", "cab")) {
      Files.writeString(corpus.resolve("of-" + input), input);
    }
  }

  private List<String> kept() throws IOException {
    return FrozenGenerator.corpus(corpus).stream()
        .map(input -> new String(input, StandardCharsets.US_ASCII))
        .toList();
  }

  /** An input shows its letters. */
  private static int[] letters(byte[] input) {
    return new String(input, StandardCharsets.US_ASCII).chars().toArray();
  }

  @Test
  void whatSmallerInputsShowIsRemoved() throws IOException {
    CorpusReduction.reduce(corpus, CorpusReductionTest::letters, () -> true);
    assertThat(kept()).containsExactly("a", "ab", "c");
  }

  @Test
  void anEndInTheMiddleLosesNothing() throws IOException {
    int[] left = {3};
    CorpusReduction.reduce(corpus, CorpusReductionTest::letters, () -> left[0]-- > 0);
    assertThat(String.join("", kept())).contains("a", "b", "c");
    assertThat(kept()).hasSize(5);
  }
}
