package org.tinyjail.model;

import java.util.Locale;
import java.util.Optional;

/**
 * A system call ABI, as the OCI runtime specification names them.
 *
 * <p>{@code seccomp_data.arch} carries {@link #auditValue()}; x32 shares x86-64's value and is told
 * apart by {@link #X32_BIT} in the number. Source: linux/audit.h, OCI runtime-spec config-linux.md.
 */
public enum Arch {
  X86_64(0xC000003E, "x86_64"),
  X86(0x40000003, "x86"),
  X32(0xC000003E, "x32"),
  AARCH64(0xC00000B7, "aarch64"),
  ARM(0x40000028),
  MIPS(0x00000008),
  MIPS64(0x80000008),
  MIPS64N32(0xA0000008),
  MIPSEL(0x40000008),
  MIPSEL64(0xC0000008),
  MIPSEL64N32(0xE0000008),
  PPC(0x00000014),
  PPC64(0x80000015),
  PPC64LE(0xC0000015),
  S390(0x00000016),
  S390X(0x80000016),
  PARISC(0x0000000F),
  PARISC64(0x8000000F),
  RISCV64(0xC00000F3),
  LOONGARCH64(0xC0000102),
  M68K(0x00000004),
  SH(0x4000002A),
  SHEB(0x0000002A);

  /** Set in the number of every x32 system call ({@code __X32_SYSCALL_BIT}). */
  public static final int X32_BIT = 0x40000000;

  private static final Arch[] VALUES = values();

  private final int auditValue;
  private final String scmpName = "SCMP_ARCH_".concat(name());
  private final Optional<String> column;

  Arch(int auditValue) {
    this.auditValue = auditValue;
    this.column = Optional.empty();
  }

  Arch(int auditValue, String column) {
    this.auditValue = auditValue;
    this.column = Optional.of(column);
  }

  /** The {@code AUDIT_ARCH_} value in {@code seccomp_data.arch}. */
  public int auditValue() {
    return auditValue;
  }

  /** The name in OCI profiles and libseccomp, such as {@code SCMP_ARCH_X86_64}. */
  public String scmpName() {
    return scmpName;
  }

  /**
   * Whether its calls take 32-bit arguments ({@code __AUDIT_ARCH_64BIT} is not set).
   *
   * <p>The registers in {@code seccomp_data} may hold more all the same: 64-bit code that calls by
   * {@code int 0x80} shows its full registers to the filter, while the kernel takes the low halves.
   */
  public boolean is32Bit() {
    return auditValue >= 0;
  }

  /** Whether a kernel of this architecture can carry out calls of {@code other}. */
  public boolean runs(Arch other) {
    return switch (this) {
      case X86_64 -> other == X86_64 || other == X86 || other == X32;
      case AARCH64 -> other == AARCH64 || other == ARM;
      default -> other == this;
    };
  }

  /** The lower-case name in reports, such as {@code x86_64}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether {@link SyscallTable} knows the numbers of this architecture. */
  public boolean hasTable() {
    return column.isPresent();
  }

  /** The column of {@code syscalls.tsv}; empty without a table. */
  Optional<String> column() {
    return column;
  }

  /** The architecture whose OCI name is {@code name}; empty if there is none. */
  public static Optional<Arch> ofScmpName(String name) {
    for (Arch arch : VALUES) {
      if (arch.scmpName.equals(name)) {
        return Optional.of(arch);
      }
    }
    return Optional.empty();
  }

  /** The architecture a call was made for; empty for a value that this table does not hold. */
  public static Optional<Arch> of(int auditValue, int number) {
    if (auditValue == X86_64.auditValue) {
      return Optional.of(isX32(number) ? X32 : X86_64);
    }
    for (Arch arch : VALUES) {
      if (arch.auditValue == auditValue) {
        return Optional.of(arch);
      }
    }
    return Optional.empty();
  }

  /**
   * Whether a number made under x86-64's value is one of x32's: from the bit upwards, unsigned; −1
   * is not. Neither ABI has calls above 2³¹; libseccomp counts them to x32 too.
   */
  public static boolean isX32(int number) {
    return number != -1 && Integer.compareUnsigned(number, X32_BIT) >= 0;
  }

  /**
   * The architecture of this machine, from {@code os.arch}.
   *
   * @throws IllegalStateException on a machine whose numbers are not known
   */
  public static Arch current() {
    String name = System.getProperty("os.arch", "");
    return switch (name) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64" -> AARCH64;
      default -> throw new IllegalStateException("no system call table for machine " + name);
    };
  }
}
