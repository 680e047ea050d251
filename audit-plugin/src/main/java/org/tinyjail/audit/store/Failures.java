package org.tinyjail.audit.store;

import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.EvidenceException;

/** Makes the one-line messages of the store: where, what was found, what to do. */
final class Failures {
  /** What to do about a damaged database. */
  static final String DAMAGED =
      "; nothing was removed: put a copy of the database back, or rename it (mv) to begin a new one";

  /** H2's error code for a database whose content cannot be. */
  private static final int FILE_CORRUPTED = 90030;

  private Failures() {}

  static EvidenceException refused(Path where, String found, String advice) {
    return new EvidenceException(
        "evidence store " + where + ": " + found + "; " + advice, /* cause= */ null);
  }

  /** A failure below us; a full disk is told apart from the rest. */
  static EvidenceException failed(Path where, String doing, Throwable cause) {
    String found = doing + " failed: " + reason(cause);
    if (isDiskFull(cause)) {
      found = doing + " failed, the disk is full; free some space and try again";
    } else if (cause instanceof SQLException e && e.getErrorCode() == FILE_CORRUPTED) {
      found += DAMAGED;
    }
    return new EvidenceException("evidence store " + where + ": " + found, cause);
  }

  static boolean isDiskFull(@Nullable Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
      if (message.contains("no space left on device") || message.contains("quota exceeded")) {
        return true;
      }
    }
    return false;
  }

  /** The first line of what {@code cause} says, without the SQL that H2 appends. */
  static String reason(Throwable cause) {
    if (cause instanceof AccessDeniedException e) {
      return "permission denied: " + e.getFile();
    }
    String message = cause.getMessage();
    if (message == null) {
      return cause.getClass().getSimpleName();
    }
    String first = message.lines().findFirst().orElse("").strip();
    int statement = first.indexOf("; SQL statement:");
    return statement < 0 ? first : first.substring(0, statement);
  }
}
