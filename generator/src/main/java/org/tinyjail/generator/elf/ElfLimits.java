package org.tinyjail.generator.elf;

/**
 * What a file may ask of its reader. Each limit is above the largest value measured on a Debian 12
 * with Rust's and CUDA's compilers ({@code libLLVM.so.22.1} of rustc 1.95, 200 MB, is "LLVM"
 * below), unless it has another source.
 */
final class ElfLimits {
  /** Linux refuses longer tables: fs/binfmt_elf.c, load_elf_phdrs(). */
  static final int PROGRAM_HEADERS_BYTES = 65536;

  /** What a file's segments may hold together. LLVM: 175 MB. */
  static final long LOADED_BYTES = 1L << 28;

  /** LLVM: 140,214. 40 bytes each. */
  static final int RELOCATIONS = 1 << 21;

  /** Of one unwinding table: as many as relocations, each of which may make a function known. */
  static final int FUNCTIONS = 1 << 21;

  /** All names of dynamic symbols and libraries together: tails may be shared. LLVM: 2.6 MB. */
  static final long NAMES_BYTES = 1L << 26;

  /** The longest option name. ls 9.1 has one of 39. */
  static final int OPTION_NAME = 64;

  /** Entries of one table of options. tar 1.34: 167. */
  static final int TABLE_ENTRIES = 2048;

  /** Tables of one kind in one file. ld 2.40 for aarch64 has 12 in all. */
  static final int TABLES = 256;

  /** Options of one program. git 2.39: 736. */
  static final int OPTIONS = 4096;

  /** A longer string is passed over. LLVM's longest has 60,852; pages of help about 4,000. */
  static final int STRING_BYTES = 1 << 16;

  /** Strings of one file. LLVM: 251,755; python3.11: 14,404. */
  static final int STRINGS = 1 << 18;

  /** All strings together. LLVM: 5 MB. */
  static final long STRINGS_BYTES = 1L << 26;

  private ElfLimits() {}
}
