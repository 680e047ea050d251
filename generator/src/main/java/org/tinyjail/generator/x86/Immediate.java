package org.tinyjail.generator.x86;

/** What bytes end an instruction, and what they mean. */
enum Immediate {
  NONE,
  /** No byte; the value is 1. */
  ONE,
  BYTE,
  UNSIGNED_BYTE,
  UNSIGNED_WORD,
  /** Two bytes that are values of their own. */
  PAIR,
  /** Of enter: a word and a byte. */
  WORD_AND_BYTE,
  DOUBLE,
  /** 16 bits, or 32. */
  SIZED,
  /** 16 bits, 32 or 64. */
  FULL,
  /** An address. */
  ADDRESS;

  static Immediate of(String letter) {
    return switch (letter) {
      case "b" -> BYTE;
      case "u" -> UNSIGNED_BYTE;
      case "w" -> UNSIGNED_WORD;
      case "p" -> PAIR;
      case "x" -> WORD_AND_BYTE;
      case "d" -> DOUBLE;
      case "z" -> SIZED;
      case "v" -> FULL;
      default ->
          throw new IllegalArgumentException(
              "immediate " + letter + "; wanted one of b u w p x d z v");
    };
  }
}
