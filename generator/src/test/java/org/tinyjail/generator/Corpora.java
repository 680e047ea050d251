package org.tinyjail.generator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Files under {@code corpora/}, and the switch that rewrites what tests expect. */
public final class Corpora {
  private static final boolean REWRITE = Boolean.getBoolean("golden.rewrite");

  private Corpora() {}

  /** The files of a directory under {@code corpora/}, sorted. */
  public static List<Path> files(String directory) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", "corpora").resolve(directory))) {
      return files.sorted().toList();
    }
  }

  /** Compares with an expected file; with {@code -Dgolden.rewrite=true} writes it instead. */
  public static void assertGolden(Path expected, byte[] actual) throws IOException {
    if (REWRITE) {
      Files.write(expected, actual);
    }
    assertThat(expected).as("expected by a golden input; -Dgolden.rewrite=true writes it").exists();
    assertThat(new String(actual, java.nio.charset.StandardCharsets.UTF_8))
        .as(expected.toString())
        .isEqualTo(Files.readString(expected));
  }
}
