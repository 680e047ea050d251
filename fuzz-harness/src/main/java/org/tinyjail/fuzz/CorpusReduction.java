package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Removes the inputs of a corpus that show nothing beside what smaller ones show. */
final class CorpusReduction {
  private CorpusReduction() {}

  /** What an input shows, as numbers; none if it could not be executed: it is then kept. */
  interface Features {
    int[] of(byte[] input) throws IOException;
  }

  /**
   * Executes each input once, the smallest first. One file is removed at a time, and none before
   * others are known to show the same: an end in the middle loses nothing.
   *
   * @param goesOn asked before each input
   */
  static void reduce(Path corpus, Features features, BooleanSupplier goesOn) throws IOException {
    Set<Integer> shown = new HashSet<>();
    for (Path file : bySize(corpus)) {
      if (!goesOn.getAsBoolean()) {
        return;
      }
      int[] seen = features.of(Files.readAllBytes(file));
      boolean adds = seen.length == 0;
      for (int feature : seen) {
        adds |= shown.add(feature);
      }
      if (!adds) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static List<Path> bySize(Path corpus) throws IOException {
    try (Stream<Path> files = Files.list(corpus)) {
      return files
          .filter(Files::isRegularFile)
          .sorted(Comparator.comparingLong(CorpusReduction::size).thenComparing(file -> file))
          .toList();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // removed meanwhile: then reading it says so
    }
  }
}
