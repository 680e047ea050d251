package org.tinyjail.audit.record;

/** A line is no audit record, or a damaged one. */
public final class RecordException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int at;

  /**
   * @param at index in the bytes that were given
   * @param problem what was found there, and what was wanted
   */
  RecordException(int at, String problem) {
    super(
        problem,
        /* cause= */ null,
        /* enableSuppression= */ false,
        /* writableStackTrace= */ false);
    this.at = at;
  }

  /** Where, as an index in the bytes that were given. */
  public int at() {
    return at;
  }
}
