package org.tinyjail.generator.reach;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * What one file does by itself, whatever it is linked with. Functions, pointers, objects and texts
 * are numbered from 0, by ascending address. Does not change and can be shared between threads.
 *
 * @param linkage what it is linked with
 * @param functions where they are
 * @param callers of each function those that call it, or go on in it, directly
 * @param entering those that have an instruction that enters the kernel
 * @param calls functions that a function calls, or goes on in, directly
 * @param taken functions whose address a function takes
 * @param called pointers that a function calls or jumps by
 * @param callersBy of each pointer the functions that call or jump by it
 * @param loaded pointers that a function loads
 * @param used objects that a function refers to
 * @param told texts that a function refers to
 * @param pointers what the linker fills in
 * @param objects parts of its data that have pointers to functions, or to such parts
 * @param inData what all objects together point at
 * @param texts strings that may be names of symbols or libraries
 * @param stores addresses of data that functions set to a register or number
 * @param roots functions that the kernel or the linker calls
 * @param exports functions by the names under which others find them
 * @param exportedObjects objects by the same
 */
@SuppressWarnings("ArrayRecordComponent") // tables of numbers, which nobody compares or changes
record Summary(
    Linkage linkage,
    Functions functions,
    Lists callers,
    BitSet entering,
    Lists calls,
    Lists taken,
    Lists called,
    Lists callersBy,
    Lists loaded,
    Lists used,
    Lists told,
    Pointers pointers,
    Objects objects,
    InData inData,
    Texts texts,
    Stores stores,
    int[] roots,
    Map<String, int[]> exports,
    Map<String, int[]> exportedObjects) {

  /** The texts that a function refers to. */
  List<String> textsOf(int function) {
    List<String> found = new ArrayList<>();
    for (int i = told.start(function); i < told.end(function); i++) {
      found.add(texts.strings()[told.items()[i]]);
    }
    return found;
  }

  /**
   * @param starts of each the first address
   * @param ends behind the last one
   */
  record Functions(long[] starts, long[] ends) {
    int count() {
      return starts.length;
    }

    Region region(int function) {
      return new Region(starts[function], ends[function]);
    }

    /** The one that an address lies in; -1: none. */
    int at(long address) {
      int index = Arrays.binarySearch(starts, address);
      int before = index >= 0 ? index : -index - 2;
      return before >= 0 && address < Math.max(ends[before], starts[before] + 1) ? before : -1;
    }
  }

  /**
   * Words that the linker fills in with an address of code, or that hold one from the start.
   *
   * @param addresses of the words
   * @param symbols the name that is looked up; empty: none
   * @param functions what is pointed at if nothing has that name; -1: nothing in this file
   */
  record Pointers(long[] addresses, String[] symbols, int[] functions) {
    int count() {
      return addresses.length;
    }

    /** That at an address; -1: there is none. */
    int at(long address) {
      return Math.max(-1, Arrays.binarySearch(addresses, address));
    }
  }

  /**
   * @param starts of each the first address; it ends where the next starts
   * @param pointers that lie in each
   * @param objects that each points at
   * @param texts that each points at, and that are names of libraries
   */
  record Objects(long[] starts, Lists pointers, Lists objects, Lists texts) {
    int count() {
      return starts.length;
    }

    /** Whether it leads to nothing. */
    boolean isEmpty(int object) {
      return pointers.isEmpty(object) && objects.isEmpty(object) && texts.isEmpty(object);
    }
  }

  /**
   * @param functions of this file
   * @param pointers to symbols
   * @param texts names of libraries
   */
  record InData(int[] functions, int[] pointers, int[] texts) {}

  /**
   * @param addresses where they are
   * @param strings what they are
   */
  record Texts(long[] addresses, String[] strings) {
    /** That at an address; empty: none that may be a name. */
    String at(long address) {
      int index = Arrays.binarySearch(addresses, address);
      return index < 0 ? "" : strings[index];
    }
  }

  /**
   * @param addresses ascending, each as often as there are functions that store there
   * @param functions that store there
   */
  record Stores(long[] addresses, int[] functions) {
    /** Those that store at an address. */
    int[] at(long address) {
      int index = Arrays.binarySearch(addresses, address);
      if (index < 0) {
        return new int[0];
      }
      int from = index;
      int to = index + 1;
      while (from > 0 && addresses[from - 1] == address) {
        from--;
      }
      while (to < addresses.length && addresses[to] == address) {
        to++;
      }
      return Arrays.copyOfRange(functions, from, to);
    }
  }
}
