package org.tinyjail.generator.reach;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds the reachable functions that call others directly. */
final class Callers {
  /**
   * One of them.
   *
   * @param function the caller
   * @param target what it calls, as {@link Question#target}
   */
  record Caller(int function, long target) {}

  private static final int[] NONE = {};

  private final Reach reach;

  /** Of each file, its pointers by the symbols that they are set to. */
  private final Map<Linked, Map<String, List<Integer>>> pointers = new HashMap<>();

  /** Of each file, its functions' names. */
  private final Map<Linked, Map<Integer, List<String>>> names = new HashMap<>();

  Callers(Reach reach) {
    this.reach = reach;
  }

  /** Those of a function. */
  List<Caller> of(int called) {
    Linked file = reach.file(called);
    int index = called - file.functions();
    List<Caller> found = new ArrayList<>();
    Lists direct = file.summary().callers();
    for (int i = direct.start(index); i < direct.end(index); i++) {
      add(file, direct.items()[i], index, found);
    }
    addByPointersOf(file, called, found);
    for (String name : names.computeIfAbsent(file, Callers::names).getOrDefault(index, List.of())) {
      for (Linked other : reach.files()) {
        Map<String, List<Integer>> all = pointers.computeIfAbsent(other, Callers::pointers);
        for (int pointer : all.getOrDefault(name, List.of())) {
          addBy(other, pointer, called, found);
        }
      }
    }
    return found;
  }

  /** By pointers that are set to no symbol, but to the function. */
  private void addByPointersOf(Linked file, int called, List<Caller> found) {
    Summary.Pointers all = file.summary().pointers();
    for (int pointer = 0; pointer < all.count(); pointer++) {
      if (all.functions()[pointer] == called - file.functions()
          && all.symbols()[pointer].isEmpty()) {
        addBy(file, pointer, called, found);
      }
    }
  }

  private void addBy(Linked file, int pointer, int called, List<Caller> found) {
    Lists by = file.summary().callersBy();
    for (int target : by.start(pointer) < by.end(pointer) ? reach.pointed(file, pointer) : NONE) {
      for (int i = by.start(pointer); target == called && i < by.end(pointer); i++) {
        add(file, by.items()[i], ~pointer, found);
      }
    }
  }

  private void add(Linked file, int caller, long target, List<Caller> found) {
    if (reach.isVisited(file.functions() + caller)) {
      found.add(new Caller(file.functions() + caller, target));
    }
  }

  private static Map<Integer, List<String>> names(Linked file) {
    Map<Integer, List<String>> names = new HashMap<>();
    file.summary()
        .exports()
        .forEach(
            (name, functions) -> {
              for (int function : functions) {
                names.computeIfAbsent(function, f -> new ArrayList<>(2)).add(name);
              }
            });
    return names;
  }

  private static Map<String, List<Integer>> pointers(Linked file) {
    Summary summary = file.summary();
    Map<String, List<Integer>> pointers = new HashMap<>();
    for (int i = 0; i < summary.pointers().count(); i++) {
      if (!summary.callersBy().isEmpty(i)) {
        pointers.computeIfAbsent(summary.pointers().symbols()[i], s -> new ArrayList<>(1)).add(i);
      }
    }
    return pointers;
  }
}
