package org.tinyjail.generator.reach;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What a register or a slot of the stack may hold: one of some constants, or what something held
 * when the function was entered, or anything. Does not change.
 */
final class Value {
  /** More possibilities than this are taken for anything. */
  private static final int ATOMS_MAX = 48;

  private static final long LOW32 = 0xffffffffL;

  /** Anything. */
  static final Value ANY = new Value(new Atom[0]);

  /** Ascending, each once; none: anything. */
  private final Atom[] atoms;

  private Value(Atom[] atoms) {
    this.atoms = atoms;
  }

  static Value of(Atom atom) {
    return new Value(new Atom[] {atom});
  }

  static Value constant(long number) {
    return of(new Atom.Constant(number));
  }

  /** What it may be one of; nothing: {@link #ANY}. */
  static Value of(List<Atom> atoms) {
    Atom[] all = atoms.stream().sorted().distinct().toArray(Atom[]::new);
    return all.length == 0 || all.length > ATOMS_MAX ? ANY : new Value(all);
  }

  /** What it may be; nothing if it is {@link #ANY}. */
  List<Atom> atoms() {
    return List.of(atoms);
  }

  boolean isAny() {
    return atoms.length == 0;
  }

  /** Whether it is one of constants: they are first. */
  boolean isConstant() {
    return !isAny() && atoms[atoms.length - 1] instanceof Atom.Constant;
  }

  /** Its constants, if it is not {@link #ANY}. */
  LongStream constants() {
    return Arrays.stream(atoms).filter(Atom.Constant.class::isInstance).mapToLong(Atom::number);
  }

  /** The one possibility there is, if it is of a kind; else null. */
  <T extends Atom> @Nullable T only(Class<T> kind) {
    return atoms.length == 1 && kind.isInstance(atoms[0]) ? kind.cast(atoms[0]) : null;
  }

  /** What may be this or the other; this very object if the other adds nothing. */
  @SuppressWarnings("ReferenceEquality") // the same object is the same value, and the usual case
  Value or(Value other) {
    if (this == other || isAny()) {
      return this;
    }
    if (other.isAny()) {
      return other;
    }
    Atom[] all = new Atom[atoms.length + other.atoms.length];
    int count = 0;
    int i = 0;
    int j = 0;
    while (i < atoms.length || j < other.atoms.length) {
      int order =
          i == atoms.length ? 1 : j == other.atoms.length ? -1 : atoms[i].compareTo(other.atoms[j]);
      all[count++] = order <= 0 ? atoms[i] : other.atoms[j];
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    if (count == atoms.length) {
      return this;
    }
    return count > ATOMS_MAX ? ANY : new Value(Arrays.copyOf(all, count));
  }

  /** What comes of it by arithmetic; {@link #ANY} unless it is constant. */
  Value map(LongUnaryOperator operator) {
    if (!isConstant()) {
      return ANY;
    }
    if (atoms.length == 1) {
      long before = atoms[0].number();
      long after = operator.applyAsLong(before);
      return after == before ? this : constant(after);
    }
    long[] numbers = new long[atoms.length];
    for (int i = 0; i < atoms.length; i++) {
      numbers[i] = operator.applyAsLong(atoms[i].number());
    }
    Arrays.sort(numbers);
    Atom[] all = new Atom[numbers.length];
    int count = 0;
    for (long number : numbers) {
      if (count == 0 || all[count - 1].number() != number) {
        all[count++] = new Atom.Constant(number);
      }
    }
    return new Value(Arrays.copyOf(all, count));
  }

  /** Moved by a number: constants and addresses on the stack; {@link #ANY} of others. */
  Value plus(long number) {
    Atom.StackAddress address = only(Atom.StackAddress.class);
    if (address != null) {
      return of(new Atom.StackAddress(address.offset() + number));
    }
    return number == 0 ? this : map(constant -> constant + number);
  }

  /** The low 32 bits, as writing them to a register leaves it. What was entered with stays so. */
  Value low32() {
    return isConstant() ? map(number -> number & LOW32) : this;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Value value && Arrays.equals(atoms, value.atoms);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(atoms);
  }

  @Override
  public String toString() {
    return isAny() ? "any" : Arrays.toString(atoms);
  }
}
