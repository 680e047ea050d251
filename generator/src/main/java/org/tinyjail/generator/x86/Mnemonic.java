package org.tinyjail.generator.x86;

import java.util.List;
import java.util.Locale;

/**
 * What an instruction does to its operands and beside them; {@code mnemonics.txt} explains it.
 *
 * @param name as in {@code opcodes.txt}
 * @param registers those written beside the operands, a bit for each
 * @param writesFirst whether the first operand is written
 * @param writesSecond whether the second operand is written too
 * @param writesMemory whether memory that is no operand may be written
 * @param ofStack whether the operand has the size of the stack's words
 */
record Mnemonic(
    String name,
    Operation operation,
    Flow flow,
    int registers,
    boolean writesFirst,
    boolean writesSecond,
    boolean writesMemory,
    boolean ofStack) {
  private static final List<String> OPERATIONS = names(Operation.values());
  private static final List<String> FLOWS = names(Flow.values());

  private static List<String> names(Enum<?>[] values) {
    return List.of(values).stream().map(Enum::name).toList();
  }

  /** One that only writes its first operand. */
  static Mnemonic unlisted(String name) {
    return of(name, List.of());
  }

  /** One with the words that {@code mnemonics.txt} has behind its name. */
  static Mnemonic of(String name, List<String> words) {
    Operation operation = Operation.OTHER;
    Flow flow = Flow.NONE;
    int registers = 0;
    for (String word : words) {
      if (OPERATIONS.contains(word)) {
        operation = Operation.valueOf(word);
      } else if (FLOWS.contains(word)) {
        flow = Flow.valueOf(word);
      } else if (Instruction.REGISTERS.contains(word)) {
        registers |= 1 << Instruction.REGISTERS.indexOf(word);
      } else if (!List.of("reads", "both", "memory", "stack").contains(word)) {
        throw new IllegalArgumentException(
            name.toLowerCase(Locale.ROOT) + ": the word " + word + " is not explained");
      }
    }
    return new Mnemonic(
        name,
        operation,
        flow,
        registers,
        !words.contains("reads"),
        words.contains("both"),
        words.contains("memory"),
        words.contains("stack"));
  }

  boolean hasCondition() {
    return name.endsWith("cc");
  }
}
