package org.tinyjail.generator.x86;

import java.util.List;

/**
 * One instruction, as {@link Decoder#decode} has found it. Made once and filled again and again, so
 * it belongs to one thread, and what it tells is true until the next decoding.
 *
 * <p>General registers are numbered as the processor does: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi,
 * r8 to r15. What a called function or the kernel does to registers is told of the kernel only.
 */
public final class Instruction {
  /** No register. */
  public static final int NONE = -1;

  /** The general registers, by their numbers. */
  public static final List<String> REGISTERS =
      List.of(
          "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
          "r13", "r14", "r15");

  /** As {@link #base}: the address of the next instruction. */
  public static final int RIP = 16;

  /** As {@link #index}: a vector register, so there are several addresses. */
  public static final int VECTOR = 17;

  static final int OPERAND_SIZE = 1;
  static final int REP = 2;
  static final int REPNE = 4;
  static final int ADDRESS_SIZE = 8;
  static final int LOCK = 0x10;
  static final int SEGMENT_FS = 0x20;
  static final int SEGMENT_GS = 0x40;
  static final int WITHOUT_EFFECT = 0x80;

  static final int REX_B = 1;
  static final int REX_X = 2;
  static final int REX_R = 4;
  static final int REX_W = 8;

  private static final int INT_OF_CALLS = 0x80;

  long address;
  int length;
  Form form = Form.INVALID;
  int map;
  int opcode;
  int prefixes;

  /** The prefix as it is, or what VEX and its like say in its place; 0 for none. */
  int rex;

  int vvvv;
  int reg;
  int rm;
  boolean memory;
  int base;
  int index;
  int scale;
  long displacement;
  boolean compressed;
  long immediate;

  /** Where it is. */
  public long address() {
    return address;
  }

  /** Its bytes, 1 to 15. */
  public int length() {
    return length;
  }

  /**
   * Where its opcode is defined: 0 for opcodes of one byte, 1 for those behind 0F, 2 behind 0F 38,
   * 3 behind 0F 3A; of VEX, EVEX and XOP what the prefix says.
   */
  public int map() {
    return map;
  }

  /** The opcode's last byte. */
  public int opcode() {
    return opcode;
  }

  /** Bits of an operand whose size nothing but prefixes gives: 16, 32 or 64. */
  public int operandSize() {
    if ((rex & REX_W) != 0) {
      return 64;
    }
    return (prefixes & OPERAND_SIZE) != 0 ? 16 : 32;
  }

  /** Bits of addresses: 64, or 32 with a prefix. */
  public int addressSize() {
    return (prefixes & ADDRESS_SIZE) != 0 ? 32 : 64;
  }

  /** What is added to the address of a memory operand. */
  public Segment segment() {
    if ((prefixes & SEGMENT_FS) != 0) {
      return Segment.FS;
    }
    return (prefixes & SEGMENT_GS) != 0 ? Segment.GS : Segment.NONE;
  }

  /** Whether there is a prefix {@code rep} (F3), repeating or of another meaning. */
  public boolean hasRep() {
    return (prefixes & REP) != 0;
  }

  /** Whether there is a prefix {@code repne} (F2), repeating or of another meaning. */
  public boolean hasRepne() {
    return (prefixes & REPNE) != 0;
  }

  /** Whether there is a prefix {@code lock}. */
  public boolean isLocked() {
    return (prefixes & LOCK) != 0;
  }

  /** What it computes. */
  public Operation operation() {
    return form.operation;
  }

  /** Where execution goes on. */
  public Flow flow() {
    Flow flow = form.flow;
    return flow == Flow.INT80 && immediate != INT_OF_CALLS ? Flow.TRAP : flow;
  }

  /** Where a direct jump or call goes; 0 for all others. */
  public long target() {
    return isDirect() ? address + length + immediate : 0;
  }

  private boolean isDirect() {
    return form.flow == Flow.CALL || form.flow == Flow.JUMP || form.flow == Flow.JUMP_CONDITIONAL;
  }

  /** What a conditional jump, move or set depends on. */
  public Condition condition() {
    return form.condition ? Condition.of(opcode) : Condition.NONE;
  }

  /** Where the first operand is: the destination, if it is written. */
  public Operand first() {
    return operand(form.first, form.firstWidth);
  }

  /** The register of the first operand; {@link #NONE} if it is in none. */
  public int firstRegister() {
    return register(form.first, form.firstWidth);
  }

  /** Bits of the first operand: 8, 16, 32 or 64; 0 if not told. */
  public int firstSize() {
    return form.firstWidth.bits(operandSize());
  }

  /** Where the second operand is. */
  public Operand second() {
    return operand(form.second, form.secondWidth);
  }

  /** The register of the second operand; {@link #NONE} if it is in none. */
  public int secondRegister() {
    return register(form.second, form.secondWidth);
  }

  /** Bits of the second operand: 8, 16, 32 or 64; 0 if not told, as for immediates. */
  public int secondSize() {
    return form.secondWidth.bits(operandSize());
  }

  private Operand operand(Slot slot, Width width) {
    return switch (slot) {
      case NONE -> Operand.NONE;
      case RM -> memory ? Operand.MEMORY : ofRegister(rm, width);
      case VECTOR_RM -> memory ? Operand.MEMORY : Operand.OTHER;
      case REG -> ofRegister(reg, width);
      case OPCODE -> ofRegister(opcodeRegister(), width);
      case RAX, RCX, VVVV -> Operand.REGISTER;
      case IMMEDIATE -> isDirect() ? Operand.NONE : Operand.IMMEDIATE;
      case ADDRESS -> Operand.MEMORY;
      case OTHER -> Operand.OTHER;
    };
  }

  private Operand ofRegister(int number, Width width) {
    return isHighByte(number, width) ? Operand.HIGH_BYTE : Operand.REGISTER;
  }

  private int register(Slot slot, Width width) {
    return switch (slot) {
      case RM -> memory ? NONE : whole(rm, width);
      case REG -> whole(reg, width);
      case OPCODE -> whole(opcodeRegister(), width);
      case RAX -> 0;
      case RCX -> 1;
      case VVVV -> vvvv;
      default -> NONE;
    };
  }

  private int opcodeRegister() {
    return (opcode & 7) | (rex & REX_B) << 3;
  }

  private int whole(int number, Width width) {
    return isHighByte(number, width) ? number - 4 : number;
  }

  /** Any REX, even an empty one, makes spl, bpl, sil and dil of ah, ch, dh and bh. */
  private boolean isHighByte(int number, Width width) {
    return width == Width.BYTE && rex == 0 && number >= 4;
  }

  /** Whether it has an immediate value. */
  public boolean hasImmediate() {
    return form.immediate != Immediate.NONE && form.immediate != Immediate.ADDRESS && !isDirect();
  }

  /**
   * The immediate value, extended to 64 bits as the instruction means it, or by its sign where it
   * has the operand's size; take as many low bits as the other operand has. 1 of a shift by one.
   */
  public long immediate() {
    return hasImmediate() ? immediate : 0;
  }

  /** Whether there is a memory operand; {@code lea} has one, strings have none. */
  public boolean hasMemory() {
    return memory;
  }

  /** The register that the address begins with: 0 to 15, {@link #RIP} or {@link #NONE}. */
  public int base() {
    return memory ? base : NONE;
  }

  /** The register that is multiplied and added: 0 to 15, {@link #VECTOR} or {@link #NONE}. */
  public int index() {
    return memory ? index : NONE;
  }

  /** By what {@link #index} is multiplied: 1, 2, 4 or 8. */
  public int scale() {
    return memory ? scale : 1;
  }

  /** What is added to base and index, with its sign. */
  public long displacement() {
    return memory ? displacement : 0;
  }

  /**
   * Whether {@link #displacement} counts bytes. EVEX counts in a unit of the instruction's own if
   * the displacement has one byte and is not 0.
   */
  public boolean isDisplacementExact() {
    return !memory || !compressed;
  }

  /** Whether the memory operand is at the same address whatever is in the registers. */
  public boolean hasFixedAddress() {
    boolean registers = (base != RIP && base != NONE) || index != NONE;
    return memory && !registers && segment() == Segment.NONE;
  }

  /** That address; 0 if there is none. */
  public long fixedAddress() {
    if (!hasFixedAddress()) {
      return 0;
    }
    long fixed = base == RIP ? address + length + displacement : displacement;
    return addressSize() == 32 ? fixed & 0xffffffffL : fixed;
  }

  /**
   * The general registers that it may write, a bit for each number: operands, and those beside
   * them. In doubt a register is in it.
   */
  public int writes() {
    int mask = form.registers;
    if (form.writesFirst) {
      mask |= bit(firstRegister());
    }
    return form.writesSecond ? mask | bit(secondRegister()) : mask;
  }

  private static int bit(int register) {
    return register == NONE ? 0 : 1 << register;
  }

  /**
   * Whether it may write memory: its memory operand, or what registers point at. What it pushes is
   * not meant. In doubt it may.
   */
  public boolean mayWriteMemory() {
    return form.writesMemory
        || (form.writesFirst && first() == Operand.MEMORY)
        || (form.writesSecond && second() == Operand.MEMORY);
  }
}
