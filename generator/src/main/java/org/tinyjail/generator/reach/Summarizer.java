package org.tinyjail.generator.reach;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tinyjail.generator.elf.DynamicSection;
import org.tinyjail.generator.elf.ElfException;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.elf.Relocation;
import org.tinyjail.generator.elf.Segment;
import org.tinyjail.generator.elf.Symbol;
import org.tinyjail.generator.x86.Flow;
import org.tinyjail.generator.x86.Instruction;
import org.tinyjail.generator.x86.Operand;
import org.tinyjail.generator.x86.Operation;

/** Goes through the instructions of a file once and notes what each function refers to. */
final class Summarizer {
  private static final int TYPE_MASK = 0xf;
  private static final int INDIRECT_FUNCTION = 10;
  private static final int THREAD_LOCAL = 6;

  private static final long INIT = 12;
  private static final long FINI = 13;
  private static final long INIT_ARRAY = 25;
  private static final long INIT_ARRAY_SIZE = 27;
  private static final long FINI_ARRAY = 26;
  private static final long FINI_ARRAY_SIZE = 28;

  /** More bytes of addresses of initialization functions are not looked at. */
  private static final long ARRAY_MAX = 1 << 20;

  /** A pointer as it is found: {@code address} is what it points at in this file, or 0. */
  private record Found(long word, String symbol, long address, boolean inData) {}

  /** That a function refers to an address. */
  private static final class References {
    private int[] functions = new int[256];
    private long[] addresses = new long[256];
    private int count;

    void add(int function, long address) {
      if (count == functions.length) {
        functions = Arrays.copyOf(functions, count * 2);
        addresses = Arrays.copyOf(addresses, count * 2);
      }
      functions[count] = function;
      addresses[count++] = address;
    }
  }

  private final ElfFile file;
  private final Optional<DynamicSection> dynamic;
  private final Code code;
  private final FunctionTable table;
  private final boolean fixed;
  private final Instruction one = new Instruction();

  private final List<Found> pointers = new ArrayList<>();

  /** Addresses of the words of {@link #pointers}. */
  private long[] words = {};

  /** Data that data points at: pairs of addresses, the word's first. */
  private final List<long[]> links = new ArrayList<>();

  private final BitSet entering = new BitSet();
  private final References calls = new References();
  private final References taken = new References();
  private final Longs called = new Longs();
  private final Longs loaded = new Longs();

  /** Data whose address is taken, so that it may be read from there on. */
  private final References data = new References();

  /** Words of data that are read alone. */
  private final References read = new References();

  private final References told = new References();
  private final References stores = new References();
  private final Map<Long, String> texts = new HashMap<>();
  private final Longs roots = new Longs();
  private final Map<String, Longs> exports = new TreeMap<>();
  private final Map<String, Longs> exportedData = new TreeMap<>();

  private Summarizer(ElfFile file, Optional<DynamicSection> dynamic) throws ElfException {
    this.file = file;
    this.dynamic = dynamic;
    this.code = new Code(file);
    this.table = new FunctionTable(code);
    this.fixed = !file.isPositionIndependent();
  }

  /**
   * What {@code file} does by itself.
   *
   * @throws ElfException if it is damaged
   */
  static Summary summarize(ElfFile file, Optional<DynamicSection> dynamic) throws ElfException {
    Summarizer summarizer = new Summarizer(file, dynamic);
    summarizer.read();
    return summarizer.summary();
  }

  private void read() throws ElfException {
    root(file.entry());
    if (dynamic.isPresent()) {
      readSymbols(dynamic.get());
      readRelocations(dynamic.get());
    }
    if (fixed) {
      readWords();
    }
    pointers.sort(Comparator.comparingLong(Found::word));
    words = pointers.stream().mapToLong(Found::word).toArray();
    if (dynamic.isPresent()) {
      readRoots(dynamic.get());
    }
    for (Found pointer : pointers) {
      refer(pointer.address());
    }
    for (int i = 0; i < table.count(); i++) {
      sweep(i);
    }
  }

  private void root(long address) {
    if (code.isExecutable(address)) {
      refer(address);
      roots.add(address);
    }
  }

  /** Something points at {@code address}: if it is code, it is a function. */
  private void refer(long address) {
    if (code.isExecutable(address) && code.stubWord(address) == 0) {
      table.referred(address);
    }
  }

  private void readSymbols(DynamicSection section) {
    for (Symbol symbol : section.symbols()) {
      int type = symbol.info() & TYPE_MASK;
      if (symbol.section() == 0 || type == THREAD_LOCAL) {
        continue;
      }
      if (!code.isExecutable(symbol.address())) {
        exportedData.computeIfAbsent(symbol.name(), n -> new Longs()).add(symbol.address());
        continue;
      }
      refer(symbol.address());
      exports.computeIfAbsent(symbol.name(), n -> new Longs()).add(symbol.address());
      if (type == INDIRECT_FUNCTION) {
        root(symbol.address()); // the linker calls it for each who wants the symbol
      }
    }
  }

  private void readRelocations(DynamicSection section) {
    List<Symbol> symbols = section.symbols();
    for (Relocation relocation : section.relocations()) {
      switch (relocation.kind()) {
        case RELATIVE -> point(relocation.address(), "", relocation.addend(), true);
        case IRELATIVE -> {
          point(relocation.address(), "", relocation.addend(), false);
          root(relocation.addend());
        }
        case GLOB_DAT, JUMP_SLOT, ABSOLUTE, COPY -> {
          if (relocation.symbol() < symbols.size()) {
            Symbol symbol = symbols.get(relocation.symbol());
            boolean inData = relocation.kind() == Relocation.Kind.ABSOLUTE;
            point(relocation.address(), symbol.name(), symbol.address(), inData);
          }
        }
        default -> {}
      }
    }
  }

  private void point(long word, String symbol, long address, boolean inData) {
    boolean toCode = address != 0 && code.isExecutable(address); // 0: of no symbol of this file
    if (!symbol.isEmpty() || toCode) {
      pointers.add(new Found(word, symbol, toCode ? address : 0, inData));
    }
    if (address != 0 && !toCode && inData) {
      links.add(new long[] {word, address});
    }
  }

  /** Without relocations, any word of the data may be an address. */
  private void readWords() {
    Longs relocated = new Longs();
    pointers.forEach(pointer -> relocated.add(pointer.word()));
    long[] known = relocated.toArray();
    for (Region region : code.data()) {
      long first = region.start() + (-region.start() & (Long.BYTES - 1));
      for (long at = first; at + Long.BYTES <= region.end(); at += Long.BYTES) {
        Long word = code.constant64(at);
        if (word != null && word != 0 && Arrays.binarySearch(known, at) < 0 && code.holds(word)) {
          point(at, "", word, true);
        }
      }
    }
  }

  private void readRoots(DynamicSection section) {
    root(section.entry(INIT).orElse(0L));
    root(section.entry(FINI).orElse(0L));
    readArray(section, INIT_ARRAY, INIT_ARRAY_SIZE);
    readArray(section, FINI_ARRAY, FINI_ARRAY_SIZE);
  }

  private void readArray(DynamicSection section, long tag, long sizeTag) {
    long start = section.entry(tag).orElse(0L);
    long size = Math.min(section.entry(sizeTag).orElse(0L), ARRAY_MAX);
    for (long word = start; word < start + size; word += Long.BYTES) {
      int pointer = pointerAt(word);
      Long held = code.constant64(word);
      if (pointer >= 0) {
        root(pointers.get(pointer).address());
      } else if (held != null) {
        root(held);
      }
    }
  }

  private int pointerAt(long word) {
    return Math.max(-1, Arrays.binarySearch(words, word));
  }

  /**
   * Notes what a function does.
   *
   * <p>It may go on behind its end: glibc has the tables of {@code clone3} end before its call, so
   * that nobody unwinds through it.
   */
  private void sweep(int function) {
    long end = table.end(function);
    boolean goesOn = fill(function, table.start(function), end);
    if (goesOn && table.at(end) < 0 && code.isExecutable(end)) {
      table.extend(function, table.explored(end));
      goesOn = fill(function, end, table.end(function));
    }
    if (goesOn) {
      call(function, table.end(function));
    }
  }

  /**
   * Returns whether execution goes on behind the end. It does not where only padding is behind a
   * call: compilers end a function so if what it calls does not return.
   */
  private boolean fill(int function, long start, long end) {
    boolean goesOn = true;
    for (long at = start; at < end; at += Math.max(1, one.length())) {
      if (code.decode(at, end, one) == 0) {
        goesOn = true; // cut off by the end, or data: an instruction may begin before the end
        continue;
      }
      Flow flow = one.flow();
      note(function, flow);
      if (flow != Flow.NONE || one.operation() != Operation.NOTHING) {
        goesOn = flow.goesOn() && flow != Flow.CALL && flow != Flow.CALL_INDIRECT;
      }
    }
    return goesOn;
  }

  private void note(int function, Flow flow) {
    switch (flow) {
      case CALL, JUMP, JUMP_CONDITIONAL -> {
        long target = one.target();
        if (!table.holds(function, target)) {
          call(function, target);
        }
      }
      case SYSCALL, INT80, SYSENTER -> entering.set(function);
      default -> {}
    }
    if (one.hasFixedAddress()) {
      noteMemory(function, flow, one.fixedAddress());
    }
    if (fixed) {
      noteNumbers(function);
    }
  }

  private void call(int function, long target) {
    if (!code.isExecutable(target)) {
      return;
    }
    long word = code.stubWord(target);
    if (word == 0) {
      table.referred(target);
      calls.add(function, target);
    } else {
      int pointer = pointerAt(word);
      if (pointer >= 0) {
        called.add(Lists.pair(function, pointer));
      }
    }
  }

  private void noteMemory(int function, Flow flow, long address) {
    if (one.operation() == Operation.LOAD_ADDRESS) {
      take(function, address);
      return;
    }
    int pointer = pointerAt(address);
    if (pointer >= 0) {
      boolean calls = flow == Flow.CALL_INDIRECT || flow == Flow.JUMP_INDIRECT;
      (calls ? called : loaded).add(Lists.pair(function, pointer));
    }
    (readsWord() ? read : data).add(function, address);
    boolean whole = one.firstSize() >= Integer.SIZE;
    if (one.operation() == Operation.MOVE && one.first() == Operand.MEMORY && whole) {
      stores.add(function, address);
    }
  }

  /** Whether the memory operand is a word or less: vectors may be two pointers and more. */
  private boolean readsWord() {
    return (one.first() == Operand.MEMORY && one.firstSize() != 0)
        || (one.second() == Operand.MEMORY && one.secondSize() != 0);
  }

  private void take(int function, long address) {
    if (code.isExecutable(address)) {
      long word = code.stubWord(address);
      int pointer = word == 0 ? -1 : pointerAt(word);
      if (pointer >= 0) {
        loaded.add(Lists.pair(function, pointer));
      } else {
        table.referred(address);
        taken.add(function, address);
      }
    } else {
      data.add(function, address);
    }
    if (isText(address)) {
      told.add(function, address);
    }
  }

  /** Where code has its addresses fixed, numbers may be addresses. */
  private void noteNumbers(int function) {
    boolean number = one.second() == Operand.IMMEDIATE || one.first() == Operand.IMMEDIATE;
    if (number && code.holds(one.immediate())) {
      take(function, one.immediate());
    }
    boolean indexed = one.hasMemory() && one.base() != Instruction.RIP && !one.hasFixedAddress();
    if (indexed && code.holds(one.displacement())) {
      take(function, one.displacement());
    }
  }

  private boolean isText(long address) {
    return !texts.computeIfAbsent(address, at -> Names.of(code.string(at))).isEmpty();
  }

  private Summary summary() {
    int count = table.count();
    Integer[] order = new Integer[count];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingLong(table::start));
    long[] starts = new long[count];
    long[] ends = new long[count];
    int[] ranks = new int[count];
    for (int i = 0; i < count; i++) {
      starts[i] = table.start(order[i]);
      ends[i] = table.end(order[i]);
      ranks[order[i]] = i;
    }
    BitSet enteringByRank = new BitSet();
    entering.stream().forEach(function -> enteringByRank.set(ranks[function]));
    DataObjects objects = objects();
    Map<Long, Integer> textNumbers = new HashMap<>();
    Summary.Texts named = named(textNumbers);
    Summary.Objects inData = objects.summary(textNumbers);
    Lists direct = lists(calls, ranks);
    Lists byPointer = ranked(called, ranks);
    Summary.Pointers filledIn = pointers(ranks);
    return new Summary(
        linkage(),
        new Summary.Functions(starts, ends),
        direct.reversed(count),
        enteringByRank,
        direct,
        lists(taken, ranks),
        byPointer,
        byPointer.reversed(words.length),
        ranked(loaded, ranks),
        used(objects, inData, ranks),
        told(ranks, textNumbers),
        filledIn,
        inData,
        inData(filledIn, inData),
        named,
        stores(ranks),
        functions(roots, ranks),
        named(exports, longs -> functions(longs, ranks)),
        named(exportedData, objects::at));
  }

  private Linkage linkage() {
    try {
      return Linkage.of(file, dynamic);
    } catch (ElfException e) {
      throw new IllegalStateException("its interpreter was read before", e);
    }
  }

  private DataObjects objects() {
    DataObjects objects = new DataObjects(code);
    for (int i = 0; i < data.count; i++) {
      objects.refer(data.addresses[i]);
    }
    exportedData.values().forEach(addresses -> addresses.forEach(objects::refer));
    for (Segment segment : file.segments()) {
      objects.refer(segment.address()); // of unwinding tables, notes and the like
    }
    for (long[] link : links) {
      String text = texts.computeIfAbsent(link[1], at -> Names.of(code.string(at)));
      objects.link(link[0], link[1], Names.isLibrary(text));
    }
    objects.settle();
    for (int i = 0; i < pointers.size(); i++) {
      if (pointers.get(i).inData()) {
        objects.hold(words[i], i);
      }
    }
    return objects;
  }

  private Summary.Texts named(Map<Long, Integer> numbers) {
    texts.values().removeIf(String::isEmpty);
    long[] addresses = texts.keySet().stream().mapToLong(address -> address).sorted().toArray();
    String[] strings = new String[addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      strings[i] = texts.getOrDefault(addresses[i], "");
      numbers.put(addresses[i], i);
    }
    return new Summary.Texts(addresses, strings);
  }

  private Lists lists(References references, int[] ranks) {
    Longs pairs = new Longs();
    for (int i = 0; i < references.count; i++) {
      int target = table.at(references.addresses[i]);
      if (target >= 0) {
        pairs.add(Lists.pair(ranks[references.functions[i]], ranks[target]));
      }
    }
    return Lists.of(ranks.length, pairs);
  }

  private static Lists ranked(Longs references, int[] ranks) {
    Longs pairs = new Longs();
    references.forEach(pair -> pairs.add(Lists.pair(ranks[(int) (pair >>> 32)], (int) pair)));
    return Lists.of(ranks.length, pairs);
  }

  private Lists used(DataObjects objects, Summary.Objects inData, int[] ranks) {
    Longs pairs = new Longs();
    for (int i = 0; i < data.count; i++) {
      addUsed(ranks[data.functions[i]], objects.at(data.addresses[i]), inData, pairs);
    }
    for (int i = 0; i < read.count; i++) {
      addUsed(ranks[read.functions[i]], objects.linked(read.addresses[i]), inData, pairs);
    }
    return Lists.of(ranks.length, pairs);
  }

  private static void addUsed(int function, int object, Summary.Objects inData, Longs pairs) {
    if (object >= 0 && !inData.isEmpty(object)) {
      pairs.add(Lists.pair(function, object));
    }
  }

  private Lists told(int[] ranks, Map<Long, Integer> numbers) {
    Longs pairs = new Longs();
    for (int i = 0; i < told.count; i++) {
      int text = numbers.getOrDefault(told.addresses[i], -1);
      pairs.add(Lists.pair(ranks[told.functions[i]], text));
    }
    return Lists.of(ranks.length, pairs);
  }

  private Summary.Pointers pointers(int[] ranks) {
    String[] symbols = new String[words.length];
    int[] functions = new int[words.length];
    for (int i = 0; i < words.length; i++) {
      Found pointer = pointers.get(i);
      int throughStub = pointer.address() == 0 ? -1 : pointerAt(code.stubWord(pointer.address()));
      boolean forwards = pointer.symbol().isEmpty() && throughStub >= 0;
      Found meant = forwards ? pointers.get(throughStub) : pointer;
      int function = table.at(meant.address());
      symbols[i] = meant.symbol();
      functions[i] = function < 0 ? -1 : ranks[function];
    }
    return new Summary.Pointers(words, symbols, functions);
  }

  private Summary.InData inData(Summary.Pointers filledIn, Summary.Objects objects) {
    Longs functions = new Longs();
    Longs symbols = new Longs();
    for (int pointer : objects.pointers().items()) {
      if (!filledIn.symbols()[pointer].isEmpty()) {
        symbols.add(pointer);
      } else if (filledIn.functions()[pointer] >= 0) {
        functions.add(filledIn.functions()[pointer]);
      }
    }
    return new Summary.InData(
        Arrays.stream(functions.toArray()).mapToInt(Math::toIntExact).toArray(),
        Arrays.stream(symbols.toArray()).mapToInt(Math::toIntExact).toArray(),
        Arrays.stream(objects.texts().items()).sorted().distinct().toArray());
  }

  private Summary.Stores stores(int[] ranks) {
    Integer[] order = new Integer[stores.count];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingLong(i -> stores.addresses[i]));
    long[] addresses = new long[order.length];
    int[] functions = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      addresses[i] = stores.addresses[order[i]];
      functions[i] = ranks[stores.functions[order[i]]];
    }
    return new Summary.Stores(addresses, functions);
  }

  private int[] functions(Longs addresses, int[] ranks) {
    long[] all = addresses.toArray();
    int[] functions = new int[all.length];
    int count = 0;
    for (long address : all) {
      int function = table.at(address);
      // In ascending order, so that those of one function come one behind the other.
      if (function >= 0 && (count == 0 || functions[count - 1] != ranks[function])) {
        functions[count++] = ranks[function];
      }
    }
    return Arrays.copyOf(functions, count);
  }

  private static Map<String, int[]> named(
      Map<String, Longs> all, java.util.function.Function<Longs, int[]> numbers) {
    Map<String, int[]> named = new HashMap<>();
    all.forEach(
        (name, addresses) -> {
          int[] found = numbers.apply(addresses);
          if (found.length > 0) {
            named.put(name, found);
          }
        });
    return named;
  }
}
