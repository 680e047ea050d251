package org.tinyjail.generator.reach;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a file gives to others and calls of others, by function and by name. */
final class SymbolIndex {
  /** The names under which others find each function that has one, the shortest first. */
  private final Map<Integer, List<String>> names = new HashMap<>();

  /** Pointers that functions call or jump by, by the symbols that they are set to. */
  private final Map<String, List<Integer>> callingPointers = new HashMap<>();

  SymbolIndex(Summary summary) {
    summary
        .exports()
        .forEach(
            (name, functions) -> {
              for (int function : functions) {
                names.computeIfAbsent(function, f -> new ArrayList<>(2)).add(name);
              }
            });
    names.values().forEach(all -> all.sort(SymbolIndex::compare));
    for (int i = 0; i < summary.pointers().count(); i++) {
      if (!summary.callersBy().isEmpty(i)) {
        callingPointers
            .computeIfAbsent(summary.pointers().symbols()[i], s -> new ArrayList<>(1))
            .add(i);
      }
    }
  }

  /** Those of a function, the shortest first; none if others cannot find it. */
  List<String> names(int function) {
    return names.getOrDefault(function, List.of());
  }

  /** The pointers set to {@code symbol} that functions call or jump by. */
  List<Integer> callingPointers(String symbol) {
    return callingPointers.getOrDefault(symbol, List.of());
  }

  private static int compare(String a, String b) {
    int order = Integer.compare(a.length(), b.length());
    return order == 0 ? a.compareTo(b) : order;
  }
}
