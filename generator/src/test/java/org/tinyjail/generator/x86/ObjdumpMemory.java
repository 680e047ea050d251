package org.tinyjail.generator.x86;

import java.util.List;

/**
 * A memory operand as objdump prints it, such as {@code %fs:0x10(%rax,%rbx,4)}, with registers as
 * {@link Instruction} numbers them.
 */
record ObjdumpMemory(Segment segment, long displacement, int base, int index, int scale, int bits) {
  private static final List<String> LETTERS =
      List.of("ax", "cx", "dx", "bx", "sp", "bp", "si", "di");

  static ObjdumpMemory parse(String operand) {
    String text = operand.startsWith("*") ? operand.substring(1) : operand;
    Segment segment = Segment.NONE;
    if (text.startsWith("%") && text.indexOf(':') == 3) {
      segment =
          switch (text.substring(1, 3)) {
            case "fs" -> Segment.FS;
            case "gs" -> Segment.GS;
            default -> Segment.NONE;
          };
      text = text.substring(4);
    }
    int open = text.indexOf('(');
    if (open < 0) {
      return new ObjdumpMemory(segment, number(text), Instruction.NONE, Instruction.NONE, 1, 0);
    }
    String[] registers = text.substring(open + 1, text.indexOf(')')).split(",", -1);
    String any = registers.length > 1 ? registers[0] + registers[1] : registers[0];
    return new ObjdumpMemory(
        segment,
        number(text.substring(0, open)),
        register(registers[0]),
        registers.length > 1 ? register(registers[1]) : Instruction.NONE,
        registers.length > 2 ? Integer.parseInt(registers[2]) : 1,
        any.contains("e") || any.endsWith("d") ? 32 : 64);
  }

  private static long number(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    boolean negative = text.charAt(0) == '-';
    long value = Long.parseUnsignedLong(text.substring(negative ? 3 : 2), 16);
    return negative ? -value : value;
  }

  private static int register(String name) {
    if (name.isEmpty() || name.endsWith("iz")) {
      return Instruction.NONE;
    }
    if (name.endsWith("ip")) {
      return Instruction.RIP;
    }
    if (name.contains("mm")) {
      return Instruction.VECTOR;
    }
    int known = LETTERS.indexOf(name.substring(2));
    return known >= 0 ? known : Integer.parseInt(name.substring(2).replace("d", ""));
  }

  /** Whether it is the memory operand of {@code found}. */
  boolean isThatOf(Instruction found) {
    boolean sameIndex = index == found.index();
    boolean sameScale = index == Instruction.NONE || scale == found.scale();
    boolean sameWidth = bits == 0 || bits == found.addressSize();
    return segment == found.segment()
        && base == found.base()
        && sameIndex
        && sameScale
        && (sameWidth || index == Instruction.VECTOR)
        && (!found.isDisplacementExact() || sameDisplacement(found));
  }

  private boolean sameDisplacement(Instruction found) {
    long mask = found.addressSize() == 32 ? 0xffffffffL : -1;
    return (displacement & mask) == (found.displacement() & mask);
  }
}
