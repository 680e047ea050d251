package org.tinyjail.generator.reach;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Writes numbers and strings one behind the other. */
final class CodecWriter {
  private ByteBuffer buffer = ByteBuffer.allocate(1 << 16);

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      int size = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
      ByteBuffer larger = ByteBuffer.allocate(size);
      buffer.flip();
      larger.put(buffer);
      buffer = larger;
    }
    return buffer;
  }

  void number(int number) {
    room(Integer.BYTES).putInt(number);
  }

  void number(long number) {
    room(Long.BYTES).putLong(number);
  }

  void numbers(int[] numbers) {
    number(numbers.length);
    int bytes = numbers.length * Integer.BYTES;
    room(bytes).asIntBuffer().put(numbers);
    buffer.position(buffer.position() + bytes);
  }

  void numbers(long[] numbers) {
    number(numbers.length);
    int bytes = numbers.length * Long.BYTES;
    room(bytes).asLongBuffer().put(numbers);
    buffer.position(buffer.position() + bytes);
  }

  void lists(Lists lists) {
    numbers(lists.ends());
    numbers(lists.items());
  }

  void strings(Collection<String> strings) {
    int[] ends = new int[strings.size()];
    int i = 0;
    int end = 0;
    for (String string : strings) {
      end += string.length();
      ends[i++] = end;
    }
    numbers(ends);
    bytes(String.join("", strings).getBytes(StandardCharsets.ISO_8859_1));
  }

  void named(Map<String, int[]> map) {
    List<String> names = map.keySet().stream().sorted().toList();
    strings(names);
    int[] ends = new int[names.size()];
    int[] items = new int[map.values().stream().mapToInt(all -> all.length).sum()];
    int end = 0;
    for (int i = 0; i < ends.length; i++) {
      for (int item : map.getOrDefault(names.get(i), new int[0])) {
        items[end++] = item;
      }
      ends[i] = end;
    }
    numbers(ends);
    numbers(items);
  }

  void bytes(byte[] bytes) {
    room(bytes.length).put(bytes);
  }

  /** What another one has written. */
  void all(CodecWriter other) {
    ByteBuffer bytes = other.bytes();
    room(bytes.remaining()).put(bytes);
  }

  /** All that was written, not copied: nothing is written any more. */
  ByteBuffer bytes() {
    return buffer.duplicate().flip();
  }
}
