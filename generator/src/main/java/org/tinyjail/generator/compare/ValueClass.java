package org.tinyjail.generator.compare;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;

/**
 * The values of one argument for which just the same of some conditions hold.
 *
 * @param index of the argument
 * @param example one of them, with as few high bits as there are
 * @param holding the conditions that hold for all of them
 * @param failing those that hold for none of them
 */
public record ValueClass(
    int index, long example, List<ArgCondition> holding, List<ArgCondition> failing) {
  /** Beyond this many, going through them with those of other arguments would take too long. */
  private static final int MAX_CLASSES = 4096;

  private static final byte OPEN = 0;
  private static final byte LESS = 1;
  private static final byte GREATER = 2;
  private static final byte WRONG = 3;

  public ValueClass {
    holding = List.copyOf(holding);
    failing = List.copyOf(failing);
  }

  /**
   * Divides all values of {@code bits} bits by {@code conditions}, which look at one argument:
   * exactly, each class is there once and none is empty.
   *
   * <p>Goes through the values bit by bit from the highest, all values at once: those that no
   * condition tells apart by the bits so far are one state.
   */
  static List<ValueClass> divide(int index, List<ArgCondition> conditions, int bits)
      throws TooComplexException {
    Map<ByteBuffer, Long> states = new LinkedHashMap<>();
    states.put(ByteBuffer.wrap(new byte[conditions.size()]), 0L);
    for (int bit = 63; bit >= 0; bit--) {
      Map<ByteBuffer, Long> next = new LinkedHashMap<>();
      for (int digit = 0; digit <= (bit < bits ? 1 : 0); digit++) {
        for (Map.Entry<ByteBuffer, Long> state : states.entrySet()) {
          next.putIfAbsent(
              step(state.getKey().array(), conditions, bit, digit),
              state.getValue() | (long) digit << bit);
        }
      }
      states = next;
      if (states.size() > MAX_CLASSES) {
        throw new TooComplexException();
      }
    }
    // Comparisons that were told apart above may hold alike: LESS and GREATER for EQ.
    Map<List<ArgCondition>, Long> classes = new LinkedHashMap<>();
    for (long example : states.values()) {
      classes.putIfAbsent(conditions.stream().filter(c -> c.test(example)).toList(), example);
    }
    List<ValueClass> divided = new ArrayList<>();
    classes.forEach((holding, example) -> divided.add(of(index, example, conditions)));
    return divided;
  }

  /** The class of one value. */
  static ValueClass of(int index, long value, List<ArgCondition> conditions) {
    return new ValueClass(
        index,
        value,
        conditions.stream().filter(c -> c.test(value)).toList(),
        conditions.stream().filter(c -> !c.test(value)).toList());
  }

  private static ByteBuffer step(byte[] state, List<ArgCondition> conditions, int bit, int digit) {
    byte[] next = state.clone();
    for (int i = 0; i < next.length; i++) {
      if (next[i] == OPEN) {
        next[i] = step(conditions.get(i), bit, digit);
      }
    }
    return ByteBuffer.wrap(next);
  }

  private static byte step(ArgCondition condition, int bit, int digit) {
    long value = condition.value();
    if (condition.operator() == Operator.MASKED_EQ) {
      boolean looks = (value >>> bit & 1) == 1;
      return looks && (condition.valueTwo() >>> bit & 1) != digit ? WRONG : OPEN;
    }
    long wanted = value >>> bit & 1;
    return digit == wanted ? OPEN : digit < wanted ? LESS : GREATER;
  }
}
