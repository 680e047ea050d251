package org.tinyjail.generator.bpf;

import java.util.Locale;
import org.tinyjail.model.BpfProgram;

/** A policy whose filter has more instructions than the kernel takes. */
public final class FilterTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int instructions;

  FilterTooLargeException(int instructions) {
    super(
        String.format(
            Locale.ROOT,
            "the policy's filter has %,d instructions; the kernel takes at most %,d. Limit fewer"
                + " calls by their arguments, or to fewer values",
            instructions,
            BpfProgram.MAX_INSTRUCTIONS));
    this.instructions = instructions;
  }

  /** How many instructions the filter would have. */
  public int instructions() {
    return instructions;
  }
}
