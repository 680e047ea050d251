package org.tinyjail.generator.bpf;

import java.util.Locale;
import org.tinyjail.model.BpfProgram;

/** A policy whose filter has more instructions than the kernel takes. */
public final class FilterTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int instructions;

  private FilterTooLargeException(String count, int instructions) {
    super(
        String.format(
            Locale.ROOT,
            "the policy's filter needs %s%,d instructions; the kernel takes at most %,d. Limit"
                + " fewer calls by their arguments, or to fewer values",
            count,
            instructions,
            BpfProgram.MAX_INSTRUCTIONS));
    this.instructions = instructions;
  }

  static FilterTooLargeException of(int instructions) {
    return new FilterTooLargeException("", instructions);
  }

  /** For a filter that was not laid out to its end. */
  static FilterTooLargeException ofAtLeast(int instructions) {
    return new FilterTooLargeException("at least ", instructions);
  }

  /** How many instructions the filter would have, at least. */
  public int instructions() {
    return instructions;
  }
}
