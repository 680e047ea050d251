package org.tinyjail.audit.log;

import java.util.List;
import java.util.function.Function;
import org.tinyjail.model.RunEvidence;

/**
 * A session, and what has changed in it since it was last written.
 *
 * @param session all of it
 * @param runs its programs whose evidence has changed, each as a run
 * @param blocks blocks of serial numbers that have changed
 */
public record LogEvidence(LogSession session, List<RunEvidence> runs, List<SerialBlock> blocks) {
  public LogEvidence {
    runs = List.copyOf(runs);
    blocks = List.copyOf(blocks);
  }

  /** With the build ids of executables, where they are of this host. */
  LogEvidence withBuildIds(Function<String, String> buildIds) {
    return session.host().isEmpty()
        ? new LogEvidence(
            session,
            runs.stream()
                .map(
                    one ->
                        new RunEvidence(
                            one.run().withBuildId(buildIds.apply(one.run().executable())),
                            one.observations(),
                            one.denials()))
                .toList(),
            blocks)
        : this;
  }
}
