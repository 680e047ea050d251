package org.tinyjail.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.tinyjail.agent.RunInput;

/**
 * The input files that a command line names: {@code @@1}, {@code @@2} and so on, {@code @@} being
 * the first of them.
 *
 * <p>Where there are several, {@link RunInput.InFiles} divides a payload at lines of {@code @@}
 * alone. What is changed in one part moves nothing in the others, the fuzzer has the divider among
 * its words, and people can write such files.
 */
final class InputFiles {
  /** Where they are seen, in memory of each server. */
  static final Path DIRECTORY = Path.of("/run");

  private static final Pattern PLACE = Pattern.compile("@@([0-9]*)");

  private InputFiles() {}

  /**
   * How many files the words name; 0: none.
   *
   * @throws IllegalArgumentException if they name one that cannot be, or leave one out
   */
  static int count(List<byte[]> words) {
    SortedSet<Integer> named = new TreeSet<>();
    for (byte[] word : words) {
      Matcher place = PLACE.matcher(text(word));
      while (place.find()) {
        named.add(number(place));
      }
    }
    for (int number = 1; number <= named.size(); number++) {
      if (!named.contains(number)) {
        throw new IllegalArgumentException(
            "the command line names @@" + named.last() + " but not @@" + number);
      }
    }
    return named.size();
  }

  private static int number(MatchResult place) {
    String digits = place.group(1);
    if (!digits.isEmpty() && !digits.matches("[1-" + RunInput.InFiles.MOST + "]")) {
      throw new IllegalArgumentException(
          "an input file is @@ or one of @@1 to @@"
              + RunInput.InFiles.MOST
              + ", was "
              + place.group());
    }
    return digits.isEmpty() ? 1 : Integer.parseInt(digits);
  }

  /** The word with the paths of the files that it names. */
  static byte[] named(byte[] word, List<Path> files) {
    String named =
        PLACE
            .matcher(text(word))
            .replaceAll(
                place -> Matcher.quoteReplacement(text(bytes(files.get(number(place) - 1)))));
    return named.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The opposite: with {@code @@1} and so on in the place of paths. */
  static byte[] unnamed(byte[] word, List<Path> files) {
    String text = text(word);
    for (int number = files.size(); number > 0; number--) { // one path may begin another
      text = text.replace(text(bytes(files.get(number - 1))), "@@" + number);
    }
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Where the parts of a payload that is kept lie beside it, or the one that it is itself. */
  static List<Path> kept(Path payload, int count) {
    return count == 1
        ? List.of(payload)
        : IntStream.rangeClosed(1, count)
            .mapToObj(number -> payload.resolveSibling(payload.getFileName() + "." + number))
            .toList();
  }

  /** The paths of the first {@code count}. */
  static List<Path> in(Path directory, int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(number -> directory.resolve(number == 1 ? "input" : "input" + number))
        .toList();
  }

  /** The payloads to begin with: those that are not divided yet serve for each of the files. */
  static List<byte[]> spread(List<byte[]> payloads, RunInput input) {
    if (!(input instanceof RunInput.InFiles files) || files.paths().size() == 1) {
      return payloads;
    }
    int count = files.paths().size();
    List<byte[]> spread = new ArrayList<>();
    for (int i = 0; i < payloads.size(); i++) {
      byte[] payload = payloads.get(i);
      if (files.parts(payload).size() > 1) {
        spread.add(payload);
        continue;
      }
      spread.add(joined(Collections.nCopies(count, payload)));
      List<byte[]> different = new ArrayList<>(Collections.nCopies(count, payload));
      different.set(count - 1, payloads.get((i + 1) % payloads.size()));
      spread.add(joined(different));
    }
    return spread;
  }

  private static byte[] joined(List<byte[]> parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (int i = 0; i < parts.size(); i++) {
      joined.writeBytes(i == 0 ? new byte[0] : RunInput.InFiles.DIVIDER);
      joined.writeBytes(parts.get(i));
    }
    return joined.toByteArray();
  }

  private static byte[] bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** A character for each byte. */
  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
