package org.tinyjail.generator.reach;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which functions of linked files may be executed: from what the kernel and the linker call, along
 * calls, jumps and addresses taken. Functions are numbered through all files.
 *
 * <p>A pointer in data counts as used; if {@code precise}, only if its object is, that is if
 * reachable code or a used object refers to it. The latter is a heuristic: where an object begins
 * is guessed.
 */
final class Reach {
  /** What led to a function that the kernel or the linker calls. */
  static final int NOBODY = -1;

  /** Names that the linker itself looks up: glibc, elf/rtld.c and elf/dl-minimal.c; musl. */
  private static final List<String> LOOKED_UP =
      List.of(
          "__libc_early_init",
          "malloc",
          "calloc",
          "free",
          "realloc",
          "__dls2b",
          "__dls3",
          "_dl_catch_exception",
          "_dl_signal_exception",
          "_dl_signal_error",
          "_dl_catch_error");

  /** Functions that are given a name, as their second argument, and look it up. */
  private static final Set<String> LOOKUPS = Set.of("dlsym", "dlvsym", "__libc_dlsym");

  private static final int[] NONE = {};

  /** That a function looks up names by one of {@link #LOOKUPS}. */
  record Lookup(Linked file, int function, int pointer) {}

  private final Method method;
  private final boolean precise;

  /** In the order in which symbols are searched. */
  private final List<Linked> files = new ArrayList<>();

  /** By function, if it was visited: 2 + what led to it first. */
  private int[] from = {};

  private final Ints visited = new Ints();
  private int drained;

  /** Functions whose address is taken, by code, data or name: who calls them is not known. */
  private final BitSet taken = new BitSet();

  private final BitSet objectsUsed = new BitSet();
  private final Ints objects = new Ints();
  private int objectsDrained;

  /** The functions of all files by the name under which others find them, as far as asked for. */
  private final Map<String, int[]> named = new HashMap<>();

  private final Set<String> lookedUp = new HashSet<>(LOOKED_UP);

  /** What follows a pointer to a symbol that no file has yet, by its name. */
  private final Map<String, List<Runnable>> missing = new HashMap<>();

  private final List<Lookup> lookups = new ArrayList<>();
  private final Set<String> texts = new HashSet<>();
  private final List<String> textsInOrder = new ArrayList<>();
  private @Nullable Callers callers;

  /** The file that was asked for last: the next one is mostly the same. */
  private @Nullable Linked last;

  Reach(Method method) {
    this.method = method;
    this.precise = method == Method.PRECISE;
  }

  List<Linked> files() {
    return files;
  }

  /** Takes in another file, whose symbols are searched last. */
  Linked add(Entry entry) throws IOException {
    Linked file = Linked.after(files.isEmpty() ? null : files.get(files.size() - 1), entry);
    files.add(file);
    Summary summary = file.summary();
    int functions = file.functions() + summary.functions().count();
    if (functions > from.length) {
      from = Arrays.copyOf(from, Math.max(functions, 2 * from.length));
    }
    for (int root : summary.roots()) {
      visitTaken(file.functions() + root, NOBODY);
    }
    if (!precise) {
      useAllData(file);
    }
    if (method == Method.IMPORTS) {
      takeImports(file);
    }
    for (String name : lookedUp) {
      takeExport(file, name);
    }
    List<String> found = missing.keySet().stream().filter(name -> gives(summary, name)).toList();
    for (String name : found) {
      List<Runnable> wanting = missing.remove(name);
      if (wanting != null) {
        wanting.forEach(Runnable::run);
      }
    }
    drain();
    return file;
  }

  private void useAllData(Linked file) {
    Summary summary = file.summary();
    for (int function : summary.inData().functions()) {
      visitTaken(file.functions() + function, NOBODY);
    }
    for (int pointer : summary.inData().pointers()) {
      follow(file, pointer, NOBODY, false);
    }
    for (int text : summary.inData().texts()) {
      addText(summary, text);
    }
  }

  private void takeImports(Linked file) {
    String[] symbols = file.summary().pointers().symbols();
    for (int pointer = 0; pointer < symbols.length; pointer++) {
      if (!symbols[pointer].isEmpty()) {
        follow(file, pointer, NOBODY, false);
      }
    }
  }

  private static boolean gives(Summary summary, String name) {
    return summary.exports().containsKey(name) || summary.exportedObjects().containsKey(name);
  }

  /**
   * Takes in names that are looked up while the program runs, in whatever file.
   *
   * @return whether any is new
   */
  boolean lookUp(Set<String> names) {
    boolean more = false;
    for (String name : names) {
      if (lookedUp.add(name)) {
        more = true;
        for (Linked file : files) {
          takeExport(file, name);
        }
      }
    }
    drain();
    return more;
  }

  /** All that a file gives to others may be looked up. */
  void takeExports(Linked file) {
    file.summary().exports().keySet().forEach(name -> takeExport(file, name));
    file.summary().exportedObjects().keySet().forEach(name -> takeExport(file, name));
    drain();
  }

  private void takeExport(Linked file, String name) {
    for (int function : file.summary().exports().getOrDefault(name, NONE)) {
      visitTaken(file.functions() + function, NOBODY);
    }
    if (precise) {
      for (int object : file.summary().exportedObjects().getOrDefault(name, NONE)) {
        use(file.objects() + object);
      }
    }
  }

  /**
   * What may be executed from these functions on: by them, and by those whose address is taken
   * anywhere but where the program is entered, which takes that of main.
   */
  Reach from(Set<Integer> functions) {
    Reach part = new Reach(method);
    part.files.addAll(files);
    part.from = new int[from.length];
    functions.forEach(function -> part.visit(function, NOBODY));
    Set<Integer> entries = new HashSet<>();
    for (Linked file : files) {
      if (!precise) {
        part.useAllData(file);
      }
      for (int root : file.summary().roots()) {
        entries.add(file.functions() + root);
      }
    }
    for (int i = 0; i < visited.size(); i++) {
      if (!entries.contains(visited.get(i))) {
        part.takeBy(visited.get(i));
      }
    }
    part.drain();
    return part;
  }

  /** The functions that may be executed, as they were found; more are added to its end. */
  Ints visited() {
    return visited;
  }

  boolean isVisited(int function) {
    return from[function] != 0;
  }

  /** What led to a function first; {@link #NOBODY}: the kernel or the linker. */
  int from(int function) {
    return from[function] - 2;
  }

  /** Whether it may be called by a pointer, so that who calls it is not known. */
  boolean isTaken(int function) {
    return taken.get(function);
  }

  /** Strings that reachable code, or used data, refers to and that may be names. */
  Set<String> texts() {
    return texts;
  }

  /** The same as they were found; more are added to its end. */
  List<String> textsInOrder() {
    return textsInOrder;
  }

  private void addText(Summary summary, int text) {
    String string = summary.texts().strings()[text];
    if (texts.add(string)) {
      textsInOrder.add(string);
    }
  }

  /** Places where names are looked up; more are added to its end. */
  List<Lookup> lookups() {
    return lookups;
  }

  /** The file that a function is of. */
  Linked file(int function) {
    Linked recent = last;
    if (recent != null && recent.hasFunction(function)) {
      return recent;
    }
    Linked found = search(function);
    last = found;
    return found;
  }

  private Linked search(int function) {
    int low = 0;
    int high = files.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (files.get(middle).functions() <= function) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return files.get(low);
  }

  /** Who calls which function directly. Nothing is added to this any more. */
  Callers callers() {
    if (callers == null) {
      callers = new Callers(this);
    }
    return callers;
  }

  /** The functions that a pointer of a file leads to, as far as they are known. */
  int[] pointed(Linked file, int pointer) {
    int[] known = file.pointed(pointer);
    return known == null ? resolve(file, pointer) : known;
  }

  /**
   * What the file itself points at is not all of it while no file has the name: so do slots of
   * functions that are bound when they are first called, which lead to the linker until then.
   */
  private int[] resolve(Linked file, int pointer) {
    String symbol = file.summary().pointers().symbols()[pointer];
    int own = file.summary().pointers().functions()[pointer];
    int[] all = symbol.isEmpty() ? NONE : named(symbol);
    boolean whole = symbol.isEmpty() || all.length > 0;
    if (own >= 0 && (all.length == 0 || file.isLinker())) {
      all = Arrays.copyOf(all, all.length + 1);
      all[all.length - 1] = file.functions() + own;
    }
    if (whole) {
      file.setPointed(pointer, all);
    }
    return all;
  }

  /** The functions of a name, in the first file that has it. */
  private int[] named(String symbol) {
    int[] known = named.get(symbol);
    if (known != null) {
      return known;
    }
    for (Linked file : files) {
      int[] found = file.summary().exports().get(symbol);
      if (found != null) {
        int[] all = Arrays.stream(found).map(function -> file.functions() + function).toArray();
        named.put(symbol, all);
        return all;
      }
    }
    return NONE;
  }

  private void follow(Linked file, int pointer, int by, boolean calls) {
    int[] found = pointed(file, pointer);
    for (int function : found) {
      if (calls) {
        visit(function, by);
      } else {
        visitTaken(function, by);
      }
    }
    if (file.pointed(pointer) != null) {
      return;
    }
    String symbol = file.summary().pointers().symbols()[pointer];
    boolean known = precise && useExported(symbol);
    if (!known) {
      missing
          .computeIfAbsent(symbol, name -> new ArrayList<>())
          .add(() -> follow(file, pointer, by, calls));
    }
  }

  private boolean useExported(String symbol) {
    boolean any = false;
    for (Linked file : files) {
      for (int object : file.summary().exportedObjects().getOrDefault(symbol, NONE)) {
        use(file.objects() + object);
        any = true;
      }
    }
    return any;
  }

  private void use(int object) {
    if (!objectsUsed.get(object)) {
      objectsUsed.set(object);
      objects.add(object);
    }
  }

  private void visitTaken(int function, int by) {
    taken.set(function);
    visit(function, by);
  }

  private void visit(int function, int by) {
    if (from[function] == 0) {
      from[function] = by + 2;
      visited.add(function);
    }
  }

  private void drain() {
    boolean more = true;
    while (more) {
      more = false;
      while (drained < visited.size()) {
        look(visited.get(drained++));
      }
      while (objectsDrained < objects.size()) {
        lookAtObject(objects.get(objectsDrained++));
        more = true;
      }
    }
  }

  /** Loops over arrays: this is where the time goes. */
  private void look(int function) {
    Linked file = file(function);
    Summary summary = file.summary();
    int first = file.functions();
    int index = function - first;
    Lists calls = summary.calls();
    for (int i = calls.start(index); i < calls.end(index); i++) {
      visit(first + calls.items()[i], function);
    }
    Lists called = summary.called();
    for (int i = called.start(index); i < called.end(index); i++) {
      call(file, function, called.items()[i]);
    }
    Lists told = summary.told();
    for (int i = told.start(index); i < told.end(index); i++) {
      addText(summary, told.items()[i]);
    }
    takeBy(function);
  }

  /** What the function takes the address of, whether it calls that or not. */
  private void takeBy(int function) {
    Linked file = file(function);
    int index = function - file.functions();
    Lists others = file.summary().taken();
    for (int i = others.start(index); i < others.end(index); i++) {
      visitTaken(file.functions() + others.items()[i], function);
    }
    Lists loaded = file.summary().loaded();
    for (int i = loaded.start(index); i < loaded.end(index); i++) {
      follow(file, loaded.items()[i], function, false);
    }
    if (precise) {
      file.summary().used().forEach(index, object -> use(file.objects() + object));
    }
  }

  private void call(Linked file, int function, int pointer) {
    if (LOOKUPS.contains(file.summary().pointers().symbols()[pointer])) {
      lookups.add(new Lookup(file, function, pointer));
    }
    follow(file, pointer, function, true);
  }

  private void lookAtObject(int number) {
    Linked file = fileOfObject(number);
    Summary summary = file.summary();
    int object = number - file.objects();
    Summary.Objects all = summary.objects();
    all.pointers().forEach(object, pointer -> follow(file, pointer, NOBODY, false));
    all.objects().forEach(object, other -> use(file.objects() + other));
    all.texts().forEach(object, text -> addText(summary, text));
  }

  private Linked fileOfObject(int object) {
    int index = files.size() - 1;
    while (files.get(index).objects() > object) {
      index--;
    }
    return files.get(index);
  }
}
