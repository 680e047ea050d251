package org.tinyjail.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The values of a call's dangerous arguments: what a policy may limit the call to.
 *
 * <p>The text form, used as a key in the store, is {@code INDEX&MASK=VALUE} in hexadecimal, joined
 * by a space and sorted by index: {@code 0&ffffffff=2 1&f=1}. The empty text means any arguments.
 *
 * @param values by index, each index once
 */
public record ArgumentClass(List<Value> values) {
  /** Any arguments at all. */
  public static final ArgumentClass ANY = new ArgumentClass(List.of());

  public ArgumentClass {
    values = values.stream().sorted(Comparator.comparingInt(Value::index)).toList();
    if (values.stream().mapToInt(Value::index).distinct().count() < values.size()) {
      throw new IllegalArgumentException("an argument class names each index once: " + values);
    }
  }

  /**
   * One argument under its mask.
   *
   * @param index 0 to 5
   * @param mask the bits that matter
   * @param value the argument under the mask
   */
  public record Value(int index, long mask, long value) {
    public Value {
      if (index < 0 || index > 5) {
        throw new IllegalArgumentException("argument index must be 0..5, was " + index);
      }
      if ((value & ~mask) != 0) {
        throw new IllegalArgumentException("value has bits outside its mask: " + value);
      }
    }

    @Override
    public String toString() {
      return index + "&" + Long.toHexString(mask) + "=" + Long.toHexString(value);
    }
  }

  /** The conditions of a rule for just this class. */
  public List<ArgCondition> conditions() {
    return values.stream().map(v -> ArgCondition.masked(v.index(), v.mask(), v.value())).toList();
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if {@code text} is not of that form
   */
  public static ArgumentClass parse(String text) {
    List<Value> values = new ArrayList<>();
    for (String part : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
      int mask = part.indexOf('&');
      int value = part.indexOf('=');
      if (mask < 0 || value < mask) {
        throw new IllegalArgumentException(
            "argument class must look like 0&ffffffff=2, was \"" + part + "\"");
      }
      values.add(
          new Value(
              Integer.parseInt(part.substring(0, mask)),
              Long.parseUnsignedLong(part.substring(mask + 1, value), 16),
              Long.parseUnsignedLong(part.substring(value + 1), 16)));
    }
    return new ArgumentClass(values);
  }

  @Override
  public String toString() {
    return String.join(" ", values.stream().map(Value::toString).toList());
  }
}
