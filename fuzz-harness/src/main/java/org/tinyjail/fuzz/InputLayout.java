package org.tinyjail.fuzz;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the bytes of an input are divided: the payload, then which options the command line gets.
 *
 * <p>The choice stands at the end, its length last: an input whose last byte is 0 is all payload,
 * and what the fuzzer changes in the payload does not move the options.
 */
final class InputLayout {
  /** Options added at most. */
  static final int OPTIONS_MAX = 4;

  private static final byte[] PLACE = {'@', '@'};

  private final List<byte[]> words;
  private final List<byte[]> options;

  /**
   * @param words the command line as given
   * @param options what may be added
   * @param input where the input file is seen; put in the place of {@code @@}
   */
  InputLayout(List<byte[]> words, List<byte[]> options, Path input) {
    byte[] path = input.toString().getBytes(StandardCharsets.UTF_8);
    this.words = words.stream().map(word -> replaced(word, path)).toList();
    this.options = options;
  }

  /** Whether a word names the input file. */
  static boolean hasPlace(List<byte[]> words) {
    return words.stream().anyMatch(word -> placeIn(word) >= 0);
  }

  private static int placeIn(byte[] word) {
    for (int i = 0; i + 1 < word.length; i++) {
      if (word[i] == PLACE[0] && word[i + 1] == PLACE[1]) {
        return i;
      }
    }
    return -1;
  }

  private static byte[] replaced(byte[] word, byte[] path) {
    int at = placeIn(word);
    if (at < 0) {
      return word;
    }
    byte[] whole = Arrays.copyOf(word, word.length - PLACE.length + path.length);
    System.arraycopy(path, 0, whole, at, path.length);
    System.arraycopy(
        word, at + PLACE.length, whole, at + path.length, word.length - at - PLACE.length);
    return whole;
  }

  /** The bytes that the target reads. */
  byte[] payload(byte[] input) {
    return Arrays.copyOf(input, input.length - tail(input));
  }

  /** The command line: options follow the name of the program, as given words do them. */
  List<byte[]> command(byte[] input) {
    List<byte[]> command = new ArrayList<>(words.size() + OPTIONS_MAX);
    command.add(words.get(0));
    for (int i = input.length - tail(input); i < input.length - 1; i++) {
      command.add(options.get((input[i] & 0xff) % options.size()));
    }
    command.addAll(words.subList(1, words.size()));
    return command;
  }

  /** How many bytes at the end choose options, their count included. */
  private int tail(byte[] input) {
    if (input.length == 0 || options.isEmpty()) {
      return 0;
    }
    int count = (input[input.length - 1] & 0xff) % (OPTIONS_MAX + 1);
    return Math.min(count + 1, input.length);
  }

  /** An input with this payload and no options. */
  byte[] plain(byte[] payload) {
    return options.isEmpty() ? payload : Arrays.copyOf(payload, payload.length + 1);
  }
}
