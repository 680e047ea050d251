package org.tinyjail.generator.reach;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.tinyjail.generator.elf.Machine;

/** Summaries and answers as bytes. Empty is read where they are not what was written. */
final class SummaryCodec {
  private SummaryCodec() {}

  /** Writes numbers and strings one behind the other. */
  private static final class Writer {
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
      byte[] bytes = String.join("", strings).getBytes(StandardCharsets.ISO_8859_1);
      room(bytes.length).put(bytes);
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

    byte[] bytes() {
      return Arrays.copyOf(buffer.array(), buffer.position());
    }
  }

  /** Reads them again. */
  private static final class Reader {
    private final ByteBuffer buffer;

    Reader(ByteBuffer bytes) {
      this.buffer = bytes;
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

  static byte[] bytes(Summary summary) {
    Writer out = new Writer();
    Linkage linkage = summary.linkage();
    out.number(linkage.wordSize());
    out.number(linkage.usesDefaults() ? 1 : 0);
    out.strings(
        List.of(
            linkage.machine().name(),
            linkage.interpreter(),
            linkage.name(),
            linkage.runPath(),
            linkage.oldRunPath()));
    out.strings(linkage.needed());
    out.numbers(summary.functions().starts());
    out.numbers(summary.functions().ends());
    out.lists(summary.callers());
    out.numbers(summary.entering().toLongArray());
    out.lists(summary.calls());
    out.lists(summary.taken());
    out.lists(summary.called());
    out.lists(summary.callersBy());
    out.lists(summary.loaded());
    out.lists(summary.used());
    out.lists(summary.told());
    out.numbers(summary.pointers().addresses());
    out.strings(Arrays.asList(summary.pointers().symbols()));
    out.numbers(summary.pointers().functions());
    out.numbers(summary.objects().starts());
    out.lists(summary.objects().pointers());
    out.lists(summary.objects().objects());
    out.lists(summary.objects().texts());
    out.numbers(summary.inData().functions());
    out.numbers(summary.inData().pointers());
    out.numbers(summary.inData().texts());
    out.numbers(summary.texts().addresses());
    out.strings(Arrays.asList(summary.texts().strings()));
    out.numbers(summary.stores().addresses());
    out.numbers(summary.stores().functions());
    out.numbers(summary.roots());
    out.named(summary.exports());
    out.named(summary.exportedObjects());
    return out.bytes();
  }

  static Optional<Summary> summary(ByteBuffer bytes) {
    return read(bytes, SummaryCodec::summary);
  }

  static Optional<Map<Question, List<Question.Answer>>> answers(ByteBuffer bytes) {
    return read(bytes, SummaryCodec::answers);
  }

  private static <T> Optional<T> read(ByteBuffer bytes, Function<Reader, T> form) {
    try {
      return Optional.of(form.apply(new Reader(bytes)));
    } catch (IllegalArgumentException
        | IndexOutOfBoundsException
        | NegativeArraySizeException
        | BufferUnderflowException e) {
      return Optional.empty();
    }
  }

  private static Summary summary(Reader in) {
    int wordSize = in.number();
    boolean usesDefaults = in.number() != 0;
    String[] texts = in.strings();
    Linkage linkage =
        new Linkage(
            Machine.valueOf(texts[0]),
            wordSize,
            texts[1],
            texts[2],
            List.of(in.strings()),
            texts[3],
            texts[4],
            usesDefaults);
    return new Summary(
        linkage,
        new Summary.Functions(in.longNumbers(), in.longNumbers()),
        in.lists(),
        BitSet.valueOf(in.longNumbers()),
        in.lists(),
        in.lists(),
        in.lists(),
        in.lists(),
        in.lists(),
        in.lists(),
        in.lists(),
        new Summary.Pointers(in.longNumbers(), in.strings(), in.numbers()),
        new Summary.Objects(in.longNumbers(), in.lists(), in.lists(), in.lists()),
        new Summary.InData(in.numbers(), in.numbers(), in.numbers()),
        new Summary.Texts(in.longNumbers(), in.strings()),
        new Summary.Stores(in.longNumbers(), in.numbers()),
        in.numbers(),
        in.named(),
        in.named());
  }

  static byte[] bytes(Map<Question, List<Question.Answer>> answers) {
    Writer out = new Writer();
    out.number(answers.size());
    answers.forEach(
        (question, all) -> {
          out.number(question.function());
          out.number(question.kind().code());
          out.number(question.target());
          write(out, question.atoms());
          out.number(all.size());
          for (Question.Answer answer : all) {
            out.number(answer.address());
            answer.values().forEach(value -> write(out, value.atoms()));
          }
        });
    return out.bytes();
  }

  private static Map<Question, List<Question.Answer>> answers(Reader in) {
    Map<Question, List<Question.Answer>> answers = new HashMap<>();
    int count = in.number();
    for (int i = 0; i < count; i++) {
      int function = in.number();
      Question.Kind kind = Question.Kind.of(in.number());
      long target = in.longNumber();
      Question question = new Question(function, kind, target, atoms(in));
      List<Question.Answer> all = new ArrayList<>();
      int places = in.number();
      for (int j = 0; j < places; j++) {
        long address = in.longNumber();
        List<Value> values = new ArrayList<>();
        for (int k = 0; k < question.atoms().size(); k++) {
          values.add(Value.of(atoms(in)));
        }
        all.add(new Question.Answer(address, values));
      }
      answers.put(question, List.copyOf(all));
    }
    return answers;
  }

  private static void write(Writer out, List<Atom> atoms) {
    out.number(atoms.size());
    atoms.forEach(atom -> write(out, atom));
  }

  private static void write(Writer out, Atom atom) {
    out.number(atom.kind());
    out.number(atom.number());
    if (atom instanceof Atom.Field field) {
      write(out, field.base());
    }
  }

  private static List<Atom> atoms(Reader in) {
    int count = in.number();
    List<Atom> atoms = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      atoms.add(atom(in));
    }
    return atoms;
  }

  private static Atom atom(Reader in) {
    int kind = in.number();
    long number = in.longNumber();
    return switch (kind) {
      case 0 -> new Atom.Constant(number);
      case 1 -> new Atom.Entry((int) number);
      case 2 -> new Atom.EntryStack(number);
      case 3 -> new Atom.StackAddress(number);
      case 4 -> new Atom.Field(atom(in), number);
      case 5 -> new Atom.Global(number);
      default -> throw new IllegalArgumentException("an atom of kind " + kind);
    };
  }
}
