package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Constants;

/** Registers as a person reads them, by the types of {@code syscall-args.tsv}. */
final class Numbers {
  private static final long INT = 0xffffffffL;
  private static final int SIGRTMIN = 32;
  private static final int SIGRTMAX = 64;

  private Numbers() {}

  /** {@code value} by its type; pointers of every kind as addresses. */
  static String format(String type, String detail, long value, Arch arch) {
    return switch (type) {
      case "fd", "dirfd", "int", "pid", "key" -> Integer.toString((int) value);
      case "uint" -> Integer.toUnsignedString((int) value);
      case "uid", "gid" -> (int) value == -1 ? "-1" : Integer.toUnsignedString((int) value);
      case "long", "off" -> signed(value, arch);
      case "ulong", "size" -> unsigned(value);
      case "mode" -> octal((int) value);
      case "dev" -> device((int) value);
      case "signal" -> signal((int) value);
      case "arg" -> hex(value);
      case "flags" -> flags(detail, value);
      case "enum" -> named(detail, value);
      case "enum+flags" -> mixed(detail, value);
      default -> value == 0 ? "NULL" : hex(value);
    };
  }

  /** In hexadecimal, unsigned. */
  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  /** One constant of {@code set}, or the number. */
  static String named(String set, long value) {
    Map<String, Long> names = Constants.set(set);
    long masked = value & mask(names);
    return names.entrySet().stream()
        .filter(entry -> (entry.getValue() & mask(names)) == masked)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseGet(() -> plain(masked));
  }

  /** Constants of {@code set} joined by {@code |}, bits without a name in hexadecimal. */
  static String flags(String set, long value) {
    Map<String, Long> names = Constants.set(set);
    long masked = value & mask(names);
    if (masked == 0) {
      return Constants.name(set, 0).orElse("0");
    }
    List<String> parts = new ArrayList<>();
    long rest = takeAway(names, masked, parts);
    if (rest != 0) {
      parts.add(hex(rest));
    }
    return String.join("|", parts);
  }

  /** One constant of the set before the {@code +}, and any of the set behind it. */
  private static String mixed(String sets, long value) {
    int plus = sets.indexOf('+');
    String one = sets.substring(0, plus);
    Optional<String> exact = Constants.name(one, value & INT);
    if (exact.isPresent()) {
      return exact.get();
    }
    Map<String, Long> flags = Constants.set(sets.substring(plus + 1));
    List<String> parts = new ArrayList<>();
    long rest = takeAway(flags, value & mask(flags), parts);
    if (rest != 0 || parts.isEmpty() || Constants.name(one, 0).isPresent()) {
      parts.add(0, one.equals("signal") ? signal((int) rest) : oneOf(one, rest));
    }
    return String.join("|", parts);
  }

  /** A constant of {@code set}, and bits that none of them has beside it. */
  private static String oneOf(String set, long value) {
    long bits = Constants.set(set).values().stream().reduce(0L, (a, b) -> a | b);
    Optional<String> name = Constants.name(set, value & bits);
    if (name.isEmpty()) {
      return value == 0 ? "0" : hex(value);
    }
    return (value & ~bits) == 0 ? name.get() : name.get() + "|" + hex(value & ~bits);
  }

  /** Adds the names found in {@code value}, in the order of the table; what is left. */
  private static long takeAway(Map<String, Long> names, long value, List<String> found) {
    long rest = value;
    for (Map.Entry<String, Long> entry : names.entrySet()) {
      long bits = entry.getValue();
      if (bits != 0 && (rest & bits) == bits) {
        found.add(entry.getKey());
        rest &= ~bits;
      }
    }
    return rest;
  }

  /** The kernel looks at 32 bits of an argument, unless a constant has more. */
  private static long mask(Map<String, Long> names) {
    boolean wide = names.values().stream().anyMatch(v -> (v >>> 32) != 0 && (v >> 31) != -1);
    return wide ? -1 : INT;
  }

  /** Small numbers in decimal, others in hexadecimal. */
  private static String plain(long value) {
    return value >= 0 && value < 1024 ? Long.toString(value) : hex(value);
  }

  private static String signed(long value, Arch arch) {
    return Long.toString(PointerTable.pointerSize(arch) == 4 ? (int) value : value);
  }

  private static String unsigned(long value) {
    return value < 0 ? hex(value) : Long.toString(value);
  }

  private static String octal(int mode) {
    return mode == 0 ? "0" : "0" + Integer.toOctalString(mode);
  }

  private static String device(int device) {
    int major = (device >>> 8) & 0xfff;
    int minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
    return "makedev(" + major + ", " + minor + ")";
  }

  private static String signal(int number) {
    return Constants.name("signal", number)
        .orElseGet(
            () ->
                number > SIGRTMIN && number < SIGRTMAX
                    ? "SIGRTMIN+" + (number - SIGRTMIN)
                    : Integer.toString(number));
  }
}
