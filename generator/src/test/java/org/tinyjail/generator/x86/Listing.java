package org.tinyjail.generator.x86;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** An instruction in words, as the tests' tables have it. */
final class Listing {
  private static final List<String> LETTERS =
      List.of("ax", "cx", "dx", "bx", "sp", "bp", "si", "di");
  private static final List<String> HIGH = List.of("ah", "ch", "dh", "bh");

  private Listing() {}

  /** What it does, to what; of other instructions what they may write. */
  static String of(Instruction i) {
    String name = i.flow() == Flow.NONE ? i.operation().name() : i.flow().name();
    String condition = i.condition() == Condition.NONE ? "" : " if " + i.condition();
    List<String> operands = new ArrayList<>();
    if (isDirect(i.flow())) {
      operands.add(Long.toHexString(i.target()));
    }
    add(operands, i, i.first(), i.firstRegister(), i.firstSize());
    add(operands, i, i.second(), i.secondRegister(), i.secondSize());
    if (i.operation() == Operation.MULTIPLY && i.hasImmediate()) {
      operands.add(Long.toString(i.immediate()));
    }
    String text = (name + condition + " " + String.join(", ", operands)).trim();
    boolean branchOnly = i.flow() != Flow.NONE && i.writes() == 0;
    return i.operation() == Operation.OTHER && !branchOnly ? text + written(i) : text;
  }

  private static boolean isDirect(Flow flow) {
    return flow == Flow.CALL || flow == Flow.JUMP || flow == Flow.JUMP_CONDITIONAL;
  }

  private static void add(
      List<String> operands, Instruction i, Operand operand, int number, int size) {
    switch (operand) {
      case NONE -> {}
      case REGISTER -> operands.add(register(number, size));
      case HIGH_BYTE -> operands.add(HIGH.get(number));
      case MEMORY -> operands.add(memory(i) + (size == 0 ? "" : ":" + size));
      case IMMEDIATE -> operands.add(Long.toString(i.immediate()));
      case OTHER -> operands.add("?");
    }
  }

  /** What assemblers call {@code bits} bits of a general register. */
  static String register(int number, int bits) {
    if (number >= 8) {
      return "r" + number + (bits == 64 ? "" : bits == 32 ? "d" : bits == 16 ? "w" : "b");
    }
    String letters = LETTERS.get(number);
    if (bits == 8) {
      return number < 4 ? letters.charAt(0) + "l" : letters + "l";
    }
    return (bits == 64 ? "r" : bits == 32 ? "e" : "") + letters;
  }

  /** What assemblers call bits 8 to 15. */
  static String highByte(int number) {
    return HIGH.get(number);
  }

  private static String memory(Instruction i) {
    if (i.hasFixedAddress()) {
      return "[" + Long.toHexString(i.fixedAddress()) + "]";
    }
    List<String> parts = new ArrayList<>();
    if (i.base() != Instruction.NONE) {
      parts.add(i.base() == Instruction.RIP ? "rip" : register(i.base(), i.addressSize()));
    }
    if (i.index() != Instruction.NONE) {
      String index =
          i.index() == Instruction.VECTOR ? "vector" : register(i.index(), i.addressSize());
      parts.add(index + "*" + i.scale());
    }
    String unit = i.isDisplacementExact() ? "" : " units";
    parts.add(i.displacement() + unit);
    String segment =
        i.segment() == Segment.NONE ? "" : i.segment().name().toLowerCase(Locale.ROOT) + ":";
    return "[" + segment + String.join("+", parts) + "]";
  }

  private static String written(Instruction i) {
    String registers =
        IntStream.range(0, 16)
            .filter(n -> (i.writes() >>> n & 1) != 0)
            .mapToObj(n -> " " + register(n, 64))
            .collect(Collectors.joining());
    return " ->" + registers + (i.mayWriteMemory() ? " memory" : "");
  }
}
