package org.tinyjail.generator.reach;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** The reachable functions that call others directly, by the called one. */
final class Callers {
  /**
   * One of them.
   *
   * @param function the caller
   * @param target what it calls, as {@link Question#target}
   */
  record Caller(int function, long target) {}

  /** What is done with one. */
  interface Visitor {
    void at(int called, int caller, int target);
  }

  private final int[] ends;
  private final int[] functions;
  private final int[] targets;

  Callers(Reach reach) {
    Linked last = reach.files().get(reach.files().size() - 1);
    int count = last.functions() + last.summary().functions().count();
    int[] sizes = new int[count];
    visit(reach, (called, caller, target) -> sizes[called]++);
    Arrays.parallelPrefix(sizes, Integer::sum);
    ends = sizes.clone();
    int total = count == 0 ? 0 : ends[count - 1];
    functions = new int[total];
    targets = new int[total];
    visit(
        reach,
        (called, caller, target) -> {
          int at = --sizes[called];
          functions[at] = caller;
          targets[at] = target;
        });
  }

  private static void visit(Reach reach, Visitor visitor) {
    for (int i = 0; i < reach.visited().size(); i++) {
      int caller = reach.visited().get(i);
      Linked file = reach.file(caller);
      int index = caller - file.functions();
      Summary summary = file.summary();
      IntConsumer direct = called -> visitor.at(file.functions() + called, caller, called);
      summary.calls().forEach(index, direct);
      summary
          .called()
          .forEach(
              index,
              pointer -> {
                for (int called : reach.pointed(file, pointer)) {
                  visitor.at(called, caller, ~pointer);
                }
              });
    }
  }

  /** Those of a function. */
  Caller[] of(int called) {
    int start = called == 0 ? 0 : ends[called - 1];
    Caller[] all = new Caller[ends[called] - start];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Caller(functions[start + i], targets[start + i]);
    }
    return all;
  }
}
