package org.tinyjail.generator.merge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Rule;

/**
 * A row of {@code drift.tsv}: a call that another libc or kernel puts in the place of another.
 *
 * @param seen the call with evidence; {@link #ANY_PROGRAM}: none is needed
 * @param standIn the call in its place
 * @param carriage what becomes of conditions on {@code seen}
 * @param carried by argument of {@code seen} that of {@code standIn}; {@link #DROPPED}
 * @param fixed conditions that the stand-in has in any case
 * @param since which libc, kernel or architecture makes it
 */
record DriftRow(
    String seen,
    String standIn,
    Carriage carriage,
    Map<Integer, Integer> carried,
    List<ArgCondition> fixed,
    String since) {
  static final String ANY_PROGRAM = "*";

  /** The stand-in cannot do what the argument chooses. */
  static final int DROPPED = -1;

  private static final int UNKNOWN = -2;

  DriftRow {
    carried = Map.copyOf(carried);
    fixed = List.copyOf(fixed);
  }

  /** What becomes of conditions on the call that was seen. */
  enum Carriage {
    /** Those that the row names are carried over; others cannot be kept. */
    NAMED,
    /** All are carried over in their places. */
    ALL,
    /** They say nothing about the stand-in. */
    NONE,
    /** The stand-in keeps its arguments in memory, where no filter sees them. */
    HIDDEN
  }

  static DriftRow of(String[] row) {
    Carriage carriage = Carriage.NAMED;
    Map<Integer, Integer> carried = new HashMap<>();
    List<ArgCondition> fixed = new ArrayList<>();
    for (String word : row[2].split(" ", -1)) {
      switch (word) {
        case "-" -> {}
        case "=" -> carriage = Carriage.ALL;
        case "any" -> carriage = Carriage.NONE;
        case "memory" -> carriage = Carriage.HIDDEN;
        default -> {
          int arrow = word.indexOf('>');
          if (arrow < 0) {
            fixed.addAll(ArgumentClass.parse(word).conditions());
          } else {
            carried.put(Integer.valueOf(word.substring(0, arrow)), target(word.substring(arrow)));
          }
        }
      }
    }
    return new DriftRow(row[0], row[1], carriage, carried, fixed, row[3]);
  }

  private static int target(String arrow) {
    return arrow.equals(">-") ? DROPPED : Integer.parseInt(arrow.substring(1));
  }

  /** Whether any program may need the stand-in. */
  boolean isForAnyProgram() {
    return seen.equals(ANY_PROGRAM);
  }

  /** The rule for the stand-in of a call that {@code allowed} lets pass; empty: none is safe. */
  Optional<Rule> ruleBeside(Rule allowed) {
    if (carriage == Carriage.HIDDEN) {
      boolean open = allowed.conditions().isEmpty();
      return Optional.of(
          new Rule(standIn, List.of(), open ? allowed.action() : Action.fail(Action.ENOSYS)));
    }
    List<ArgCondition> conditions = new ArrayList<>(fixed);
    if (carriage != Carriage.NONE) {
      for (ArgCondition condition : allowed.conditions()) {
        int target = carriage == Carriage.ALL ? condition.index() : targetOf(condition.index());
        if (target == UNKNOWN) {
          return Optional.empty();
        }
        if (target != DROPPED) {
          conditions.add(
              new ArgCondition(
                  target, condition.operator(), condition.value(), condition.valueTwo()));
        }
      }
    }
    conditions.sort(Comparator.comparingInt(ArgCondition::index));
    return Optional.of(new Rule(standIn, conditions, allowed.action()));
  }

  private int targetOf(int argument) {
    return carried.getOrDefault(argument, UNKNOWN);
  }
}
