package org.tinyjail.model;

import java.util.List;

/**
 * Evidence that was written down while nobody had the store open. The store takes it in before it
 * answers questions; it does not know the form in which it lies there.
 */
public interface EvidenceInbox {
  /** Nothing waits. */
  EvidenceInbox EMPTY = List::of;

  /**
   * What waits, the oldest first; also what a writer still adds to.
   *
   * @throws EvidenceException if that cannot be told
   */
  List<Pending> pending();

  /** The evidence of one run, on its way into the store. */
  interface Pending {
    /** What messages call it: a path. */
    String name();

    /**
     * All that has been written so far.
     *
     * @throws EvidenceException if it is not what a writer writes: it is then set aside
     * @throws java.io.UncheckedIOException if it cannot be read now: it stays for the next time
     */
    Contents read();

    /** Removes it. Called once its contents are safe, and only if they were {@code complete}. */
    void discard();

    /**
     * Keeps it under another name, so that it is no longer pending; returns the new name.
     *
     * @throws java.io.UncheckedIOException if that fails
     */
    String setAside();
  }

  /**
   * What was read.
   *
   * @param run whose evidence it is
   * @param observations what it needed
   * @param denials what it was denied
   * @param complete whether the writer had ended before the reading began, so that nothing follows
   */
  record Contents(Run run, List<Observation> observations, List<Denial> denials, boolean complete) {
    public Contents {
      observations = List.copyOf(observations);
      denials = List.copyOf(denials);
    }
  }
}
