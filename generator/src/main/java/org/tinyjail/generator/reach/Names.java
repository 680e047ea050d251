package org.tinyjail.generator.reach;

import org.jspecify.annotations.Nullable;

/** Strings of a file that may be names which a program looks up. */
final class Names {
  /** The longest file name: NAME_MAX of limits.h. */
  private static final int LENGTH_MAX = 255;

  /** What the name service switch puts in front of the name of a module. */
  static final String MODULE = "libnss_";

  private Names() {}

  /** {@code text} if it may be the name of a symbol, or of a library or its begin; else empty. */
  static String of(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > LENGTH_MAX) {
      return "";
    }
    return isSymbol(text) || text.startsWith(MODULE) || isLibrary(text) ? text : "";
  }

  /** Such as {@code libm.so.6}, or a path to it. */
  static boolean isLibrary(String text) {
    int end = text.indexOf(".so");
    if (end <= 0) {
      return false;
    }
    for (int i = end + 3; i < text.length(); i++) {
      if (text.charAt(i) != '.' && !isDigit(text.charAt(i))) {
        return false;
      }
    }
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (!isWord(c) && c != '.' && c != '/' && c != '+' && c != '-') {
        return false;
      }
    }
    return true;
  }

  /** A name in C of three letters or more: shorter ones are of something else. */
  private static boolean isSymbol(String text) {
    if (text.length() < 3 || isDigit(text.charAt(0))) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (!isWord(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isWord(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || isDigit(c);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
