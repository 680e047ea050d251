package org.tinyjail.agent;

/** The launcher has ended before its target was started: an interrupt has reached it. */
public final class LauncherGoneException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LauncherGoneException(Throwable cause) {
    super("the launcher has ended", cause);
  }
}
