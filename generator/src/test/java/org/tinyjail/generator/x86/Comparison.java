package org.tinyjail.generator.x86;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Compares an instruction that was decoded with what objdump makes of the same bytes. */
final class Comparison {
  /** No difference. */
  static final String NONE = "";

  private static final Map<String, Operation> OPERATIONS = operations();
  private static final Map<String, Condition> CONDITIONS = conditions();
  private static final Set<String> NEVER_RETURN =
      Set.of("ud0", "ud1", "ud2", "hlt", "int3", "int1", "icebp");

  private static final Map<Integer, String> ENCODINGS =
      Map.of(0xc4, "VEX", 0xc5, "VEX", 0x62, "EVEX", 0x8f, "XOP");
  private static final Set<String> PREFIX_BYTES =
      Set.of("26", "2e", "36", "3e", "64", "65", "66", "67", "f0", "f2", "f3");

  private Comparison() {}

  private static Map<String, Operation> operations() {
    Map<String, Operation> map = new HashMap<>();
    sized(map, Operation.MOVE, "mov", "movabs", "movnti");
    sized(map, Operation.LOAD_ADDRESS, "lea");
    sized(map, Operation.ADD, "add");
    sized(map, Operation.SUBTRACT, "sub");
    sized(map, Operation.AND, "and");
    sized(map, Operation.OR, "or");
    sized(map, Operation.XOR, "xor");
    sized(map, Operation.NOT, "not");
    sized(map, Operation.NEGATE, "neg");
    sized(map, Operation.INCREMENT, "inc");
    sized(map, Operation.DECREMENT, "dec");
    sized(map, Operation.SHIFT_LEFT, "shl", "sal");
    sized(map, Operation.SHIFT_RIGHT, "shr");
    sized(map, Operation.SHIFT_RIGHT_SIGNED, "sar");
    sized(map, Operation.COMPARE, "cmp");
    sized(map, Operation.TEST, "test");
    sized(map, Operation.PUSH, "push");
    sized(map, Operation.POP, "pop");
    sized(map, Operation.LEAVE, "leave");
    sized(map, Operation.EXCHANGE, "xchg");
    sized(map, Operation.NOTHING, "nop", "pause", "endbr64", "endbr32", "cldemote");
    sized(map, Operation.NOTHING, "prefetchnta", "prefetcht0", "prefetcht1", "prefetcht2");
    for (String name : List.of("sbw", "sbl", "sbq", "swl", "swq", "slq", "sxd", "sww")) {
      map.put("mov" + name, Operation.SIGN_EXTEND);
      map.put("mov" + name.replace('s', 'z'), Operation.ZERO_EXTEND);
    }
    for (String name : List.of("cbtw", "cwtl", "cltq")) {
      map.put(name, Operation.SIGN_EXTEND);
    }
    return map;
  }

  private static void sized(Map<String, Operation> map, Operation operation, String... names) {
    for (String name : names) {
      for (String size : List.of("", "b", "w", "l", "q")) {
        map.put(name + size, operation);
      }
    }
  }

  private static Map<String, Condition> conditions() {
    List<String> names =
        List.of(
            "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g");
    Map<String, Condition> map = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      map.put(names.get(i), Condition.of(i));
    }
    return map;
  }

  /** What kind of difference there is at {@code offset}, {@link #NONE} if there is none. */
  static String kind(Instruction found, ObjdumpLine line, byte[] code, int offset) {
    if (found.length() == 0) {
      return line.isBad() || line.isPrefixOnly() ? NONE : undefinedHere(line, code, offset);
    }
    if (line.isPrefixOnly() && line.length() < found.length()) {
      return "prefix alone";
    }
    if (found.map() == 0 && found.opcode() == 0x9b && found.length() < line.length()) {
      return "wait not alone";
    }
    if (line.isBad()) {
      String encoding = found.map() == 0 ? "" : encoding(code, lead(code, offset));
      String which = "map " + found.map() + " opcode " + hex(found.opcode());
      return "undefined there: " + (encoding.isEmpty() ? which : encoding);
    }
    if (found.length() != line.length()) {
      return "length: " + line.mnemonic();
    }
    for (String kind : List.of(flow(found, line), operation(found, line), operands(found, line))) {
      if (!kind.isEmpty()) {
        return kind + ": " + line.mnemonic();
      }
    }
    return NONE;
  }

  private static String undefinedHere(ObjdumpLine line, byte[] code, int offset) {
    int lead = lead(code, offset);
    boolean vector = lead > offset && !encoding(code, lead).isEmpty();
    return "undefined here: " + (vector ? "prefix before VEX" : line.mnemonic());
  }

  private static String encoding(byte[] code, int lead) {
    return ENCODINGS.getOrDefault(code[lead] & 0xff, "");
  }

  /** Where the first byte is that is no prefix. */
  private static int lead(byte[] code, int offset) {
    int at = offset;
    while (at < code.length - 1 && isPrefix(code[at] & 0xff)) {
      at++;
    }
    return at;
  }

  private static boolean isPrefix(int value) {
    return value >>> 4 == 4 || PREFIX_BYTES.contains(hex(value));
  }

  private static String hex(int opcode) {
    return String.format(Locale.ROOT, "%02x", opcode);
  }

  private static String flow(Instruction found, ObjdumpLine line) {
    if (found.flow() != expectedFlow(line)) {
      return "flow " + found.flow();
    }
    return isDirect(found)
            && found.target() != Long.parseUnsignedLong(line.operands().replace("0x", ""), 16)
        ? "target"
        : NONE;
  }

  private static boolean isDirect(Instruction found) {
    return switch (found.flow()) {
      case CALL, JUMP, JUMP_CONDITIONAL -> true;
      default -> false;
    };
  }

  private static Flow expectedFlow(ObjdumpLine line) {
    String name = line.mnemonic();
    boolean indirect = line.operands().startsWith("*");
    return switch (name) {
      case "call", "callw", "callq", "lcall", "lcallw", "lcallq" ->
          indirect ? Flow.CALL_INDIRECT : Flow.CALL;
      case "jmp", "jmpw", "jmpq", "ljmp", "ljmpw", "ljmpq" ->
          indirect ? Flow.JUMP_INDIRECT : Flow.JUMP;
      case "loop", "loope", "loopne", "loopl", "loopel", "loopnel", "xbegin" ->
          Flow.JUMP_CONDITIONAL;
      case "syscall" -> Flow.SYSCALL;
      case "sysenter" -> Flow.SYSENTER;
      case "int" -> line.operands().equals("$0x80") ? Flow.INT80 : Flow.TRAP;
      default -> expectedFlow(name);
    };
  }

  private static Flow expectedFlow(String name) {
    if (NEVER_RETURN.contains(name)) {
      return Flow.TRAP;
    }
    if (name.startsWith("j")) {
      return Flow.JUMP_CONDITIONAL;
    }
    boolean returns =
        name.startsWith("ret")
            || name.startsWith("lret")
            || name.startsWith("iret")
            || name.startsWith("sysret")
            || name.startsWith("sysexit")
            || name.equals("rsm");
    return returns ? Flow.RETURN : Flow.NONE;
  }

  private static String operation(Instruction found, ObjdumpLine line) {
    String name = line.mnemonic();
    if (found.condition() != expectedCondition(found, name)) {
      return "condition " + found.condition();
    }
    if (found.flow() != Flow.NONE) {
      return NONE;
    }
    Operation expected = OPERATIONS.getOrDefault(name, Operation.OTHER);
    if (name.startsWith("cmov")) {
      expected = Operation.CONDITIONAL_MOVE;
    } else if (name.startsWith("set") && CONDITIONS.containsKey(name.substring(3))) {
      expected = Operation.SET;
    } else if (name.startsWith("imul") && line.operandList().size() > 1) {
      expected = Operation.MULTIPLY;
    } else if (expected == Operation.MOVE && movesOtherRegister(line)) {
      expected = Operation.OTHER;
    }
    return found.operation() == expected ? NONE : "operation " + found.operation();
  }

  private static boolean movesOtherRegister(ObjdumpLine line) {
    for (String operand : line.operandList()) {
      boolean other =
          isSegment(operand)
              || operand.startsWith("%cr")
              || operand.startsWith("%db")
              || operand.startsWith("%?")
              || operand.startsWith("%mm")
              || operand.startsWith("%xmm");
      if (other) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSegment(String name) {
    return name.length() == 3 && name.endsWith("s");
  }

  private static Condition expectedCondition(Instruction found, String name) {
    int prefix = name.startsWith("cmov") ? 4 : name.startsWith("set") ? 3 : 1;
    boolean may =
        name.startsWith("cmov") || name.startsWith("set") || found.flow() == Flow.JUMP_CONDITIONAL;
    String suffix = may ? name.substring(prefix) : "";
    return CONDITIONS.getOrDefault(suffix, Condition.NONE);
  }

  private static String operands(Instruction found, ObjdumpLine line) {
    List<String> operands = line.operandList();
    String memory = memory(found, line, operands);
    if (!memory.isEmpty()) {
      return memory;
    }
    String immediate = immediate(found, operands);
    if (!immediate.isEmpty()) {
      return immediate;
    }
    return registers(found, operands);
  }

  private static String memory(Instruction found, ObjdumpLine line, List<String> operands) {
    for (String operand : operands) {
      boolean printed =
          (operand.indexOf('(') >= 0 && !operand.startsWith("%st"))
              || (operand.startsWith("0x") && !isDirect(found))
              || operand.startsWith("%fs:")
              || operand.startsWith("%gs:")
              || operand.startsWith("*0x");
      if (printed && (found.hasMemory() || !isImplied(operand))) {
        return found.hasMemory() && ObjdumpMemory.parse(operand).isThatOf(found)
            ? fixed(found, line)
            : "memory";
      }
    }
    return found.hasMemory() && found.operation() != Operation.NOTHING ? "memory beside" : NONE;
  }

  /** Strings and ports: no operand of ours. */
  private static boolean isImplied(String operand) {
    return operand.equals("(%dx)")
        || operand.endsWith(":(%rdi)")
        || operand.endsWith(":(%rsi)")
        || operand.endsWith(":(%edi)")
        || operand.endsWith(":(%esi)")
        || operand.endsWith(":(%rbx)")
        || operand.endsWith(":(%ebx)");
  }

  private static String fixed(Instruction found, ObjdumpLine line) {
    if (found.base() != Instruction.RIP || line.comment().isEmpty()) {
      return NONE;
    }
    String address = line.comment().split(" ", 2)[0].replace("0x", "");
    long mask = found.addressSize() == 32 ? 0xffffffffL : -1;
    boolean same =
        !found.hasFixedAddress()
            || found.fixedAddress() == (Long.parseUnsignedLong(address, 16) & mask);
    return same ? NONE : "fixed address";
  }

  private static String immediate(Instruction found, List<String> operands) {
    if (operands.isEmpty() || !operands.get(0).startsWith("$")) {
      return NONE;
    }
    long printed = Long.parseUnsignedLong(operands.get(0).substring(1).replace("0x", ""), 16);
    int bits = found.firstSize() == 0 ? 64 : found.firstSize();
    long mask = bits == 64 ? -1 : (1L << bits) - 1;
    boolean same = found.hasImmediate() && (printed & mask) == (found.immediate() & mask);
    return same ? NONE : "immediate";
  }

  private static String registers(Instruction found, List<String> operands) {
    int count = operands.size();
    if (found.operation() == Operation.OTHER && found.flow() == Flow.NONE) {
      return count > 0 ? written(found, operands.get(count - 1)) : NONE;
    }
    if (count > 0
        && !names(
            found.first(), found.firstRegister(), found.firstSize(), operands.get(count - 1))) {
      return "first register";
    }
    boolean second =
        count < 2
            || names(
                found.second(),
                found.secondRegister(),
                found.secondSize(),
                operands.get(count - 2));
    return second ? NONE : "second register";
  }

  private static boolean names(Operand kind, int number, int size, String operand) {
    String name = operand.startsWith("*") ? operand.substring(1) : operand;
    return switch (kind) {
      case REGISTER -> name.equals("%" + Listing.register(number, size));
      case HIGH_BYTE -> name.equals("%" + Listing.highByte(number));
      case MEMORY -> name.indexOf('(') >= 0 || name.indexOf(':') > 0 || name.startsWith("0x");
      default -> !name.startsWith("%") || isSegment(name);
    };
  }

  /** The destination, if it is a general register, must be among those that may be written. */
  private static String written(Instruction found, String destination) {
    int number = number(destination);
    return number < 0 || (found.writes() >>> number & 1) != 0 ? NONE : "unwritten";
  }

  private static int number(String name) {
    for (int number = 0; number < 16; number++) {
      for (int bits = 8; bits <= 64; bits *= 2) {
        if (name.equals("%" + Listing.register(number, bits))) {
          return number;
        }
      }
    }
    return name.length() == 3 && name.endsWith("h") ? "acdb".indexOf(name.charAt(1)) : -1;
  }
}
