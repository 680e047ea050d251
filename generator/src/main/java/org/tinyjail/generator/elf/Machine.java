package org.tinyjail.generator.elf;

import java.util.List;

/**
 * A processor ({@code e_machine}) with its numbers for the kinds of relocation. Source: glibc's
 * elf.h.
 */
public enum Machine {
  X86_64(62, 8, 1, 6, 7, 5, 37),
  I386(3, 8, 1, 6, 7, 5, 42),
  AARCH64(183, 1027, 257, 1025, 1026, 1024, 1032),
  ARM(40, 23, 2, 21, 22, 20, 160),
  RISCV(243, 3, 2, -1, 5, 4, 58),
  PPC64(21, 22, 38, 20, 21, 19, 248),
  S390(22, 12, 22, 10, 11, 9, 61),
  LOONGARCH(258, 3, 2, -1, 5, 4, 12),
  /** Any other: all its relocations are {@link Relocation.Kind#OTHER}. */
  OTHER(-1, -1, -1, -1, -1, -1, -1);

  private static final List<Machine> VALUES = List.of(values());

  private final int number;

  @SuppressWarnings("ImmutableEnumChecker") // never written
  private final int[] types;

  /**
   * @param types in the order of {@link Relocation.Kind}
   */
  Machine(int number, int... types) {
    this.number = number;
    this.types = types;
  }

  static Machine of(int number) {
    return VALUES.stream().filter(m -> m.number == number).findFirst().orElse(OTHER);
  }

  Relocation.Kind kind(int type) {
    for (int i = 0; i < types.length; i++) {
      if (types[i] == type) {
        return Relocation.Kind.VALUES.get(i);
      }
    }
    return Relocation.Kind.OTHER;
  }
}
