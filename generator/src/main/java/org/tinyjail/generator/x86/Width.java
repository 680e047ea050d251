package org.tinyjail.generator.x86;

/** How many bits of an operand count, by the size that prefixes give the instruction. */
enum Width {
  /** Not told. */
  NONE,
  BYTE,
  WORD,
  DOUBLE,
  QUAD,
  /** 16, 32 or 64. */
  FULL,
  /** Half of that. */
  HALF,
  /** 32 or 64. */
  WIDE,
  /** 64, or 16 by a prefix. */
  STACK;

  int bits(int operandSize) {
    return switch (this) {
      case NONE -> 0;
      case BYTE -> 8;
      case WORD -> 16;
      case DOUBLE -> 32;
      case QUAD -> 64;
      case FULL -> operandSize;
      case HALF -> operandSize / 2;
      case WIDE -> Math.max(32, operandSize);
      case STACK -> operandSize == 16 ? 16 : 64;
    };
  }

  static Width of(String letter) {
    return switch (letter) {
      case "" -> NONE;
      case "b" -> BYTE;
      case "w" -> WORD;
      case "d" -> DOUBLE;
      case "q" -> QUAD;
      case "v", "z" -> FULL;
      case "y" -> WIDE;
      default ->
          throw new IllegalArgumentException("size " + letter + "; wanted one of b w d q v z y");
    };
  }
}
