package org.tinyjail.agent;

import java.io.IOException;

/** A file is not a spool, or is not ours to trust; the message says why. */
public final class SpoolException extends IOException {
  private static final long serialVersionUID = 1L;

  public SpoolException(String message) {
    super(message);
  }
}
