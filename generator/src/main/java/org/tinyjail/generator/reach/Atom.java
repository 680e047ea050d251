package org.tinyjail.generator.reach;

import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.x86.Instruction;

/**
 * One thing that a {@link Value} may be. Does not change.
 *
 * <p>No records: the first of each that is hashed costs a few milliseconds, since how is found out
 * only then, and all that is asked about data flow is hashed.
 */
abstract sealed class Atom implements Comparable<Atom> {
  private final int kind;
  private final long number;

  private Atom(int kind, long number) {
    this.kind = kind;
    this.number = number;
  }

  /** What orders atoms, and what each kind is kept as. */
  final int kind() {
    return kind;
  }

  /** What orders those of a kind. */
  final long number() {
    return number;
  }

  /** What it is built of; null: nothing. */
  @Nullable Atom base() {
    return null;
  }

  @Override
  public final int compareTo(Atom other) {
    int kinds = Integer.compare(kind, other.kind);
    int order = kinds == 0 ? Long.compare(number, other.number) : kinds;
    Atom mine = base();
    Atom its = other.base();
    return order == 0 && mine != null && its != null ? mine.compareTo(its) : order;
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof Atom atom && compareTo(atom) == 0;
  }

  @Override
  public final int hashCode() {
    Atom mine = base();
    int hash = 31 * kind + Long.hashCode(number);
    return mine == null ? hash : 31 * hash + mine.hashCode();
  }

  /** As those who look for unresolved places read it. */
  @Override
  public abstract String toString();

  /** A number; addresses too, before the load bias. */
  static final class Constant extends Atom {
    Constant(long number) {
      super(0, number);
    }

    @Override
    public String toString() {
      return Long.toString(number());
    }
  }

  /** What a general register held when the function was entered. */
  static final class Entry extends Atom {
    Entry(int register) {
      super(1, register);
    }

    int register() {
      return (int) number();
    }

    @Override
    public String toString() {
      return Instruction.REGISTERS.get(register()) + " at its entry";
    }
  }

  /** What the caller has put on the stack, so many bytes above the return address. */
  static final class EntryStack extends Atom {
    EntryStack(long offset) {
      super(2, offset);
    }

    long offset() {
      return number();
    }

    @Override
    public String toString() {
      return number() + "(%rsp) at its entry";
    }
  }

  /** The address of the return address, and a number. */
  static final class StackAddress extends Atom {
    StackAddress(long offset) {
      super(3, offset);
    }

    long offset() {
      return number();
    }

    @Override
    public String toString() {
      return "an address on the stack";
    }
  }

  /** What is in memory at {@code offset} behind what {@code base} points at. */
  static final class Field extends Atom {
    /** Pointers are not followed further: lists would be without end. */
    private static final int DEPTH_MAX = 3;

    private final Atom base;

    Field(Atom base, long offset) {
      super(4, offset);
      this.base = base;
    }

    /** That as a value; {@link Value#ANY} if too many pointers lead there. */
    static Value of(Atom base, long offset) {
      int depth = 1;
      for (Atom at = base; at instanceof Field field; at = field.base()) {
        depth++;
      }
      return depth > DEPTH_MAX ? Value.ANY : Value.of(new Field(base, offset));
    }

    @Override
    Atom base() {
      return base;
    }

    long offset() {
      return number();
    }

    @Override
    public String toString() {
      return "at " + number() + " behind " + base;
    }
  }

  /** What is in a variable of the file. */
  static final class Global extends Atom {
    Global(long address) {
      super(5, address);
    }

    long address() {
      return number();
    }

    @Override
    public String toString() {
      return "the variable at 0x" + Long.toHexString(number());
    }
  }
}
