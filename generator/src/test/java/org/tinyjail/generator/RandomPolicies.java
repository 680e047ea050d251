package org.tinyjail.generator;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/** Policies by chance, the same for the same seed; small numbers so that rules meet each other. */
public final class RandomPolicies {
  private static final List<String> NAMES = SyscallTable.knownNames().stream().sorted().toList();

  /** Calls that meet often: with guards, free exec, multiplexers and their members. */
  private static final List<String> FAVOURITES =
      List.of(
          "seccomp",
          "execve",
          "execveat",
          "socket",
          "socketcall",
          "ipc",
          "semop",
          "ioctl",
          "personality",
          "clone",
          "read",
          "write",
          "connect",
          "prctl");

  private static final List<Action> ACTIONS =
      List.of(
          Action.ALLOW,
          Action.LOG,
          Action.NOTIFY,
          Action.TRAP,
          Action.KILL_THREAD,
          Action.KILL_PROCESS,
          Action.fail(0),
          Action.fail(1),
          Action.fail(38),
          Action.fail(4094),
          Action.trace(7));

  private static final List<Long> VALUES =
      List.of(
          0L,
          1L,
          2L,
          3L,
          16L,
          40L,
          0x7fffffffL,
          0x80000000L,
          0xfffffffeL,
          0xffffffffL,
          0x100000000L,
          0x100000001L,
          0x7fffffffffffffffL,
          0x8000000000000000L,
          -2L,
          -1L,
          0xffffffff00000000L,
          0xff00L,
          0x10000000000L);

  private final Random random;

  /** Policies of this seed. */
  public RandomPolicies(long seed) {
    this.random = new Random(seed);
  }

  /** A policy with all that the model allows, two conditions on one index included. */
  public Policy policy() {
    return policy(false);
  }

  /** A policy as libseccomp takes it: no argument twice in a rule, no rule twice. */
  public Policy plainPolicy() {
    return policy(true);
  }

  private Policy policy(boolean plain) {
    List<Rule> rules = new ArrayList<>();
    int count = 1 + random.nextInt(60);
    for (int i = 0; i < count; i++) {
      rules.add(rule(plain));
    }
    List<Arch> architectures = new ArrayList<>();
    for (Arch arch : List.of(Arch.X86_64, Arch.X86, Arch.X32)) {
      if (random.nextBoolean()) {
        architectures.add(arch);
      }
    }
    return new Policy(
        action(), architectures, rules, List.of(), Optional.empty(), Optional.empty());
  }

  private Rule rule(boolean plain) {
    String name = random.nextInt(3) == 0 ? pick(FAVOURITES) : pick(NAMES);
    List<ArgCondition> conditions = new ArrayList<>();
    int count = random.nextBoolean() ? 0 : 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      ArgCondition condition = condition();
      boolean repeats = conditions.stream().anyMatch(c -> c.index() == condition.index());
      if (!plain || !repeats) {
        conditions.add(condition);
      }
    }
    return new Rule(name, conditions, action());
  }

  private ArgCondition condition() {
    int index = random.nextInt(4) == 0 ? random.nextInt(6) : random.nextInt(2);
    ArgCondition.Operator operator = pick(List.of(ArgCondition.Operator.values()));
    long value = value();
    if (operator != ArgCondition.Operator.MASKED_EQ) {
      return new ArgCondition(index, operator, value, random.nextInt(10) == 0 ? 7 : 0);
    }
    long datum = random.nextInt(8) == 0 ? value() : value() & value;
    return ArgCondition.masked(index, value, datum);
  }

  private long value() {
    return random.nextInt(4) == 0 ? random.nextInt(8) : pick(VALUES);
  }

  private Action action() {
    return random.nextBoolean() ? Action.ALLOW : pick(ACTIONS);
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
