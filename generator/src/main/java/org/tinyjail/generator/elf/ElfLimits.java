package org.tinyjail.generator.elf;

/**
 * What a file may ask of its reader. Each limit is several times the largest value measured, on a
 * Debian 12 with Rust's and CUDA's compilers ({@code libLLVM.so.22.1} of rustc 1.95, 200 MB, is
 * "LLVM" below), unless it has another source.
 */
final class ElfLimits {
  /** Linux refuses longer tables: fs/binfmt_elf.c, load_elf_phdrs(). */
  static final int PROGRAM_HEADERS_BYTES = 65536;

  /** What a file's segments may hold together. LLVM: 180 MB. */
  static final long LOADED_BYTES = 1L << 28;

  /** LLVM: 140,171. 40 bytes each. */
  static final int RELOCATIONS = 1 << 21;

  /** All names of dynamic symbols and libraries together: tails may be shared. LLVM: 4 MB. */
  static final long NAMES_BYTES = 1L << 26;

  /** The longest option name. Longest of coreutils' 9.1: 25; glibc's help cuts none shorter. */
  static final int OPTION_NAME = 64;

  /** Entries of one table of options; tar 1.34 has 170. */
  static final int TABLE_ENTRIES = 2048;

  /** Options of one program; curl 7.88.1 has 250. */
  static final int OPTIONS = 4096;

  /** A longer string is passed over. A page of help in one string: git's longest has 4 KB. */
  static final int STRING_BYTES = 1 << 16;

  /** Strings of one program. python3.11: 40,000. */
  static final int STRINGS = 1 << 18;

  /** All strings together. python3.11: 1.5 MB. */
  static final long STRINGS_BYTES = 1L << 26;

  private ElfLimits() {}
}
