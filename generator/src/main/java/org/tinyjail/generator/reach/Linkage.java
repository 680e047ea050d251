package org.tinyjail.generator.reach;

import java.util.List;
import java.util.Optional;
import org.tinyjail.generator.elf.DynamicSection;
import org.tinyjail.generator.elf.ElfException;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.elf.Machine;

/**
 * What the dynamic linker looks at to find what else is wanted.
 *
 * @param machine the processor
 * @param wordSize bytes of an address: 8 or 4
 * @param interpreter the dynamic linker that it names; empty: none
 * @param name that others know it by; empty if it has none
 * @param needed names of the libraries wanted, in order
 * @param runPath where those are looked for
 * @param oldRunPath the same, inherited by the libraries found there
 * @param usesDefaults whether they are looked for in the usual directories too
 */
record Linkage(
    Machine machine,
    int wordSize,
    String interpreter,
    String name,
    List<String> needed,
    String runPath,
    String oldRunPath,
    boolean usesDefaults) {
  private static final long DT_FLAGS_1 = 0x6ffffffbL;
  private static final long NO_DEFAULT_DIRECTORIES = 0x800;

  Linkage {
    needed = List.copyOf(needed);
  }

  static Linkage of(ElfFile file, Optional<DynamicSection> dynamic) throws ElfException {
    String interpreter = file.interpreter().orElse("");
    if (dynamic.isEmpty()) {
      return new Linkage(file.machine(), file.wordSize(), interpreter, "", List.of(), "", "", true);
    }
    DynamicSection section = dynamic.get();
    long flags = section.entry(DT_FLAGS_1).orElse(0L);
    return new Linkage(
        file.machine(),
        file.wordSize(),
        interpreter,
        section.name(),
        section.needed(),
        section.runPath(),
        section.oldRunPath(),
        (flags & NO_DEFAULT_DIRECTORIES) == 0);
  }

  /** Whether it has addresses of 64 bits and instructions that are understood here. */
  boolean isAnalysed() {
    return machine == Machine.X86_64 && wordSize == Long.BYTES;
  }
}
