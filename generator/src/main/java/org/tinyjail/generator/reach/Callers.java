package org.tinyjail.generator.reach;

import java.util.ArrayList;
import java.util.List;

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
    for (String name : file.entry().symbols(file.summary()).names(index)) {
      for (Linked other : reach.files()) {
        for (int pointer : other.entry().symbols(other.summary()).callingPointers(name)) {
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
}
