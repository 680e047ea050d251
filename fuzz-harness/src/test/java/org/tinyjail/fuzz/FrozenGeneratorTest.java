package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FrozenGeneratorTest {
  private static final List<byte[]> CORPUS =
      List.of(
          "first".getBytes(StandardCharsets.US_ASCII),
          "second one".getBytes(StandardCharsets.US_ASCII));
  private static final List<byte[]> TOKENS = List.of("TOKEN".getBytes(StandardCharsets.US_ASCII));

  private static List<String> inputs(List<byte[]> corpus, long seed, int count) {
    FrozenGenerator generator = new FrozenGenerator(corpus, TOKENS, seed);
    List<String> inputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      inputs.add(new String(generator.next(), StandardCharsets.ISO_8859_1));
    }
    return inputs;
  }

  @Test
  void inputsAreThoseOfTheCorpusAndManyOthers() {
    Set<String> inputs = new HashSet<>(inputs(CORPUS, 1, 2000));
    assertThat(inputs).contains("first", "second one").hasSizeGreaterThan(1000);
    assertThat(inputs).anyMatch(input -> input.contains("TOKEN"));
    assertThat(inputs).anyMatch(input -> input.startsWith("fi") && input.endsWith("one"));
  }

  @Test
  void theSameSeedGivesTheSameInputs() {
    assertThat(inputs(CORPUS, 7, 50)).isEqualTo(inputs(CORPUS, 7, 50));
    assertThat(inputs(CORPUS, 7, 50)).isNotEqualTo(inputs(CORPUS, 8, 50));
  }

  @Test
  void anEmptyCorpusIsNoHindrance() {
    assertThat(inputs(List.of(), 1, 500)).contains("").anyMatch(input -> input.length() > 2);
  }
}
