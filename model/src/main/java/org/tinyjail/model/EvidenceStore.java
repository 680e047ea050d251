package org.tinyjail.model;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keeps evidence and answers questions about it. Open for moments only: whoever has it open keeps
 * everybody else out. Every method throws {@link EvidenceException} if the store fails.
 */
public interface EvidenceStore extends EvidenceSink, AutoCloseable {
  /** All runs, the newest first; of one profile if given. */
  List<Run> runs(Optional<String> profile);

  /** All that is known from one run; empty if there is none with this id. */
  Optional<RunEvidence> evidence(String runId);

  /**
   * Takes many runs: all that {@code runs} hands over or, if one cannot be kept or {@code runs}
   * throws, none.
   *
   * @param runs hands runs to the sink it is given, which it may use only meanwhile
   */
  void acceptAll(Consumer<EvidenceSink> runs);

  /** The profiles that have evidence, sorted. */
  List<String> profiles();

  /** Removes a run and its evidence; false if there is none with this id. */
  boolean forget(String runId);

  /** The evidence for a profile over all its runs, counts added up. */
  List<Observation> observations(String profile);

  /** The denials that match, grouped over runs, the most frequent first. */
  List<ReviewItem> denials(DenialQuery query);

  /** Marks denials as decided; ids that do not exist are returned. */
  List<Long> decide(Collection<Long> ids, Decision decision);

  @Override
  void close();

  /** What a person has decided about a denial. */
  enum Decision {
    OPEN,
    ALLOWED,
    DENIED
  }

  /**
   * Which denials are asked for.
   *
   * @param program part of the profile's or the executable's path; empty for all
   * @param since not before
   * @param decided whether those already decided are wanted too
   */
  record DenialQuery(Optional<String> program, Optional<Instant> since, boolean decided) {}

  /**
   * Equal denials over all runs of a profile.
   *
   * @param id stable while the store lives
   * @param profile whose policy denied
   * @param denial count, first and last over all runs
   * @param decision what was decided
   */
  record ReviewItem(long id, String profile, Denial denial, Decision decision) {}
}
