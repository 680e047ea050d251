package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.json.PolicyNames;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.Why;
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.generator.merge.Widened;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.UnseenChance;

/** A policy and its reasons as files. */
final class PolicyFiles {
  private PolicyFiles() {}

  /**
   * Replaces {@code file} and, before it, the file of reasons beside.
   *
   * @param profile the program whose policy it is
   * @param unseen what a fuzzer has measured of it
   * @param logs how complete the logs are that it is made of
   * @return the arguments that are open now and were not before
   */
  static List<Widened> write(
      Path file,
      String profile,
      GeneratedPolicy generated,
      Optional<UnseenChance> unseen,
      List<String> logs)
      throws IOException {
    Path reasons = PolicyNames.reasonsOf(file);
    List<Widened> added = Widenings.added(widened(reasons), generated.widened());
    AtomicFile.write(reasons, WhyJson.write(Why.of(profile, generated, unseen, logs)));
    AtomicFile.write(file, OciSeccompJson.write(generated.policy()));
    return added;
  }

  /** What the file of reasons that is to be replaced leaves open; nothing if there is none. */
  private static List<Widened> widened(Path reasons) throws IOException {
    try {
      return Files.isRegularFile(reasons) ? WhyJson.read(reasons).widened() : List.of();
    } catch (PolicyFormatException e) {
      return List.of(); // of another version, or damaged: it is replaced
    }
  }
}
