package org.tinyjail.generator.reach;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The pieces of a file's data: one begins at each address that something refers to. Who refers to a
 * piece may go on from there to the end of the object that it is part of. An object ends where
 * something refers to an address that compilers may give a large object. To end it at any address
 * referred to would be to lose pointers: code that walks a table refers to its begin only, and code
 * that looks at one field of an object to that.
 */
final class DataObjects {
  /** To so many bytes gcc and clang align an array of 32 bytes or more on x86-64. */
  private static final int ALIGNMENT = 32;

  /** A word of data that points at data. */
  private record Link(long word, long target, boolean library) {}

  private final Code code;
  private final Longs begins = new Longs();
  private long[] starts = {};
  private final Longs pointers = new Longs();
  private final Longs pieces = new Longs();
  private final List<Link> links = new ArrayList<>();
  private long[] words = {};

  DataObjects(Code code) {
    this.code = code;
    code.data().forEach(region -> begins.add(region.start()));
  }

  /** Something refers to {@code address}. */
  void refer(long address) {
    if (!code.isExecutable(address) && code.holds(address)) {
      begins.add(address);
    }
  }

  /**
   * The word at an address is a pointer to data.
   *
   * @param library whether the name of a library is there
   */
  void link(long word, long target, boolean library) {
    refer(target);
    links.add(new Link(word, target, library));
  }

  /** All references are known. */
  void settle() {
    starts = begins.toArray();
    links.sort(Comparator.comparingLong(Link::word));
    words = links.stream().mapToLong(Link::word).toArray();
    Set<Long> segments = code.data().stream().map(Region::start).collect(Collectors.toSet());
    for (int piece = 0; piece + 1 < starts.length; piece++) {
      long next = starts[piece + 1];
      if (next % ALIGNMENT != 0 && !segments.contains(next)) {
        pieces.add(Lists.pair(piece, piece + 1));
      }
    }
    for (Link link : links) {
      int from = at(link.word());
      int to = at(link.target());
      if (from >= 0 && to >= 0 && from != to) {
        pieces.add(Lists.pair(from, to));
      }
    }
  }

  /** The one that an address lies in; -1 if that is no data. */
  int at(long address) {
    if (code.isExecutable(address) || !code.holds(address)) {
      return -1;
    }
    int index = Arrays.binarySearch(starts, address);
    return index >= 0 ? index : Math.max(-1, -index - 2);
  }

  int[] at(Longs addresses) {
    return Arrays.stream(addresses.toArray()).mapToInt(this::at).filter(i -> i >= 0).toArray();
  }

  /** The piece that the word at an address points at; -1: none. */
  int linked(long word) {
    int index = Arrays.binarySearch(words, word);
    return index < 0 ? -1 : at(links.get(index).target());
  }

  /** The word at {@code address} is a pointer to code. */
  void hold(long address, int pointer) {
    int piece = at(address);
    if (piece >= 0) {
      pointers.add(Lists.pair(piece, pointer));
    }
  }

  Summary.Objects summary(Map<Long, Integer> textNumbers) {
    Longs texts = new Longs();
    for (Link link : links) {
      int piece = at(link.word());
      int text = textNumbers.getOrDefault(link.target(), -1);
      if (link.library() && piece >= 0 && text >= 0) {
        texts.add(Lists.pair(piece, text));
      }
    }
    int count = starts.length;
    return new Summary.Objects(
        starts, Lists.of(count, pointers), Lists.of(count, pieces), Lists.of(count, texts));
  }
}
