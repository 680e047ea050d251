package org.tinyjail.generator.bpf;

import java.util.List;
import org.tinyjail.generator.bpf.Node.Leaf;
import org.tinyjail.generator.bpf.Node.Search;
import org.tinyjail.generator.bpf.Nodes.BudgetException;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Rule;

/** The rules of one call as a decision on its arguments. */
final class Conditions {
  /** Joining that takes more choices than this is given up for a chain of tests. */
  private static final int BUDGET = 1_000;

  private static final int BUDGET_PER_CONDITION = 40;

  private final Nodes nodes;

  Conditions(Nodes nodes) {
    this.nodes = nodes;
  }

  /** What a rule answers. */
  interface Answers {
    Leaf leaf(Rule rule);
  }

  /**
   * The decision of {@code rules}, the first that matches wins, else {@code otherwise}.
   *
   * <p>Joined into one ordered diagram, in which no word is looked at twice. Where that explodes
   * (masks on several arguments) a plain chain of tests is the smaller.
   */
  Node decide(List<Rule> rules, Arch arch, Answers answers, Node otherwise) {
    int budget = BUDGET;
    for (Rule rule : rules) {
      budget += BUDGET_PER_CONDITION * rule.conditions().size();
    }
    nodes.allow(budget);
    try {
      Node decision = otherwise;
      for (int i = rules.size() - 1; i >= 0; i--) {
        decision = nodes.choose(all(rules.get(i), arch), answers.leaf(rules.get(i)), decision);
      }
      return decision;
    } catch (BudgetException e) {
      return chain(rules, arch, answers, otherwise);
    }
  }

  private Node chain(List<Rule> rules, Arch arch, Answers answers, Node otherwise) {
    Node decision = otherwise;
    for (int i = rules.size() - 1; i >= 0; i--) {
      Node matched = answers.leaf(rules.get(i));
      List<ArgCondition> conditions = rules.get(i).conditions();
      for (int c = conditions.size() - 1; c >= 0; c--) {
        matched = replaced(condition(conditions.get(c), arch), matched, decision);
      }
      decision = matched;
    }
    return decision;
  }

  /** A condition with its answers put in, without joining: for chains. */
  private Node replaced(Node condition, Node then, Node otherwise) {
    if (condition instanceof Search search) {
      Node[] children = new Node[search.children.length];
      for (int i = 0; i < children.length; i++) {
        children[i] = replaced(search.children[i], then, otherwise);
      }
      return nodes.search(search.offset, search.mask, search.starts, children);
    }
    return condition == nodes.yes ? then : otherwise;
  }

  private Node all(Rule rule, Arch arch) throws BudgetException {
    Node all = nodes.yes;
    for (ArgCondition condition : rule.conditions()) {
      all = nodes.choose(condition(condition, arch), all, nodes.no);
    }
    return all;
  }

  private Node condition(ArgCondition condition, Arch arch) {
    Node onBoth = wide(condition);
    boolean looksAtHigh =
        onBoth instanceof Search search && search.offset == Op.high(condition.index());
    return arch.is32Bit() && looksAtHigh ? ((Search) onBoth).child(0) : onBoth;
  }

  private Node wide(ArgCondition c) {
    return switch (c.operator()) {
      case EQ -> masked(c.index(), -1, c.value(), nodes.yes, nodes.no);
      case NE -> masked(c.index(), -1, c.value(), nodes.no, nodes.yes);
      case LT -> atLeast(c.index(), c.value(), nodes.no, nodes.yes);
      case GE -> atLeast(c.index(), c.value(), nodes.yes, nodes.no);
      case LE ->
          c.value() == -1 ? nodes.yes : atLeast(c.index(), c.value() + 1, nodes.no, nodes.yes);
      case GT ->
          c.value() == -1 ? nodes.no : atLeast(c.index(), c.value() + 1, nodes.yes, nodes.no);
      case MASKED_EQ -> masked(c.index(), c.value(), c.value() & c.valueTwo(), nodes.yes, nodes.no);
    };
  }

  private Node atLeast(int index, long value, Node then, Node otherwise) {
    Node low = nodes.range(Op.low(index), -1, (int) value, -1, then, otherwise);
    int high = (int) (value >>> 32);
    Node fromHigh = high == -1 ? low : nodes.range(Op.high(index), -1, 0, high, low, then);
    return high == 0 ? fromHigh : nodes.searchFrom(Op.high(index), high, otherwise, fromHigh);
  }

  private Node masked(int index, long mask, long value, Node then, Node otherwise) {
    Node low = word(Op.low(index), (int) mask, (int) value, then, otherwise);
    return word(Op.high(index), (int) (mask >>> 32), (int) (value >>> 32), low, otherwise);
  }

  /** A mask of leading ones makes a range, which joins with others; any other stays a mask. */
  private Node word(int offset, int mask, int value, Node then, Node otherwise) {
    if (mask == 0) {
      return then;
    }
    boolean leadingOnes = (~mask & (~mask + 1)) == 0;
    return leadingOnes
        ? nodes.range(offset, -1, value, value | ~mask, then, otherwise)
        : nodes.range(offset, mask, value, value, then, otherwise);
  }
}
