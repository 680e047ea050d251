package org.tinyjail.generator.elf;

import java.io.IOException;
import org.tinyjail.model.Escape;

/**
 * A file that is no ELF program or library, or a damaged one.
 *
 * <p>The message is one line, {@code file: byte N: found; wanted}, fit to be shown as it is:
 * control characters are escaped.
 */
public final class ElfException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;

  ElfException(String file, long offset, String problem) {
    super(Escape.display(file) + ": byte " + offset + ": " + problem);
    this.file = file;
    this.offset = offset;
  }

  /** The name of the file, as given. */
  public String file() {
    return file;
  }

  /** Where in the file the fault shows, in bytes from 0. */
  public long offset() {
    return offset;
  }
}
