package org.tinyjail.generator.x86;

import java.util.Objects;

/**
 * Decodes instructions of x86-64 in 64-bit mode: length, branches, operands. All that the manuals
 * of Intel and AMD define has its length, but for APX; whether an instruction is there on some
 * processor, and whether its prefixes are allowed together, is not looked at.
 *
 * <p>Sources: Intel SDM, volume 2, chapter 2 (form of instructions) and {@code opcodes.txt}.
 */
public final class Decoder {
  /** Processors refuse longer ones. Source: Intel SDM, volume 2, section 2.3.11. */
  private static final int LONGEST = 15;

  /** Where the next byte is, if what was read is no valid instruction or is cut off. */
  private static final int INVALID = -1;

  private static final int REX = 0x100;
  private static final int[] PREFIXES = prefixes();

  /** Which part of a map mandatory prefixes choose, by the low bits of the set of prefixes. */
  private static final int[] CHOICE = {0, 1, 2, 2, 3, 3, 3, 3};

  private Decoder() {}

  private static int[] prefixes() {
    int[] table = new int[256];
    for (int i = 0x40; i < 0x50; i++) {
      table[i] = REX;
    }
    for (int segment : new int[] {0x26, 0x2e, 0x36, 0x3e}) {
      table[segment] = Instruction.WITHOUT_EFFECT;
    }
    table[0x64] = Instruction.SEGMENT_FS;
    table[0x65] = Instruction.SEGMENT_GS;
    table[0x66] = Instruction.OPERAND_SIZE;
    table[0x67] = Instruction.ADDRESS_SIZE;
    table[0xf0] = Instruction.LOCK;
    table[0xf2] = Instruction.REPNE;
    table[0xf3] = Instruction.REP;
    return table;
  }

  /**
   * Decodes the instruction at {@code offset} in {@code code}; nothing from {@code end} on is read.
   *
   * @param address what {@code offset} has as an address
   * @param out is filled; tells nothing of use if there is no valid instruction
   * @return the instruction's length; 0 if there is none: undefined, cut off by {@code end}, or
   *     longer than 15 bytes
   * @throws IndexOutOfBoundsException if {@code offset} to {@code end} is not inside {@code code}
   */
  public static int decode(byte[] code, int offset, int end, long address, Instruction out) {
    Objects.checkFromToIndex(offset, end, code.length);
    int limit = end - offset > LONGEST ? offset + LONGEST : end;
    int at = readPrefixes(code, offset, limit, out);
    if (at != INVALID) {
      at = readOpcode(code, at, limit, out);
    }
    out.memory = false;
    if (at != INVALID && out.form.modrm) {
      at = readModrm(code, at, limit, out);
    }
    if (at != INVALID && out.form.immediate != Immediate.NONE) {
      at = readImmediate(code, at, limit, out);
    }
    out.address = address;
    out.length = at == INVALID ? 0 : at - offset;
    return out.length;
  }

  /** Returns where the opcode is. REX counts only right before it. */
  private static int readPrefixes(byte[] code, int offset, int limit, Instruction out) {
    int prefixes = 0;
    int rex = 0;
    for (int at = offset; at < limit; at++) {
      int b = code[at] & 0xff;
      int prefix = PREFIXES[b];
      if (prefix == 0) {
        out.prefixes = prefixes;
        out.rex = rex;
        return at;
      }
      rex = prefix == REX ? b : 0;
      prefixes = prefix == REX ? prefixes : with(prefixes, prefix);
    }
    return INVALID;
  }

  /** The last of two that exclude each other counts. */
  private static int with(int prefixes, int prefix) {
    int repetitions = Instruction.REP | Instruction.REPNE;
    int segments = Instruction.SEGMENT_FS | Instruction.SEGMENT_GS;
    int excluded =
        (prefix & repetitions) != 0 ? repetitions : (prefix & segments) != 0 ? segments : 0;
    return (prefixes & ~excluded) | prefix;
  }

  private static int readOpcode(byte[] code, int at, int limit, Instruction out) {
    int opcode = code[at] & 0xff;
    int left = limit - at;
    return switch (opcode) {
      case 0x0f -> readEscaped(code, at + 1, limit, out);
      case 0x62 -> left > 4 ? readEvex(code, at, out) : INVALID;
      case 0x8f -> readXopOrPop(code, at, left, out);
      // Without REX.B it would swap rax with itself, and does nothing, to its upper half either.
      case 0x90 -> choose(OpcodeMaps.LEGACY, 0, out.rex & Instruction.REX_B, opcode, at + 1, out);
      case 0xc4 -> left > 3 ? readVex3(code, at, OpcodeMaps.VEX, out) : INVALID;
      case 0xc5 -> left > 2 ? readVex2(code, at, out) : INVALID;
      default -> choose(OpcodeMaps.LEGACY, 0, 0, opcode, at + 1, out);
    };
  }

  /** XOP's maps begin with 8, so that its second byte is no ModRM that pop could have. */
  private static int readXopOrPop(byte[] code, int at, int left, Instruction out) {
    return left > 3 && (code[at + 1] & 0x18) != 0
        ? readVex3(code, at, OpcodeMaps.XOP, out)
        : choose(OpcodeMaps.LEGACY, 0, 0, 0x8f, at + 1, out);
  }

  private static int readEscaped(byte[] code, int at, int limit, Instruction out) {
    int choice = CHOICE[out.prefixes & 7];
    if (at >= limit) {
      return INVALID;
    }
    int opcode = code[at] & 0xff;
    if (opcode != 0x38 && opcode != 0x3a) {
      return choose(OpcodeMaps.LEGACY, 1, choice, opcode, at + 1, out);
    }
    if (at + 1 >= limit) {
      return INVALID;
    }
    int map = opcode == 0x38 ? 2 : 3;
    return choose(OpcodeMaps.LEGACY, map, choice, code[at + 1] & 0xff, at + 2, out);
  }

  /** Source: Intel SDM, volume 2, section 2.3. Fields for registers are inverted. */
  private static int readVex2(byte[] code, int at, Instruction out) {
    if (hasForbiddenPrefix(out)) {
      return INVALID;
    }
    int fields = code[at + 1] & 0xff;
    out.rex = (fields & 0x80) == 0 ? 0x40 | Instruction.REX_R : 0x40;
    out.vvvv = ~fields >>> 3 & 0xf;
    return choose(OpcodeMaps.VEX, 1, fields & 3, code[at + 2] & 0xff, at + 3, out);
  }

  private static int readVex3(byte[] code, int at, Form[][] maps, Instruction out) {
    if (hasForbiddenPrefix(out)) {
      return INVALID;
    }
    int first = code[at + 1] & 0xff;
    int second = code[at + 2] & 0xff;
    out.rex = rex(first, second);
    out.vvvv = ~second >>> 3 & 0xf;
    return choose(maps, first & 0x1f, second & 3, code[at + 3] & 0xff, at + 4, out);
  }

  /** Source: Intel SDM, volume 2, section 2.7. Bits that are fixed there are others' in APX. */
  private static int readEvex(byte[] code, int at, Instruction out) {
    int first = code[at + 1] & 0xff;
    int second = code[at + 2] & 0xff;
    if (hasForbiddenPrefix(out) || (first & 8) != 0 || (second & 4) == 0) {
      return INVALID;
    }
    out.rex = rex(first, second);
    out.vvvv = ~second >>> 3 & 0xf;
    int next = choose(OpcodeMaps.EVEX, first & 7, second & 3, code[at + 4] & 0xff, at + 5, out);
    out.compressed = true;
    return next;
  }

  private static int rex(int first, int second) {
    return 0x40 | (~first >>> 5 & 7) | (second & 0x80) >>> 4;
  }

  private static boolean hasForbiddenPrefix(Instruction out) {
    int forbidden =
        Instruction.OPERAND_SIZE | Instruction.REP | Instruction.REPNE | Instruction.LOCK;
    return out.rex != 0 || (out.prefixes & forbidden) != 0;
  }

  private static int choose(
      Form[][] maps, int map, int choice, int opcode, int next, Instruction out) {
    Form form = maps[map][choice << 8 | opcode];
    out.form = form;
    out.map = map;
    out.opcode = opcode;
    out.compressed = false;
    return form.valid ? next : INVALID;
  }

  private static int readModrm(byte[] code, int at, int limit, Instruction out) {
    if (at >= limit) {
      return INVALID;
    }
    int modrm = code[at] & 0xff;
    int reg = modrm >>> 3 & 7;
    Form form = out.form.member(reg, modrm < 0xc0);
    out.form = form;
    out.reg = reg | (out.rex & Instruction.REX_R) << 1;
    if (modrm >= 0xc0 || form.ignoresMod) {
      out.rm = (modrm & 7) | (out.rex & Instruction.REX_B) << 3;
      return form.takesRegister(modrm & 7) ? at + 1 : INVALID;
    }
    out.memory = true;
    return form.takesMemory() ? readMemory(code, at, limit, out) : INVALID;
  }

  /** Source: Intel SDM, volume 2, tables 2-2 and 2-3. */
  private static int readMemory(byte[] code, int modrmAt, int limit, Instruction out) {
    int mod = code[modrmAt] >>> 6 & 3;
    int low = code[modrmAt] & 7;
    int at = modrmAt + 1;
    boolean relative = mod == 0 && low == 5;
    out.index = Instruction.NONE;
    out.scale = 1;
    if (low == 4) {
      if (at >= limit) {
        return INVALID;
      }
      low = readSib(code[at++] & 0xff, out);
    }
    boolean without = mod == 0 && low == 5;
    out.base =
        relative
            ? Instruction.RIP
            : without ? Instruction.NONE : low | (out.rex & Instruction.REX_B) << 3;
    return readDisplacement(code, at, limit, without ? 4 : mod == 2 ? 4 : mod, out);
  }

  /** Returns the field base. */
  private static int readSib(int sib, Instruction out) {
    int index = (sib >>> 3 & 7) | (out.rex & Instruction.REX_X) << 2;
    out.index = out.form.vectorIndex ? Instruction.VECTOR : index == 4 ? Instruction.NONE : index;
    out.scale = 1 << (sib >>> 6);
    return sib & 7;
  }

  private static int readDisplacement(byte[] code, int at, int limit, int size, Instruction out) {
    if (limit - at < size) {
      return INVALID;
    }
    out.displacement = size == 0 ? 0 : size == 1 ? code[at] : int32(code, at);
    out.compressed &= size == 1 && out.displacement != 0;
    return at + size;
  }

  private static int readImmediate(byte[] code, int at, int limit, Instruction out) {
    Immediate kind = out.form.immediate;
    int size = size(kind, out);
    if (limit - at < size) {
      return INVALID;
    }
    out.immediate =
        switch (kind) {
          case NONE -> 0;
          case ONE -> 1;
          case BYTE -> code[at];
          case UNSIGNED_BYTE -> code[at] & 0xff;
          case UNSIGNED_WORD, PAIR, WORD_AND_BYTE -> int16(code, at) & 0xffff;
          case DOUBLE -> int32(code, at);
          case SIZED, FULL, ADDRESS -> signed(code, at, size);
        };
    if (kind == Immediate.ADDRESS) {
      setAddress(out, size);
    }
    return at + size;
  }

  private static int size(Immediate kind, Instruction out) {
    return switch (kind) {
      case NONE, ONE -> 0;
      case BYTE, UNSIGNED_BYTE -> 1;
      case UNSIGNED_WORD, PAIR -> 2;
      case WORD_AND_BYTE -> 3;
      case DOUBLE -> 4;
      case SIZED -> out.operandSize() == 16 ? 2 : 4;
      case FULL -> out.operandSize() / 8;
      case ADDRESS -> out.addressSize() / 8;
    };
  }

  private static long signed(byte[] code, int at, int size) {
    return switch (size) {
      case 2 -> int16(code, at);
      case 4 -> int32(code, at);
      default -> (int32(code, at) & 0xffffffffL) | (long) int32(code, at + 4) << 32;
    };
  }

  private static void setAddress(Instruction out, int size) {
    out.memory = true;
    out.base = Instruction.NONE;
    out.index = Instruction.NONE;
    out.scale = 1;
    out.displacement = size == 4 ? out.immediate & 0xffffffffL : out.immediate;
  }

  private static int int16(byte[] code, int at) {
    return (code[at] & 0xff) | code[at + 1] << 8;
  }

  private static int int32(byte[] code, int at) {
    return (int16(code, at) & 0xffff) | int16(code, at + 2) << 16;
  }
}
