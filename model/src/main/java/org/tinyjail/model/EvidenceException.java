package org.tinyjail.model;

import org.jspecify.annotations.Nullable;

/** The store cannot be used: the message says what was found, where and what to do. */
public final class EvidenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EvidenceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
