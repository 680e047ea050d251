package org.tinyjail.generator.reach;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.reach.Question.Answer;
import org.tinyjail.generator.reach.Question.Kind;
import org.tinyjail.model.Arch;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.SyscallTable;

/**
 * The numbers of the calls that reachable functions make, and the values of arguments. A number
 * that is handed to a function is looked for at each of its callers, and so on.
 */
final class Numbers {
  /** The kernel looks at the low 32 bits of rax: arch/x86/entry/common.c, do_syscall_64(). */
  private static final long MASK = 0xffffffffL;

  /** No table has more: the largest number of any architecture with its own is under this. */
  private static final long NUMBER_MAX = 1024;

  /** More is not looked for: a program made to keep this busy is told so. */
  private static final int WANTED_MAX = 20_000;

  /** Where the kernel finds the number and the arguments: syscall(2), x86-64. */
  private static final List<Atom> REGISTERS =
      List.of(
          new Atom.Entry(State.RAX),
          new Atom.Entry(State.RDI),
          new Atom.Entry(State.RSI),
          new Atom.Entry(State.RDX),
          new Atom.Entry(State.R10),
          new Atom.Entry(State.R8),
          new Atom.Entry(State.R9));

  /** Of arguments: nothing is known of any. */
  private static final List<Value> UNKNOWN = Collections.nCopies(REGISTERS.size() - 1, Value.ANY);

  private static final SyscallTable TABLE = SyscallTable.of(Arch.X86_64);

  /** A place that makes a call whose number is not known. */
  record Unresolved(int function, long address, String held) {}

  /**
   * Something that is looked for where {@link #function} is called. Equality is written out for the
   * reason given in {@link Atom}.
   */
  private sealed interface Wanted {
    int function();

    /** In terms of what the function was entered with. */
    Atom held();
  }

  /** The number of a call, which will have these arguments. */
  private record WantedNumber(int function, Atom held, List<Value> arguments) implements Wanted {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof WantedNumber wanted
          && function == wanted.function
          && held.equals(wanted.held)
          && arguments.equals(wanted.arguments);
    }

    @Override
    public int hashCode() {
      return (31 * function + held.hashCode()) * 31 + arguments.hashCode();
    }
  }

  /** An argument of a call. */
  private record WantedArgument(int function, Atom held, int number, DangerousArgument argument)
      implements Wanted {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof WantedArgument wanted
          && function == wanted.function
          && number == wanted.number
          && argument.index() == wanted.argument.index()
          && held.equals(wanted.held);
    }

    @Override
    public int hashCode() {
      return ((31 * function + held.hashCode()) * 31 + number) * 31 + argument.index();
    }
  }

  private final Reach reach;
  private final IntFunction<List<DangerousArgument>> dangerous;

  /** For each number one function that makes the call. */
  private final Map<Integer, Integer> makers = new TreeMap<>();

  private final Map<Integer, Arguments> arguments = new TreeMap<>();
  private final List<Unresolved> unresolved = new ArrayList<>();
  private final Set<Wanted> wanted = new HashSet<>();
  private final Deque<Wanted> waiting = new ArrayDeque<>();

  private Numbers(Reach reach, IntFunction<List<DangerousArgument>> dangerous) {
    this.reach = reach;
    this.dangerous = dangerous;
  }

  /**
   * Those of all functions that {@code reach} has found.
   *
   * @param dangerous the arguments of a call that are looked for
   */
  static Numbers of(Reach reach, IntFunction<List<DangerousArgument>> dangerous)
      throws IOException {
    Numbers numbers = new Numbers(reach, dangerous);
    for (int i = 0; i < reach.visited().size(); i++) {
      int function = reach.visited().get(i);
      Linked file = reach.file(function);
      if (file.summary().entering().get(function - file.functions())) {
        numbers.visitSites(file, function);
      }
    }
    numbers.drain();
    return numbers;
  }

  /** One of the functions that make each call, by number. */
  Map<Integer, Integer> makers() {
    return Collections.unmodifiableMap(makers);
  }

  /** Values of the dangerous arguments, by the call's number. */
  Map<Integer, Arguments> arguments() {
    return Collections.unmodifiableMap(arguments);
  }

  List<Unresolved> unresolved() {
    return List.copyOf(unresolved);
  }

  private void visitSites(Linked file, int function) throws IOException {
    for (Answer site : ask(file, function, Kind.SYSCALL, 0, REGISTERS)) {
      List<Value> values = site.values();
      takeNumber(function, site.address(), values.get(0), values.subList(1, values.size()));
    }
    for (Answer site : ask(file, function, Kind.FOREIGN, 0, List.of())) {
      unresolved.add(new Unresolved(function, site.address(), "as 32-bit programs call"));
    }
  }

  /** Has the answers ready that are asked for where a function enters the kernel. */
  static void askAhead(Entry file, int function) {
    try {
      var unused = file.flows().ask(new Question(function, Kind.SYSCALL, 0, REGISTERS));
      unused = file.flows().ask(new Question(function, Kind.FOREIGN, 0, List.of()));
    } catch (IOException e) {
      return; // who wants the answer hears of it
    }
  }

  private static List<Answer> ask(
      Linked file, int function, Kind kind, long target, List<Atom> atoms) throws IOException {
    int index = function - file.functions();
    return file.entry().flows().ask(new Question(index, kind, target, atoms));
  }

  private void takeNumber(int function, long address, Value number, List<Value> given) {
    if (number.isAny()) {
      unresolved.add(new Unresolved(function, address, "any"));
      takeNamed(function);
    }
    for (Atom atom : number.atoms()) {
      if (atom instanceof Atom.Constant constant) {
        take(function, constant.number() & MASK, given);
      } else if (atom instanceof Atom.StackAddress) {
        unresolved.add(new Unresolved(function, address, atom.toString()));
      } else {
        want(new WantedNumber(function, atom, given));
      }
    }
  }

  /** Who looks numbers up in a table of names, as libseccomp does, mostly has the names beside. */
  private void takeNamed(int function) {
    Linked file = reach.file(function);
    for (String text : file.summary().textsOf(function - file.functions())) {
      TABLE.number(text).ifPresent(number -> take(function, number, UNKNOWN));
    }
  }

  private void take(int function, long number, List<Value> given) {
    if (number >= NUMBER_MAX) {
      return;
    }
    makers.putIfAbsent((int) number, function);
    for (DangerousArgument argument : dangerous.apply((int) number)) {
      takeArgument(function, (int) number, argument, given.get(argument.index()));
    }
  }

  private void takeArgument(int function, int number, DangerousArgument argument, Value value) {
    Arguments known = arguments.computeIfAbsent(number, n -> new Arguments());
    if (value.isAny()) {
      known.addAny(argument);
    }
    for (Atom atom : value.atoms()) {
      if (atom instanceof Atom.Constant constant) {
        known.add(argument, constant.number());
      } else if (atom instanceof Atom.StackAddress) {
        known.addAny(argument);
      } else {
        want(new WantedArgument(function, atom, number, argument));
      }
    }
  }

  private void want(Wanted one) {
    if (wanted.size() < WANTED_MAX && wanted.add(one)) {
      waiting.add(one);
    } else if (wanted.size() == WANTED_MAX && !wanted.contains(one)) {
      giveUp(one, "more than is looked for");
    }
  }

  private void giveUp(Wanted one, String why) {
    if (one instanceof WantedArgument wantedArgument) {
      arguments
          .computeIfAbsent(wantedArgument.number(), n -> new Arguments())
          .addAny(wantedArgument.argument());
    } else {
      Linked file = reach.file(one.function());
      long start = file.summary().functions().region(one.function() - file.functions()).start();
      unresolved.add(new Unresolved(one.function(), start, one.held() + ": " + why));
    }
  }

  private void drain() throws IOException {
    for (Wanted one = waiting.poll(); one != null; one = waiting.poll()) {
      if (root(one.held()) instanceof Atom.Global global) {
        lookAtVariable(one, global);
      } else {
        lookAtCallers(one);
      }
    }
  }

  private static Atom root(Atom atom) {
    return atom instanceof Atom.Field field ? root(field.base()) : atom;
  }

  private void lookAtCallers(Wanted one) throws IOException {
    if (reach.isTaken(one.function())) {
      giveUp(one, "handed to a function whose address is taken");
    }
    List<Atom> atoms = atoms(one);
    for (Callers.Caller caller : reach.callers().of(one.function())) {
      Linked file = reach.file(caller.function());
      for (Answer answer : ask(file, caller.function(), Kind.CALL, caller.target(), atoms)) {
        answer(one, caller.function(), answer, atoms);
      }
    }
  }

  /** What must be known where the function is called: what is wanted, and what goes with it. */
  private static List<Atom> atoms(Wanted one) {
    List<Atom> atoms = new ArrayList<>(List.of(one.held()));
    if (one instanceof WantedNumber number) {
      for (Value argument : number.arguments()) {
        argument.atoms().stream().filter(atom -> isHanded(atom)).forEach(atoms::add);
      }
    }
    return atoms.stream().distinct().toList();
  }

  /** Whether the caller knows it: it is no constant, and no variable of the called file. */
  private static boolean isHanded(Atom atom) {
    Atom root = root(atom);
    return root instanceof Atom.Entry || root instanceof Atom.EntryStack;
  }

  private void answer(Wanted one, int function, Answer answer, List<Atom> atoms) {
    Value value = answer.values().get(0);
    if (one instanceof WantedArgument wantedArgument) {
      takeArgument(function, wantedArgument.number(), wantedArgument.argument(), value);
    } else if (one instanceof WantedNumber number) {
      Map<Atom, Value> found = new LinkedHashMap<>();
      for (int i = 0; i < atoms.size(); i++) {
        found.put(atoms.get(i), answer.values().get(i));
      }
      List<Value> given =
          number.arguments().stream().map(argument -> substituted(argument, found)).toList();
      takeNumber(function, answer.address(), value, given);
    }
  }

  private static Value substituted(Value value, Map<Atom, Value> found) {
    Value all = null;
    for (Atom atom : value.atoms()) {
      Value meant =
          atom instanceof Atom.Constant ? Value.of(atom) : found.getOrDefault(atom, Value.ANY);
      all = all == null ? meant : all.or(meant);
    }
    return all == null ? Value.ANY : all;
  }

  /** A variable holds what any function of the file stores there. */
  private void lookAtVariable(Wanted one, Atom.Global global) throws IOException {
    if (one instanceof WantedArgument) {
      giveUp(one, "in a variable");
      return;
    }
    Linked file = reach.file(one.function());
    boolean found = false;
    for (int index : file.summary().stores().at(global.address())) {
      int function = file.functions() + index;
      if (reach.isVisited(function)) {
        List<Atom> atoms = List.of(one.held());
        for (Answer answer : ask(file, function, Kind.STORE, global.address(), atoms)) {
          found = true;
          takeNumber(function, answer.address(), answer.values().get(0), UNKNOWN);
        }
      }
    }
    if (!found) {
      takeInitial(one, file, global);
    }
  }

  /** A variable that nobody sets is what the file says; zero, if it says nothing: then not used. */
  private void takeInitial(Wanted one, Linked file, Atom.Global global) throws IOException {
    Long word = file.entry().flows().word(global.address());
    if (word != null && word != 0 && one.held() instanceof Atom.Global) {
      takeNumber(one.function(), global.address(), Value.constant(word), UNKNOWN);
    }
  }

  /** The functions that lead to a call of {@code number}, the first of them first. */
  List<Integer> path(int number) {
    Deque<Integer> path = new ArrayDeque<>();
    int at = makers.getOrDefault(number, Reach.NOBODY);
    while (at != Reach.NOBODY) {
      path.addFirst(at);
      at = reach.from(at);
    }
    return List.copyOf(path);
  }
}
