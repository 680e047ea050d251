package org.tinyjail.audit.source;

import java.io.IOException;

/** The kernel does not give its records. */
public final class AuditException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  AuditException(String message, int errno) {
    super(message + ": errno " + errno);
    this.errno = errno;
  }

  /** Why, as {@code errno(3)} numbers it. */
  public int errno() {
    return errno;
  }
}
