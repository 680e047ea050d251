package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Inputs drawn independently of one another, from a corpus that no longer changes: one of its
 * inputs, with a few random changes.
 */
final class FrozenGenerator {
  private static final int COPY_MAX = 16;
  private static final int CHANGES_LOG_MAX = 5;
  private static final int CORPUS_MAX = 1 << 16;

  private final List<byte[]> corpus;
  private final List<byte[]> tokens;
  private final SplittableRandom random;

  /**
   * @param corpus inputs to begin with; none: the empty one
   * @param tokens words that may be put into an input
   */
  FrozenGenerator(List<byte[]> corpus, List<byte[]> tokens, long seed) {
    this.corpus = corpus.isEmpty() ? List.of(new byte[0]) : List.copyOf(corpus);
    this.tokens = List.copyOf(tokens);
    this.random = new SplittableRandom(seed);
  }

  /** The inputs in a directory, in the order of their names. */
  static List<byte[]> corpus(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(Files::isRegularFile).sorted().limit(CORPUS_MAX).toList();
    }
    List<byte[]> inputs = new ArrayList<>();
    for (Path file : files) {
      inputs.add(Files.readAllBytes(file));
    }
    return inputs;
  }

  /** The next input. */
  byte[] next() {
    byte[] input = corpus.get(random.nextInt(corpus.size()));
    int changes = random.nextInt(1 << random.nextInt(CHANGES_LOG_MAX + 1));
    for (int i = 0; i < changes; i++) {
      input = changed(input);
    }
    return input.length > Campaign.INPUT_MAX ? Arrays.copyOf(input, Campaign.INPUT_MAX) : input;
  }

  private byte[] changed(byte[] input) {
    if (input.length == 0) {
      return new byte[] {randomByte()};
    }
    int at = random.nextInt(input.length);
    return switch (random.nextInt(6)) {
      case 0 -> replaced(input, at, 1, new byte[] {(byte) (input[at] ^ 1 << random.nextInt(8))});
      case 1 -> replaced(input, at, 1, new byte[] {randomByte()});
      case 2 -> replaced(input, at, 0, new byte[] {randomByte()});
      case 3 ->
          replaced(input, at, 1 + random.nextInt(Math.min(COPY_MAX, input.length - at)), NONE);
      case 4 ->
          tokens.isEmpty()
              ? input
              : replaced(input, at, 0, tokens.get(random.nextInt(tokens.size())));
      default -> spliced(input, corpus.get(random.nextInt(corpus.size())), at);
    };
  }

  private static final byte[] NONE = {};

  /** The beginning of one and the end of another, which holds the choices. */
  private byte[] spliced(byte[] input, byte[] other, int at) {
    int from = other.length == 0 ? 0 : random.nextInt(other.length);
    return replaced(input, at, input.length - at, Arrays.copyOfRange(other, from, other.length));
  }

  /** {@code by} in the place of {@code length} bytes. */
  static byte[] replaced(byte[] input, int at, int length, byte[] by) {
    byte[] output = new byte[input.length - length + by.length];
    System.arraycopy(input, 0, output, 0, at);
    System.arraycopy(by, 0, output, at, by.length);
    System.arraycopy(input, at + length, output, at + by.length, input.length - at - length);
    return output;
  }

  private byte randomByte() {
    return (byte) random.nextInt();
  }
}
