package org.tinyjail.generator.lint;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.SyscallTable;
import org.tinyjail.model.Tables;

/** Names that no architecture of Linux has for a system call, and what was probably meant. */
public final class UnknownCalls {
  private static final Set<String> FOREIGN =
      Tables.body(UnknownCalls.class, "other-architectures.tsv").stream()
          .map(row -> row[0])
          .collect(Collectors.toUnmodifiableSet());

  private UnknownCalls() {}

  static boolean isUnknown(String name) {
    return !SyscallTable.isKnown(name) && !FOREIGN.contains(name);
  }

  /** The call that was probably meant by an unknown name; empty where none is near. */
  public static Optional<String> meant(String name) {
    return isUnknown(name) ? Suggestion.nearest(name, SyscallTable.knownNames()) : Optional.empty();
  }
}
