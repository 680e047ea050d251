package org.tinyjail.generator.elf;

import java.util.List;

/**
 * A word that the dynamic linker fills in.
 *
 * @param address of the word, before the load bias
 * @param kind what is filled in
 * @param type the processor's own number for it; 0 for packed ones (RELR)
 * @param symbol index into {@link DynamicSection#symbols}; 0 for none
 * @param addend what is added; for {@link Kind#RELATIVE} the address pointed at
 */
public record Relocation(long address, Kind kind, int type, int symbol, long addend) {
  /** What is filled in, by whatever number the processor has for it. */
  public enum Kind {
    /** The load bias and the addend. */
    RELATIVE,
    /** The symbol's address and the addend. */
    ABSOLUTE,
    /** The symbol's address, for the global offset table. */
    GLOB_DAT,
    /** The symbol's address, for the procedure linkage table. */
    JUMP_SLOT,
    /** The bytes of a library's variable, copied. */
    COPY,
    /** What the function at the addend returns. */
    IRELATIVE,
    /** Any other, such as those of thread-local storage. */
    OTHER;

    static final List<Kind> VALUES = List.of(values());
  }
}
