package org.tinyjail.generator.x86;

import java.util.Arrays;
import java.util.List;

/** What an opcode stands for. All instructions with it share it. */
final class Form {
  private static final int REGISTERS = 0xff;
  private static final int MEMORY = 0x100;

  /** An opcode that has no meaning. */
  static final Form INVALID = new Form(Mnemonic.unlisted("-"), List.of(), 0, new Form[0]);

  final boolean valid;
  final boolean modrm;
  final boolean ignoresMod;
  final boolean vectorIndex;
  final Immediate immediate;
  final Operation operation;
  final Flow flow;
  final boolean condition;
  final Slot first;
  final Slot second;
  final Width firstWidth;
  final Width secondWidth;
  final int registers;
  final boolean writesFirst;
  final boolean writesSecond;
  final boolean writesMemory;
  private final int allowed;

  /** By the field reg of ModRM, first for memory, then for registers; empty for no group. */
  private final Form[] group;

  private Form(Mnemonic mnemonic, List<OperandCode> operands, int allowed, Form[] group) {
    this.valid = allowed != 0;
    boolean needsModrm = group.length != 0;
    boolean ignores = false;
    boolean hasIndex = false;
    Immediate behind = Immediate.NONE;
    for (OperandCode operand : operands) {
      needsModrm |= operand.needsModrm();
      ignores |= operand.ignoresMod();
      hasIndex |= operand.hasVectorIndex();
      behind = behind == Immediate.NONE ? operand.immediate() : behind;
    }
    this.modrm = needsModrm;
    this.ignoresMod = ignores;
    this.vectorIndex = hasIndex;
    this.immediate = behind;
    this.first = slot(operands, 0);
    this.second = slot(operands, 1);
    this.firstWidth = width(operands, 0, mnemonic);
    this.secondWidth = width(operands, 1, mnemonic);
    this.operation = operation(mnemonic);
    this.flow = flow(mnemonic, operands);
    this.condition = mnemonic.hasCondition();
    this.registers = mnemonic.registers();
    this.writesFirst = mnemonic.writesFirst();
    this.writesSecond = mnemonic.writesSecond();
    this.writesMemory = mnemonic.writesMemory();
    this.allowed = allowed;
    this.group = group;
  }

  /**
   * A form of its own.
   *
   * @param registers which numbers of registers it takes as its operand rm, a bit for each
   */
  static Form of(Mnemonic mnemonic, List<OperandCode> operands, int registers) {
    int allowed = (registers & REGISTERS) | MEMORY;
    for (OperandCode operand : operands) {
      allowed &= operand.takesMemory() ? -1 : ~MEMORY;
      allowed &= operand.takesRegister() ? -1 : ~REGISTERS;
    }
    return new Form(mnemonic, operands, allowed, new Form[0]);
  }

  /** What ModRM makes of an opcode; all invalid until {@link #setMember}. */
  static Form group() {
    Form[] members = new Form[16];
    Arrays.fill(members, INVALID);
    return new Form(Mnemonic.unlisted("-"), List.of(), REGISTERS | MEMORY, members);
  }

  boolean isGroup() {
    return group.length != 0;
  }

  void setMember(int reg, boolean memory, Form form) {
    group[memory ? reg : reg + 8] = form;
  }

  /** This form, or what {@code reg} makes of it. */
  Form member(int reg, boolean memory) {
    return group.length == 0 ? this : group[memory ? reg : reg + 8];
  }

  boolean takesMemory() {
    return (allowed & MEMORY) != 0;
  }

  boolean takesRegister(int rm) {
    return (allowed >>> rm & 1) != 0;
  }

  private static Slot slot(List<OperandCode> operands, int index) {
    return index < operands.size() ? operands.get(index).slot() : Slot.NONE;
  }

  private static Width width(List<OperandCode> operands, int index, Mnemonic mnemonic) {
    Width width = index < operands.size() ? operands.get(index).width() : Width.NONE;
    return mnemonic.ofStack() && index == 0 ? Width.STACK : width;
  }

  /** The manuals have one mnemonic for general registers and all others. */
  private Operation operation(Mnemonic mnemonic) {
    boolean general = first != Slot.OTHER && second != Slot.OTHER;
    return general ? mnemonic.operation() : Operation.OTHER;
  }

  private static Flow flow(Mnemonic mnemonic, List<OperandCode> operands) {
    boolean direct = !operands.isEmpty() && operands.get(0).isRelative();
    if (mnemonic.flow() == Flow.CALL && !direct) {
      return Flow.CALL_INDIRECT;
    }
    return mnemonic.flow() == Flow.JUMP && !direct ? Flow.JUMP_INDIRECT : mnemonic.flow();
  }
}
