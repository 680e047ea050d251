package org.tinyjail.generator.reach;

import java.util.Arrays;

/** Numbers in the order in which they came. */
final class Ints {
  private int[] numbers = new int[64];
  private int size;

  int size() {
    return size;
  }

  int get(int index) {
    return numbers[index];
  }

  void add(int number) {
    if (size == numbers.length) {
      numbers = Arrays.copyOf(numbers, size * 2);
    }
    numbers[size++] = number;
  }
}
