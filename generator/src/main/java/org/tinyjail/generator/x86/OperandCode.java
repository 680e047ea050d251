package org.tinyjail.generator.x86;

/**
 * An operand as {@code opcodes.txt} names it, such as {@code Ev}.
 *
 * @param letter its first character
 * @param immediate what it adds behind the instruction
 */
record OperandCode(char letter, Slot slot, Width width, Immediate immediate) {
  private static final String OF_MODRM = "EGRMTWQUNVPKSCD";

  static OperandCode of(String text) {
    return switch (text) {
      case "rAX" -> new OperandCode('r', Slot.RAX, Width.FULL, Immediate.NONE);
      case "hAX" -> new OperandCode('h', Slot.RAX, Width.HALF, Immediate.NONE);
      case "AL" -> new OperandCode('A', Slot.RAX, Width.BYTE, Immediate.NONE);
      case "CL" -> new OperandCode('L', Slot.RCX, Width.BYTE, Immediate.NONE);
      case "1" -> new OperandCode('1', Slot.IMMEDIATE, Width.BYTE, Immediate.ONE);
      default -> of(text.charAt(0), text.substring(1));
    };
  }

  private static OperandCode of(char letter, String size) {
    return switch (letter) {
      case 'I', 'J' -> new OperandCode(letter, Slot.IMMEDIATE, Width.NONE, Immediate.of(size));
      case 'O' -> new OperandCode(letter, Slot.ADDRESS, Width.of(size), Immediate.ADDRESS);
      default -> new OperandCode(letter, slot(letter), Width.of(size), Immediate.NONE);
    };
  }

  private static Slot slot(char letter) {
    return switch (letter) {
      case 'E', 'R', 'M', 'T' -> Slot.RM;
      case 'W', 'Q', 'U', 'N' -> Slot.VECTOR_RM;
      case 'G' -> Slot.REG;
      case 'B' -> Slot.VVVV;
      case 'Z' -> Slot.OPCODE;
      case 'V', 'P', 'K', 'H', 'S', 'C', 'D' -> Slot.OTHER;
      default -> throw new IllegalArgumentException("operand " + letter + " is not explained");
    };
  }

  boolean needsModrm() {
    return OF_MODRM.indexOf(letter) >= 0;
  }

  boolean takesMemory() {
    return "RUN".indexOf(letter) < 0;
  }

  boolean takesRegister() {
    return !hasVectorIndex() && letter != 'M';
  }

  boolean hasVectorIndex() {
    return letter == 'T';
  }

  /** Whether ModRM means a register whatever its field mod says. */
  boolean ignoresMod() {
    return letter == 'C' || letter == 'D';
  }

  boolean isRelative() {
    return letter == 'J';
  }
}
