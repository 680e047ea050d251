package org.tinyjail.generator.reach;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads what a {@link CodecWriter} has written. */
final class CodecReader {
  private final ByteBuffer buffer;

  CodecReader(ByteBuffer bytes) {
    this.buffer = bytes;
  }

  /** What {@code form} makes of {@code bytes}; empty where they are not what was written. */
  static <T> Optional<T> read(ByteBuffer bytes, Function<CodecReader, T> form) {
    try {
      return Optional.of(form.apply(new CodecReader(bytes)));
    } catch (IllegalArgumentException
        | IndexOutOfBoundsException
        | NegativeArraySizeException
        | BufferUnderflowException e) {
      return Optional.empty();
    }
  }

  int number() {
    return buffer.getInt();
  }

  long longNumber() {
    return buffer.getLong();
  }

  int[] numbers() {
    int[] numbers = new int[count(Integer.BYTES)];
    buffer.asIntBuffer().get(numbers);
    buffer.position(buffer.position() + numbers.length * Integer.BYTES);
    return numbers;
  }

  long[] longNumbers() {
    long[] numbers = new long[count(Long.BYTES)];
    buffer.asLongBuffer().get(numbers);
    buffer.position(buffer.position() + numbers.length * Long.BYTES);
    return numbers;
  }

  private int count(int size) {
    int count = buffer.getInt();
    if (count < 0 || (long) count * size > buffer.remaining()) {
      throw new IllegalArgumentException(count + " numbers");
    }
    return count;
  }

  Lists lists() {
    return new Lists(numbers(), numbers());
  }

  String[] strings() {
    int[] ends = numbers();
    String[] strings = new String[ends.length];
    int length = ends.length == 0 ? 0 : ends[ends.length - 1];
    byte[] bytes = new byte[length];
    buffer.get(bytes);
    String all = new String(bytes, StandardCharsets.ISO_8859_1);
    int start = 0;
    for (int i = 0; i < ends.length; i++) {
      strings[i] = all.substring(start, ends[i]);
      start = ends[i];
    }
    return strings;
  }

  Map<String, int[]> named() {
    String[] names = strings();
    int[] ends = numbers();
    int[] items = numbers();
    Map<String, int[]> map = new HashMap<>(names.length * 2);
    int start = 0;
    for (int i = 0; i < names.length; i++) {
      map.put(names[i], Arrays.copyOfRange(items, start, ends[i]));
      start = ends[i];
    }
    return map;
  }
}
