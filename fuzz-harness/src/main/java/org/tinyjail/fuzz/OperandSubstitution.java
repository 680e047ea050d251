package org.tinyjail.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tinyjail.agent.Coverage.Comparison;

/**
 * Inputs with one operand of a comparison in the place of the other, wherever it stands: what a
 * program wants to find there, if it compares its input as it is or as a decimal number.
 * (Aschermann and others, "REDQUEEN: Fuzzing with Input-to-State Correspondence", NDSS 2019.)
 */
final class OperandSubstitution {
  private static final int INPUTS_MAX = 256;
  private static final int PLACES_MAX = 8;
  private static final int SEARCHED_MAX = 4096;
  private static final int TRIED_MAX = 1 << 14;
  private static final List<ByteOrder> ORDERS =
      List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN);

  /** Operands that have been put somewhere. */
  private final Set<Operand> tried = new HashSet<>();

  /** What a place in the program compares with. */
  private record Operand(long site, long value) {}

  /**
   * Different inputs that come of {@code input} by one substitution each, at most 256.
   *
   * @param all whether operands are put there that have been tried before, in other inputs
   */
  List<byte[]> of(byte[] input, Collection<Comparison> comparisons, boolean all) {
    List<byte[]> derived = new ArrayList<>();
    for (Comparison comparison : comparisons) {
      long site = comparison.site();
      Operand first = new Operand(site, comparison.first());
      Operand second = new Operand(site, comparison.second());
      substitute(input, first, second, all, derived);
      substitute(input, second, first, all, derived);
    }
    return derived.size() > INPUTS_MAX ? derived.subList(0, INPUTS_MAX) : derived;
  }

  private void substitute(
      byte[] input, Operand from, Operand to, boolean all, List<byte[]> derived) {
    boolean known = tried.contains(to) || tried.size() == TRIED_MAX;
    if (derived.size() >= INPUTS_MAX || (known && !all)) {
      return;
    }
    int before = derived.size();
    int width = Math.max(width(from.value()), width(to.value()));
    for (ByteOrder order : width == 1 ? ORDERS.subList(0, 1) : ORDERS) {
      byte[] wanted = bytes(to.value(), width, order);
      substitute(input, bytes(from.value(), width, order), wanted, derived);
    }
    substitute(input, decimal(from.value()), decimal(to.value()), derived);
    if (derived.size() > before) {
      tried.add(to);
    }
  }

  /** Bytes that hold a number, with its sign, if it has one in 32 or in 64 bits. */
  private static int width(long number) {
    long value = number >>> Integer.SIZE == 0 ? (int) number : number;
    for (int width = 1; width < Long.BYTES; width *= 2) {
      int bits = width * Byte.SIZE;
      if (number >>> bits == 0 || value >> (bits - 1) == -1) {
        return width;
      }
    }
    return Long.BYTES;
  }

  private static byte[] bytes(long number, int width, ByteOrder order) {
    byte[] little =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
    byte[] bytes = Arrays.copyOf(little, width);
    for (int i = 0; order == ByteOrder.BIG_ENDIAN && i < width; i++) {
      bytes[i] = little[width - 1 - i];
    }
    return bytes;
  }

  private static byte[] decimal(long number) {
    long value = number >>> Integer.SIZE == 0 ? (int) number : number;
    return String.valueOf(value).getBytes(StandardCharsets.US_ASCII);
  }

  private static void substitute(byte[] input, byte[] from, byte[] to, List<byte[]> derived) {
    int places = 0;
    int end = Math.min(input.length, SEARCHED_MAX) - from.length;
    for (int at = 0; at <= end && places < PLACES_MAX; at++) {
      if (Arrays.equals(input, at, at + from.length, from, 0, from.length)) {
        derived.add(FrozenGenerator.replaced(input, at, from.length, to));
        places++;
      }
    }
  }
}
