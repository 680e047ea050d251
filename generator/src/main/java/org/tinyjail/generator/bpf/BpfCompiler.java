package org.tinyjail.generator.bpf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tinyjail.generator.bpf.Node.Leaf;
import org.tinyjail.generator.bpf.Node.Search;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Multiplexed;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/**
 * Compiles policies to filters.
 *
 * <p>Check the architecture, then search the number among intervals of equal decisions, then test
 * arguments. The meaning is {@link Policy#actionFor}, whose answers the {@link Options.Form} turns
 * into what the filter returns.
 *
 * <p>Every filter with a supervisor answers EBUSY to {@code seccomp(SECCOMP_SET_MODE_FILTER)} with
 * {@code SECCOMP_FILTER_FLAG_NEW_LISTENER}: of several notifying filters the kernel asks the newest
 * one only, so a target that may install its own could answer itself. For the same reason it leaves
 * a {@code prlimit64} that sets limits of another process to the supervisor even where the policy
 * lets it pass: by such limits a target could end the supervisor itself.
 *
 * <p>Where all is let pass, the return from a signal handler passes unasked. A call that waits for
 * a supervisor ends with EINTR when another signal comes whose handler does not restart calls; this
 * one does not return where it was made, so the program would go on behind its end: nginx, learned,
 * crashed so in one of some fifty runs. Source: kernel/seccomp.c, seccomp_do_user_notification().
 */
public final class BpfCompiler {
  private static final Action BUSY = Action.fail(16);
  private static final int SET_MODE_FILTER = 1;
  private static final int NEW_LISTENER = 8;

  private static final List<String> EXEC = List.of("execve", "execveat");
  private static final List<String> SIGNAL_RETURNS = List.of("rt_sigreturn", "sigreturn");
  private static final List<String> MULTIPLEXERS = List.of("socketcall", "ipc");
  private static final String SECCOMP = "seccomp";
  private static final String PRLIMIT = "prlimit64";

  /** {@code prlimit64(pid, resource, new_limit, old_limit)}: pid 0 is the caller's own process. */
  private static final List<ArgCondition> SETS_ANOTHERS_LIMIT =
      List.of(
          new ArgCondition(0, ArgCondition.Operator.NE, 0, 0),
          new ArgCondition(2, ArgCondition.Operator.NE, 0, 0));

  private final Policy policy;
  private final Options options;
  private final boolean learning;
  private final Action newListener;
  private final boolean supervised;
  private final Set<Arch> inForce;
  private final Map<String, List<Rule>> rules = new HashMap<>();
  private final Nodes nodes = new Nodes();
  private final Conditions conditions = new Conditions(nodes);
  private final Leaf ordinary;
  private final Leaf foreign;

  private BpfCompiler(Policy policy, Options options, boolean learning, Action newListener) {
    this.policy = policy;
    this.options = options;
    this.learning = learning;
    this.newListener = newListener;
    this.supervised = learning || options.form() != Options.Form.VERDICT;
    this.inForce = policy.architecturesOn(options.machine());
    this.ordinary = leaf(policy.defaultAction());
    this.foreign = leaf(learning ? Action.fail(Action.ENOSYS) : policy.foreignAction());
    for (Rule rule : policy.rules()) {
      List<Rule> same = rules.get(rule.syscall());
      if (same == null) {
        same = new ArrayList<>(2);
        rules.put(rule.syscall(), same);
      }
      same.add(rule);
    }
  }

  /**
   * The filter of a policy.
   *
   * @throws FilterTooLargeException if it has more instructions than the kernel takes
   */
  public static BpfProgram compile(Policy policy, Options options) {
    return Assembler.assemble(new BpfCompiler(policy, options, false, BUSY).program());
  }

  /**
   * The filter under which a program is watched: all calls go to the supervisor, those of the
   * machine's 32-bit architecture too where its numbers are known; other architectures, x32 among
   * them, fail with ENOSYS.
   *
   * @param machine the architecture it will run on
   * @param refused calls that fail with ENOSYS, so that libc falls back to others
   * @param allowed rules for what runs without the supervisor
   */
  public static BpfProgram compileLearning(
      Arch machine, Collection<String> refused, Collection<Rule> allowed) {
    List<Rule> rules = new ArrayList<>(allowed);
    for (String name : refused) {
      rules.add(new Rule(name, List.of(), Action.fail(Action.ENOSYS)));
    }
    return watching(machine, rules, BUSY);
  }

  /**
   * The filter under which a program is traced: as for learning, but a listener of the program's
   * own is the supervisor's to refuse, so that the call is seen.
   *
   * @param machine the architecture it will run on
   * @param unwatched names of calls that run without the supervisor
   */
  public static BpfProgram compileTracing(Arch machine, Collection<String> unwatched) {
    List<Rule> rules = new ArrayList<>();
    for (String name : unwatched) {
      rules.add(new Rule(name, List.of(), Action.ALLOW));
    }
    return watching(machine, rules, Action.NOTIFY);
  }

  private static BpfProgram watching(Arch machine, List<Rule> rules, Action newListener) {
    List<Arch> architectures = machine == Arch.X86_64 ? List.of(Arch.X86) : List.of();
    Policy policy =
        new Policy(
            Action.NOTIFY, architectures, rules, List.of(), Optional.empty(), Optional.empty());
    return Assembler.assemble(
        new BpfCompiler(policy, Options.verdict(machine), true, newListener).program());
  }

  /** The decision on the architecture: as a search of single values among foreign ones. */
  private Node program() {
    List<Arch> told = architecturesToTell();
    int size = 2 * told.size() + 1;
    int[] starts = new int[size];
    Node[] children = new Node[size];
    long[] weights = new long[size];
    Arrays.fill(children, foreign);
    Arrays.fill(weights, 1);
    for (int i = 0; i < told.size(); i++) {
      Arch arch = told.get(i);
      starts[2 * i + 1] = arch.auditValue();
      starts[2 * i + 2] = arch.auditValue() + 1;
      children[2 * i + 1] = numbers(arch);
      weights[2 * i + 1] = arch == options.machine() ? 1000 : 100;
    }
    return new Search(Op.ARCH, -1, starts, children, weights);
  }

  /** Those in force or guarded, by ascending value; x32 is told apart by the number. */
  private List<Arch> architecturesToTell() {
    List<Arch> told = new ArrayList<>();
    for (Arch arch : Arch.values()) {
      if (arch != Arch.X32 && (inForce.contains(arch) || isGuarded(arch))) {
        told.add(arch);
      }
    }
    told.sort((a, b) -> Integer.compareUnsigned(a.auditValue(), b.auditValue()));
    return told;
  }

  /**
   * Where foreign calls pass (complaining), a listener may not be installed through those either.
   */
  private boolean isGuarded(Arch arch) {
    boolean foreignPass = options.form() == Options.Form.COMPLAINING;
    return supervised
        && (inForce.contains(arch)
            || (foreignPass && arch.hasTable() && options.machine().runs(arch)));
  }

  private Node numbers(Arch arch) {
    Numbers numbers = new Numbers(Action.ALLOW.filterValue());
    put(numbers, arch, 0);
    if (arch == Arch.X86_64) {
      put(numbers, Arch.X32, Arch.X32_BIT);
      numbers.append(-1, above(arch), 1);
    }
    return numbers.search();
  }

  private void put(Numbers numbers, Arch arch, int from) {
    SyscallTable table = SyscallTable.of(arch);
    for (String name : namesToTell(arch)) {
      OptionalInt number = table.number(name);
      if (number.isPresent()) {
        numbers.put(number.getAsInt(), decision(name, arch));
      }
    }
    Leaf inside = inForce.contains(arch) ? ordinary : foreign;
    numbers.fill(from, table.newest(), inside, above(arch));
  }

  /** The calls of {@code arch} that may be decided otherwise than by default. */
  private Set<String> namesToTell(Arch arch) {
    Set<String> names = new HashSet<>();
    if (inForce.contains(arch)) {
      names.addAll(rules.keySet());
      names.addAll(EXEC);
      names.addAll(MULTIPLEXERS);
      if (supervised) {
        names.add(PRLIMIT);
      }
    }
    if (isGuarded(arch)) {
      names.add(SECCOMP);
    }
    if (passesAll()) {
      names.addAll(SIGNAL_RETURNS);
    }
    return names;
  }

  /** Whether the supervisor is there to see, not to decide. */
  private boolean passesAll() {
    return learning || options.form() == Options.Form.COMPLAINING;
  }

  private Node decision(String name, Arch arch) {
    if (passesAll() && inForce.contains(arch) && SIGNAL_RETURNS.contains(name)) {
      return nodes.leaf(Action.ALLOW.filterValue());
    }
    Node decision = inForce.contains(arch) ? byRules(name, arch) : foreign;
    if (options.freeExec() && EXEC.contains(name) && !passes(decision)) {
      decision = leaf(Action.NOTIFY);
    }
    return name.equals(SECCOMP) && isGuarded(arch) ? guarded(decision, arch) : decision;
  }

  private Node byRules(String name, Arch arch) {
    List<Rule> bearing =
        arch == Arch.X86 && MULTIPLEXERS.contains(name)
            ? Multiplexed.rulesFor(name, arch, policy.rules())
            : rules.getOrDefault(name, List.of());
    if (supervised && name.equals(PRLIMIT)) {
      bearing = askingBeforeItPasses(bearing);
    }
    if (bearing.size() == 1 && bearing.get(0).conditions().isEmpty()) {
      return ruled(bearing.get(0).action());
    }
    List<Rule> strictestFirst = new ArrayList<>(bearing);
    strictestFirst.sort((a, b) -> a.action().precedence() - b.action().precedence());
    return conditions.decide(strictestFirst, arch, rule -> ruled(rule.action()), ordinary);
  }

  /** Rules that notify where those of prlimit64 would let another process's limits be set. */
  private List<Rule> askingBeforeItPasses(List<Rule> bearing) {
    List<Rule> all = new ArrayList<>(bearing);
    if (yieldsToNotify(policy.defaultAction())) {
      all.add(new Rule(PRLIMIT, SETS_ANOTHERS_LIMIT, Action.NOTIFY));
    }
    for (Rule rule : bearing) {
      if (yieldsToNotify(rule.action())) {
        List<ArgCondition> both = new ArrayList<>(rule.conditions());
        both.addAll(SETS_ANOTHERS_LIMIT);
        all.add(new Rule(PRLIMIT, both, Action.NOTIFY));
      }
    }
    return all;
  }

  private static boolean yieldsToNotify(Action action) {
    return action.precedence() > Action.NOTIFY.precedence();
  }

  private static boolean passes(Node decision) {
    return decision instanceof Leaf leaf
        && (leaf.value == Action.ALLOW.filterValue() || leaf.value == Action.LOG.filterValue());
  }

  private Node guarded(Node decision, Arch arch) {
    Rule guard =
        new Rule(
            SECCOMP,
            List.of(
                ArgCondition.masked(0, ArgCondition.INT_MASK, SET_MODE_FILTER),
                ArgCondition.masked(1, NEW_LISTENER, NEW_LISTENER)),
            newListener);
    Leaf refusal = nodes.leaf(newListener.filterValue());
    return conditions.decide(List.of(guard), arch, rule -> refusal, decision);
  }

  /** For numbers above the newest of {@code arch}. */
  private Leaf above(Arch arch) {
    if (!inForce.contains(arch)) {
      return foreign;
    }
    return learning ? ordinary : leaf(policy.newerAction());
  }

  /**
   * The answer of a rule. One that answers ENOSYS says "as if the kernel did not have it", as for
   * clone3: no denial that anybody would want to know of, so nobody is asked.
   */
  private Leaf ruled(Action action) {
    // Not equals(): the first one of a record costs more time than the whole compilation.
    return action instanceof Action.Fail fail && fail.errno() == Action.ENOSYS
        ? nodes.leaf(action.filterValue())
        : leaf(action);
  }

  private Leaf leaf(Action action) {
    boolean asked =
        switch (options.form()) {
          case VERDICT -> false;
          case NOTIFYING -> action instanceof Action.Fail;
          case COMPLAINING -> action.denies();
        };
    return nodes.leaf((asked ? Action.NOTIFY : action).filterValue());
  }
}
