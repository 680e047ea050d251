package org.tinyjail.agent;

import org.tinyjail.model.Action;

/** Decides what becomes of the calls of a target. */
public interface Decider extends AutoCloseable {
  /**
   * The answer to {@code notification}, which is valid until this returns. Called by one thread,
   * the listener's: while it takes, no other call of the target is answered.
   *
   * <p>An exception ends the session without an answer; the launcher then answers by the policy.
   */
  Verdict decide(Notification notification);

  /**
   * The jail itself refuses {@code notification} by {@code action}, whatever would be decided: for
   * the record only. By default nothing happens.
   */
  default void refused(Notification notification, Action action) {}

  /** The target has ended: no more calls. By default nothing happens. */
  @Override
  default void close() {}
}
