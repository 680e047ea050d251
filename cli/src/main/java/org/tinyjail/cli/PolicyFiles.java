package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.Why;
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.generator.oci.OciSeccompJson;

/** A policy and its reasons as files. */
final class PolicyFiles {
  private PolicyFiles() {}

  /** Replaces {@code file} and, before it, the file of reasons beside. */
  static void write(Path file, GeneratedPolicy generated) throws IOException {
    AtomicFile.write(WhyJson.pathFor(file), WhyJson.write(Why.of(generated)));
    AtomicFile.write(file, OciSeccompJson.write(generated.policy()));
  }
}
