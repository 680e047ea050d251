package org.tinyjail.generator.elf;

/**
 * A dynamic symbol.
 *
 * @param name as in the file, without a version
 * @param address {@code st_value}, before the load bias
 * @param size in bytes; 0 if unknown
 * @param info {@code st_info}: type and binding
 * @param section {@code st_shndx}; 0 if it is another file's
 */
public record Symbol(String name, long address, long size, int info, int section) {
  /** Whether the symbol is wanted from another file. */
  public boolean isImported() {
    return section == 0 && !name.isEmpty();
  }
}
