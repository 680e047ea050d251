package org.tinyjail.generator.json;

import java.io.IOException;
import org.tinyjail.model.Escape;

/**
 * A file that is not what it should be.
 *
 * <p>The message is one line, {@code file:line:column: found; wanted}, fit to be shown as it is:
 * control characters are escaped.
 */
public final class PolicyFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final int line;
  private final int column;

  PolicyFormatException(String file, int line, int column, String problem) {
    super(Escape.display(file) + ":" + line + ":" + column + ": " + problem);
    this.file = file;
    this.line = line;
    this.column = column;
  }

  private PolicyFormatException(String file, String problem) {
    super(Escape.display(file) + ": " + problem);
    this.file = file;
    this.line = 0;
    this.column = 0;
  }

  /** A problem of the file as a whole, such as its size: the message has no line and column. */
  public static PolicyFormatException ofWhole(String file, String problem) {
    return new PolicyFormatException(file, problem);
  }

  /** The name of the file, as given. */
  public String file() {
    return file;
  }

  /** The line, from 1; 0 for a problem of the file as a whole. */
  public int line() {
    return line;
  }

  /** The column in bytes, from 1; 0 for a problem of the file as a whole. */
  public int column() {
    return column;
  }
}
