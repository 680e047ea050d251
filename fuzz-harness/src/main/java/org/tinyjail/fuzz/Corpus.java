package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/** The inputs that a campaign keeps, one file each. */
final class Corpus {
  private Corpus() {}

  /** Whole or not at all, since other jobs may read it at any time. */
  static void keep(Path corpus, byte[] input) throws IOException {
    Path whole = Files.write(Files.createTempFile("kept", ""), input);
    Path place = corpus.resolve(UUID.nameUUIDFromBytes(input).toString());
    Files.move(whole, place, StandardCopyOption.ATOMIC_MOVE);
  }
}
