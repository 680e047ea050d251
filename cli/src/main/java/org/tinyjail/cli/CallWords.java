package org.tinyjail.cli;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tinyjail.generator.groups.Groups;
import org.tinyjail.generator.groups.Member;
import org.tinyjail.generator.groups.Member.OfCall;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.SyscallTable;

/** Calls and groups of calls as people name them in options. */
final class CallWords {
  private CallWords() {}

  static boolean isGroup(String word) {
    return word.startsWith("@");
  }

  /** What is wrong with a word that should be {@code CALL} or {@code @GROUP}; empty if nothing. */
  static Optional<String> problem(String word) {
    if (isGroup(word)) {
      Set<String> groups = Groups.builtIn().names();
      return groups.contains(word)
          ? Optional.empty()
          : unknown("group", word, groups, "a group that \"tiny-jail groups\" lists");
    }
    return SyscallTable.isKnown(word)
        ? Optional.empty()
        : unknown("system call", word, SyscallTable.knownNames(), "a name such as openat");
  }

  private static Optional<String> unknown(
      String what, String word, Set<String> known, String wanted) {
    return Optional.of(
        "unknown " + what + " \"" + word + "\"" + Suggestion.ending(word, known, wanted));
  }

  /** What a word without a {@link #problem} means. */
  static List<OfCall> members(String word) {
    return isGroup(word)
        ? Groups.builtIn().members(word)
        : List.of(new Member.Call(word, List.of(List.of()), word));
  }
}
