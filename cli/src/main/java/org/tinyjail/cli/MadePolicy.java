package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.Widened;
import org.tinyjail.model.Observation;

/**
 * A policy that was made of what is known of a program, and written with its reasons.
 *
 * @param evidence what it was made of: what was seen and, as the mode says, what is possible
 * @param generated the policy and its reasons
 * @param widened arguments that are left open since this time
 */
record MadePolicy(List<Observation> evidence, GeneratedPolicy generated, List<Widened> widened) {
  /** Makes and writes it as the options of the command line say. */
  static MadePolicy write(
      Path out,
      String profile,
      KnownEvidence known,
      PolicyOptions options,
      CommandLine line,
      Context context,
      Consumer<String> say)
      throws CommandException, IOException {
    List<Observation> evidence =
        StaticEvidence.with(known.seen(), known.loaded(), options, context, say);
    GeneratedPolicy generated = Runtimes.addIfNamed(line, options.generate(evidence), say);
    List<Widened> widened =
        PolicyFiles.write(out, profile, generated, known.unseen(), known.notes());
    known.notes().forEach(say);
    return new MadePolicy(evidence, generated, widened);
  }

  /** Writes one for each executable too, if that is wanted. */
  void writeForExecutables(Path out, PolicyOptions options, CommandLine line, Consumer<String> say)
      throws IOException {
    if (line.hasOption(ExecutablePolicies.OPTION)) {
      ExecutablePolicies.write(out, evidence, options, say);
    }
  }
}
