package org.tinyjail.generator.bpf;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Arch;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;
import org.tinyjail.model.SyscallTable;

/**
 * Filters as text for people: one numbered line an instruction, jump targets as line numbers, names
 * of calls and architectures as comments.
 *
 * <pre>{@code
 *  0  ld   arch
 *  1  jeq  0xc000003e        yes    2  no   69   ; x86_64
 *  2  ld   number
 *  3  jge  157               yes   40  no    4   ; prctl
 * ...
 * 68  ret  ERRNO 38
 * }</pre>
 */
public final class BpfDisassembler {
  private final List<Instruction> instructions;

  /** What is in the accumulator and which architecture it is, as far as every way there agrees. */
  private final @Nullable State[] states;

  private record State(int offset, Optional<Arch> arch) {
    static final int UNKNOWN = -1;
    static final State START = new State(UNKNOWN, Optional.empty());

    State joined(State other) {
      return new State(
          offset == other.offset ? offset : UNKNOWN,
          arch.equals(other.arch) ? arch : Optional.empty());
    }
  }

  private BpfDisassembler(BpfProgram program) {
    this.instructions = program.instructions();
    this.states = new State[instructions.size()];
    states[0] = State.START;
    for (int i = 0; i < states.length; i++) {
      follow(i);
    }
  }

  /** {@code program} as text; every line ends with a line end. */
  public static String text(BpfProgram program) {
    BpfDisassembler disassembler = new BpfDisassembler(program);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < disassembler.states.length; i++) {
      out.append(String.format(Locale.ROOT, "%4d  ", i)).append(disassembler.line(i)).append('\n');
    }
    return out.toString();
  }

  private void follow(int at) {
    Instruction i = instructions.get(at);
    State state = state(at);
    switch (i.code()) {
      case Op.LOAD -> arrive(at + 1, new State(i.k(), state.arch()));
      case Op.AND -> arrive(at + 1, new State(State.UNKNOWN, state.arch()));
      case Op.JUMP -> arrive(at + 1 + i.k(), state);
      case Op.EQ, Op.GT, Op.GE, Op.SET -> {
        boolean tellsArch = i.code() == Op.EQ && state.offset() == Op.ARCH;
        arrive(at + 1 + i.jumpTrue(), tellsArch ? new State(Op.ARCH, Arch.of(i.k(), 0)) : state);
        arrive(at + 1 + i.jumpFalse(), state);
      }
      default -> {}
    }
  }

  private State state(int at) {
    State state = states[at];
    return state == null ? State.START : state;
  }

  private void arrive(int at, State state) {
    if (at >= 0 && at < states.length) {
      State known = states[at];
      states[at] = known == null ? state : known.joined(state);
    }
  }

  private String line(int at) {
    Instruction i = instructions.get(at);
    return switch (i.code()) {
      case Op.LOAD -> "ld   " + word(i.k());
      case Op.AND -> "and  " + hex(i.k());
      case Op.JUMP -> "ja   " + (at + 1 + i.k());
      case Op.EQ -> test("jeq", at);
      case Op.GT -> test("jgt", at);
      case Op.GE -> test("jge", at);
      case Op.SET -> test("jset", at);
      case Op.RETURN -> "ret  " + answer(i.k());
      default -> String.format(Locale.ROOT, "?    code 0x%04x, k %s", i.code(), hex(i.k()));
    };
  }

  private String test(String name, int at) {
    Instruction i = instructions.get(at);
    State state = state(at);
    String comment = comment(state, i.k());
    boolean decimal = state.offset() == Op.NUMBER && i.k() >= 0 && i.k() < Arch.X32_BIT;
    return String.format(
        Locale.ROOT,
        "%-4s %-12s yes %4d  no %4d%s",
        name,
        decimal ? Integer.toString(i.k()) : hex(i.k()),
        at + 1 + i.jumpTrue(),
        at + 1 + i.jumpFalse(),
        comment.isEmpty() ? "" : "   ; " + comment);
  }

  private static String comment(State state, int k) {
    return switch (state.offset()) {
      case Op.ARCH -> Arch.of(k, 0).map(Arch::label).orElse("");
      case Op.NUMBER -> state.arch().map(arch -> call(arch, k)).orElse("");
      default -> "";
    };
  }

  private static String call(Arch told, int number) {
    Arch arch = Arch.of(told.auditValue(), number).orElse(told);
    if (!arch.hasTable()) {
      return "";
    }
    String x32 = arch == Arch.X32 ? "x32 " : "";
    if (number == Arch.X32_BIT && arch == Arch.X32) {
      return "x32";
    }
    return SyscallTable.of(arch).name(number).map(name -> x32 + name).orElse("");
  }

  private static String word(int offset) {
    return switch (offset) {
      case Op.NUMBER -> "number";
      case Op.ARCH -> "arch";
      case 8 -> "ip.low";
      case 12 -> "ip.high";
      default -> {
        boolean argument = offset >= Op.ARGUMENTS && offset < Op.DATA_SIZE && offset % 4 == 0;
        int index = (offset - Op.ARGUMENTS) / 8;
        yield argument ? "arg" + index + (offset % 8 == 0 ? ".low" : ".high") : "[" + offset + "]";
      }
    };
  }

  private static String answer(int value) {
    int data = value & 0xffff;
    String name =
        switch (value & 0xffff0000) {
          case 0x7fff0000 -> "ALLOW";
          case 0x7ffc0000 -> "LOG";
          case 0x7ff00000 -> "TRACE";
          case 0x7fc00000 -> "NOTIFY";
          case 0x00050000 -> "ERRNO";
          case 0x00030000 -> "TRAP";
          case 0x00000000 -> "KILL_THREAD";
          case 0x80000000 -> "KILL_PROCESS";
          default -> hex(value & 0xffff0000);
        };
    boolean carriesData = Arrays.asList("ERRNO", "TRACE").contains(name) || data != 0;
    return carriesData ? name + " " + data : name;
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }
}
