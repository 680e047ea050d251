package org.tinyjail.generator.elf;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The words of a file's data that are pointers, by address, and what they point at. */
final class Pointers {
  /** What a pointer to another file's symbol points at. */
  static final long ELSEWHERE = -1;

  private long[] slots = new long[64];
  private long[] targets = new long[64];
  private int count;

  private Pointers() {}

  /**
   * Those that relocations fill in; in a program that is not position-independent the words that
   * are addresses of its own as well.
   */
  static Pointers of(ElfFile file, Optional<DynamicSection> dynamic) throws ElfException {
    Pointers pointers = new Pointers();
    if (!file.isPositionIndependent()) {
      for (Segment segment : Data.segments(file)) {
        pointers.addWords(file, segment);
      }
    }
    if (dynamic.isPresent()) {
      for (Relocation relocation : dynamic.get().relocations()) {
        pointers.add(relocation, dynamic.get().symbols());
      }
    }
    pointers.sort();
    return pointers;
  }

  private void addWords(ElfFile file, Segment segment) throws ElfException {
    ElfBytes bytes = file.bytes();
    int word = bytes.wordSize();
    List<Segment> loaded = file.loaded();
    long low = loaded.get(0).address();
    Segment last = loaded.get(loaded.size() - 1);
    long high = last.address() + last.memorySize();
    long skip = -segment.address() & (word - 1);
    for (long i = skip; i + word <= segment.fileSize(); i += word) {
      long target = bytes.word(segment.offset() + i);
      if (target >= low && target < high && target != 0) {
        add(segment.address() + i, target);
      }
    }
  }

  private void add(Relocation relocation, List<Symbol> symbols) {
    if (relocation.kind() == Relocation.Kind.RELATIVE) {
      add(relocation.address(), relocation.addend());
    } else if (relocation.kind() == Relocation.Kind.ABSOLUTE
        && relocation.symbol() < symbols.size()) {
      Symbol symbol = symbols.get(relocation.symbol());
      boolean here = symbol.section() != 0;
      add(relocation.address(), here ? symbol.address() + relocation.addend() : ELSEWHERE);
    }
  }

  private void add(long slot, long target) {
    if (count == slots.length) {
      slots = Arrays.copyOf(slots, count * 2);
      targets = Arrays.copyOf(targets, count * 2);
    }
    slots[count] = slot;
    targets[count++] = target;
  }

  private void sort() {
    Integer[] order = new Integer[count];
    Arrays.setAll(order, i -> i);
    long[] oldSlots = slots;
    long[] oldTargets = targets;
    Arrays.sort(order, (a, b) -> Long.compare(oldSlots[a], oldSlots[b]));
    slots = new long[count];
    targets = new long[count];
    for (int i = 0; i < count; i++) {
      slots[i] = oldSlots[order[i]];
      targets[i] = oldTargets[order[i]];
    }
  }

  int count() {
    return count;
  }

  /** The address of the {@code index}th pointer; they ascend. */
  long slot(int index) {
    return slots[index];
  }

  /** What the word at {@code address} points at; 0 if it is no pointer. */
  long target(long address) {
    int index = Arrays.binarySearch(slots, 0, count, address);
    return index < 0 ? 0 : targets[index];
  }

  /** Whether any pointer lies in the {@code length} bytes at {@code address}. */
  boolean anyIn(long address, int length) {
    int index = Arrays.binarySearch(slots, 0, count, address);
    int next = index < 0 ? -index - 1 : index;
    return next < count && slots[next] < address + length;
  }
}
