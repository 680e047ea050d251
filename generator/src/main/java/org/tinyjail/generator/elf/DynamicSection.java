package org.tinyjail.generator.elf;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the dynamic linker is told by a file.
 *
 * @param name that others know a library by ({@code DT_SONAME}); empty if it has none
 * @param needed names of the libraries wanted, in order
 * @param runPath where those libraries are looked for, parted by colons ({@code DT_RUNPATH}); empty
 *     for nowhere beside the usual
 * @param oldRunPath the same, inherited by the libraries found there ({@code DT_RPATH}); of no
 *     meaning where there is a {@code runPath}
 * @param symbols dynamic symbols by index; those that neither a hash table nor a relocation names
 *     are left out
 * @param relocations packed ones (RELR) first, then those with data, then those of the procedure
 *     linkage table
 * @param entries the values by tag ({@code d_tag}); of a tag given twice the last
 */
public record DynamicSection(
    String name,
    List<String> needed,
    String runPath,
    String oldRunPath,
    List<Symbol> symbols,
    List<Relocation> relocations,
    Map<Long, Long> entries) {

  public DynamicSection {
    needed = List.copyOf(needed);
    symbols = List.copyOf(symbols);
    relocations = List.copyOf(relocations);
    entries = Map.copyOf(entries);
  }

  /** Whether one of these is wanted from another file. */
  public boolean importsAnyOf(String... names) {
    List<String> wanted = List.of(names);
    return symbols.stream().anyMatch(s -> s.isImported() && wanted.contains(s.name()));
  }

  /** Whether one of these is wanted from another file or given to others. */
  public boolean namesAnyOf(String... names) {
    List<String> wanted = List.of(names);
    return symbols.stream().anyMatch(s -> wanted.contains(s.name()));
  }

  /** The value of a tag. */
  public Optional<Long> entry(long tag) {
    return Optional.ofNullable(entries.get(tag));
  }
}
