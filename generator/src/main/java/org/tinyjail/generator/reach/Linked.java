package org.tinyjail.generator.reach;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A file among those that are linked together. */
final class Linked {
  private final Entry entry;
  private final Summary summary;
  private final int functions;
  private final int objects;
  private final boolean linker;

  /** The functions that each pointer leads to; null: not looked up yet. */
  private final int[][] pointed;

  private Linked(Entry entry, Summary summary, int functions, int objects) {
    this.entry = entry;
    this.summary = summary;
    this.functions = functions;
    this.objects = objects;
    this.linker =
        summary.exports().containsKey("_dl_catch_exception")
            || summary.exportedObjects().containsKey("_rtld_global");
    this.pointed = new int[summary.pointers().count()][];
  }

  /** That behind {@code before}; null: it is the first. */
  static Linked after(@Nullable Linked before, Entry entry) throws IOException {
    Summary summary = entry.summary();
    return before == null
        ? new Linked(entry, summary, 0, 0)
        : new Linked(
            entry,
            summary,
            before.functions + before.summary.functions().count(),
            before.objects + before.summary.objects().count());
  }

  Entry entry() {
    return entry;
  }

  boolean hasFunction(int function) {
    return function >= functions && function < functions + summary.functions().count();
  }

  /** Before it has relocated itself, the linker uses functions of its own that others replace. */
  boolean isLinker() {
    return linker;
  }

  /** What it does by itself. */
  Summary summary() {
    return summary;
  }

  /** The number that its first function has among those of all files. */
  int functions() {
    return functions;
  }

  /** The same of its objects. */
  int objects() {
    return objects;
  }

  /** The functions of all files that one of its pointers leads to; null: not looked up yet. */
  int @Nullable [] pointed(int pointer) {
    return pointed[pointer];
  }

  void setPointed(int pointer, int[] targets) {
    pointed[pointer] = targets;
  }
}
