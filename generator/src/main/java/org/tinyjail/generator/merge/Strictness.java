package org.tinyjail.generator.merge;

import org.tinyjail.model.Syscall;

/** What a policy does with calls that a binary can reach but that nobody has seen it make. */
public enum Strictness {
  /** Denies them. */
  STRICT,
  /** Allows them unless they are of high risk. */
  BALANCED,
  /** Allows them. */
  SOUND;

  boolean allows(Syscall.Risk risk) {
    return switch (this) {
      case STRICT -> false;
      case BALANCED -> risk != Syscall.Risk.HIGH;
      case SOUND -> true;
    };
  }
}
