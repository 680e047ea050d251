package org.tinyjail.generator.reach;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What some values are at some instructions of a function, in terms of what the function was
 * entered with.
 *
 * @param function of the file that is asked
 * @param kind which instructions
 * @param target what they refer to: of {@link Kind#CALL} a function, or a pointer as its complement
 *     {@code ~pointer}; of {@link Kind#STORE} an address
 * @param atoms of {@link Kind#SYSCALL} registers, as {@link Atom.Entry}; of {@link Kind#CALL} what
 *     the called function finds when it is entered; of {@link Kind#STORE} what a reader of the
 *     variable has found there
 */
record Question(int function, Kind kind, long target, List<Atom> atoms) {
  /** Kinds of instructions. */
  enum Kind {
    /** Those that enter the kernel as 64-bit programs do. */
    SYSCALL(1),
    /** Those that call a function, or jump there. */
    CALL(2),
    /** Those that set a variable. */
    STORE(3),
    /** Those that enter the kernel as 32-bit programs do. */
    FOREIGN(4);

    private static final List<Kind> VALUES = List.of(values());

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    /** What stands for it where it is kept. */
    int code() {
      return code;
    }

    static Kind of(int code) {
      return VALUES.stream()
          .filter(kind -> kind.code == code)
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("a question of kind " + code));
    }
  }

  Question {
    atoms = List.copyOf(atoms);
  }

  // Written out since a record finds out how only when it is first asked: see Atom.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Question question
        && function == question.function
        && kind == question.kind
        && target == question.target
        && atoms.equals(question.atoms);
  }

  @Override
  public int hashCode() {
    return ((31 * function + kind.code()) * 31 + Long.hashCode(target)) * 31 + atoms.hashCode();
  }

  /**
   * What is so at one instruction.
   *
   * @param address of the instruction
   * @param values of each atom of the question
   */
  record Answer(long address, List<Value> values) {
    Answer {
      values = List.copyOf(values);
    }
  }
}
