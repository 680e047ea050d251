package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;

/**
 * A policy and its reasons, ready to be written.
 *
 * @param generated the policy
 * @param why its reasons
 */
record PolicyFiles(GeneratedPolicy generated, WhyJson why) {
  /** The policy for all evidence of {@code profile}. */
  static PolicyFiles of(
      EvidenceStore store, String profile, PolicyOptions options, Context context) {
    List<Observation> observations = store.observations(profile);
    boolean exact = store.runs(java.util.Optional.of(profile)).stream().allMatch(Run::exact);
    GeneratedPolicy generated = options.generate(observations);
    WhyJson why =
        new WhyJson(
            profile,
            context.clock().instant(),
            exact,
            generated.reasons().stream()
                .map(reason -> WhyJson.Entry.of(reason, Rules.show(reason.rule())))
                .collect(Collectors.toList()),
            generated.widened());
    return new PolicyFiles(generated, why);
  }

  /** Replaces {@code file} and, before it, the file of reasons beside. */
  void write(Path file) throws IOException {
    AtomicFile.write(WhyJson.beside(file), why.toBytes());
    AtomicFile.write(file, OciSeccompJson.write(generated.policy()));
  }
}
