package org.tinyjail.agent;

import org.jspecify.annotations.Nullable;

/** The agent cannot do its work: the message says what was found and what to do. */
public final class AgentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public AgentException(String message) {
    this(message, null);
  }

  public AgentException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
