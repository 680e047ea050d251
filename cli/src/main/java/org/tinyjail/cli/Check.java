package org.tinyjail.cli;

import java.util.Locale;

/**
 * One thing that {@code doctor} has looked at.
 *
 * @param name what was looked at
 * @param state how much of it is there
 * @param found what was found
 * @param means what that means for tiny-jail's commands; empty if nothing is limited
 * @param fix what to do about it; empty if nothing is limited
 * @param needed whether a command is limited where this is not ok; else it only widens what can be
 *     done beside
 */
record Check(String name, State state, String found, String means, String fix, boolean needed) {
  /** How much is there. */
  enum State {
    OK,
    PARTIAL,
    MISSING,
    /** It cannot be found out from here. */
    UNKNOWN;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  Check {
    if (found.isEmpty() || (state != State.OK && means.isEmpty())) {
      throw new IllegalArgumentException(name + ": says not what was found or what that means");
    }
  }

  /** All that could be wished for. */
  static Check ok(String name, String found) {
    return new Check(name, State.OK, found, "", "", true);
  }

  static Check partial(String name, String found, String means, String fix) {
    return new Check(name, State.PARTIAL, found, means, fix, true);
  }

  static Check missing(String name, String found, String means, String fix) {
    return new Check(name, State.MISSING, found, means, fix, true);
  }

  static Check unknown(String name, String found, String means, String fix) {
    return new Check(name, State.UNKNOWN, found, means, fix, true);
  }

  /** The same, of something that no command needs. */
  Check optional() {
    return new Check(name, state, found, means, fix, false);
  }

  /** Whether it limits a command. */
  boolean isFinding() {
    return needed && state != State.OK;
  }
}
