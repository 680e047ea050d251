package org.tinyjail.generator.reach;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which calls an executable can reach, with the libraries that it is linked with. Not what it loads
 * by names that are not known before, what it executes, and what code it makes itself.
 *
 * @param files that were looked at, as programs know them; the executable first
 * @param opened those of them that are opened by names found in the program, not linked with
 * @param missing names of libraries that are wanted and were not found
 * @param calls by name
 * @param unresolved places that make a call whose number is not known, as {@code FILE+0xADDRESS}
 */
public record Analysis(
    List<String> files,
    List<String> opened,
    Set<String> missing,
    Map<String, Call> calls,
    List<String> unresolved) {
  public Analysis {
    files = List.copyOf(files);
    opened = List.copyOf(opened);
    missing = Set.copyOf(missing);
    calls = Collections.unmodifiableMap(new TreeMap<>(calls));
    unresolved = List.copyOf(unresolved);
  }

  /**
   * A call that can be reached.
   *
   * @param path functions that lead to it, the one that makes it last, as {@code FILE:NAME} or
   *     {@code FILE+0xADDRESS}
   * @param arguments of those in which danger lies, by index, all values there can be, under the
   *     argument's mask; not those arguments that may be anything
   */
  public record Call(List<String> path, Map<Integer, Set<Long>> arguments) {
    public Call {
      path = List.copyOf(path);
      arguments = Collections.unmodifiableMap(new TreeMap<>(arguments));
    }
  }
}
