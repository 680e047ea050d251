package org.tinyjail.generator.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tinyjail.generator.RandomPolicies;
import org.tinyjail.generator.bpf.EdgeCases;
import org.tinyjail.generator.compare.PolicyMerge.Kind;
import org.tinyjail.generator.compare.PolicyMerge.NotExpressibleException;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;

/** Policies by chance, compared call by call with what the model says of each of them. */
class PolicyMergeTest {
  private static final Arch MACHINE = Arch.X86_64;
  private static final int PAIRS = 60;

  /** All numbers, with the values near the conditions of all of {@code policies}. */
  private static List<SyscallData> calls(Random random, Policy... policies) {
    List<Rule> rules = new ArrayList<>();
    for (Policy policy : policies) {
      rules.addAll(policy.rules());
    }
    List<SyscallData> calls = new ArrayList<>();
    for (Arch arch : List.of(Arch.X86_64, Arch.X86, Arch.X32)) {
      for (int number : EdgeCases.numbers(arch)) {
        calls.addAll(EdgeCases.calls(policies[0].withRules(rules), arch, number, random));
      }
    }
    return calls;
  }

  private static Policy small(Policy policy) {
    return policy.withRules(policy.rules().subList(0, Math.min(10, policy.rules().size())));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aCallPassesAUnionIfAnyLetsItPassAndAnIntersectionIfAllDo(Kind kind) {
    RandomPolicies policies = new RandomPolicies(7);
    Random random = new Random(7);
    int merged = 0;
    for (int i = 0; i < PAIRS; i++) {
      Policy a = small(policies.plainPolicy());
      Policy b = small(policies.plainPolicy());
      b =
          new Policy(
              b.defaultAction(),
              a.architectures(),
              b.rules(),
              List.of(),
              a.listenerPath(),
              a.listenerMetadata());
      PolicyMerge merge;
      try {
        merge = PolicyMerge.of(List.of(a, b), kind, MACHINE, false);
      } catch (NotExpressibleException e) {
        assertThat(kind).as("an intersection is never refused").isEqualTo(Kind.UNION);
        continue;
      }
      merged++;
      assertThat(merge.policy().rules()).noneMatch(Rule::repeatsIndex);
      for (SyscallData call : calls(random, a, b, merge.policy())) {
        boolean first = !a.actionFor(call, MACHINE).denies();
        boolean second = !b.actionFor(call, MACHINE).denies();
        boolean wanted = kind == Kind.UNION ? first || second : first && second;
        boolean given = !merge.policy().actionFor(call, MACHINE).denies();
        if (merge.stricter().isEmpty()) {
          assertThat(given).as("%s of %s and %s: %s", kind, a, b, call).isEqualTo(wanted);
        } else {
          assertThat(given && !wanted).as("%s of %s and %s: %s", kind, a, b, call).isFalse();
        }
      }
    }
    assertThat(merged).as("pairs that could be merged").isGreaterThan(PAIRS / 2);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aPolicyMergedWithItselfMeansTheSame(Kind kind) throws Exception {
    RandomPolicies policies = new RandomPolicies(3);
    for (int i = 0; i < 20; i++) {
      Policy policy = policies.plainPolicy();
      PolicyMerge merge = PolicyMerge.of(List.of(policy, policy), kind, MACHINE, false);
      assertThat(PolicyDiff.of(policy, merge.policy(), MACHINE).isEmpty()).isTrue();
    }
  }

  @Test
  void theIntersectionOfConditionsOnTwoArgumentsHasBoth() throws Exception {
    ArgCondition domain = ArgCondition.masked(0, ArgCondition.INT_MASK, 2);
    ArgCondition type = ArgCondition.masked(1, 0xf, 1);
    Policy a = policy(new Rule("socket", List.of(domain), Action.ALLOW));
    Policy b = policy(new Rule("socket", List.of(type), Action.ALLOW));
    assertThat(PolicyMerge.of(List.of(a, b), Kind.INTERSECTION, MACHINE, false).policy().rules())
        .containsExactly(new Rule("socket", List.of(domain, type), Action.ALLOW));
    assertThat(PolicyMerge.of(List.of(a, b), Kind.UNION, MACHINE, false).policy().rules())
        .containsExactly(
            new Rule("socket", List.of(domain), Action.ALLOW),
            new Rule("socket", List.of(type), Action.ALLOW));
  }

  @Test
  void whereNoRuleCanSayItTheIntersectionDeniesMoreAndSaysSo() throws Exception {
    Policy a = policy(new Rule("socket", List.of(ArgCondition.masked(0, 3, 1)), Action.ALLOW));
    Policy b =
        policy(new Rule("socket", List.of(new ArgCondition(0, Operator.GE, 5, 0)), Action.ALLOW));
    PolicyMerge merge = PolicyMerge.of(List.of(a, b), Kind.INTERSECTION, MACHINE, false);
    assertThat(merge.stricter()).containsExactly("socket");
    for (long domain : new long[] {1, 5, 6}) {
      SyscallData call = SyscallData.of(MACHINE, 41, domain);
      assertThat(merge.policy().actionFor(call, MACHINE).denies()).isTrue();
    }
  }

  @Test
  void aUnionOfOtherArchitecturesIsRefusedUnlessTheCommonOnesAreAskedFor() throws Exception {
    Policy a = policy(Rule.allow("read"));
    Policy b =
        new Policy(
            a.defaultAction(),
            List.of(Arch.X86),
            a.rules(),
            List.of(),
            a.listenerPath(),
            a.listenerMetadata());
    assertThatThrownBy(() -> PolicyMerge.of(List.of(a, b), Kind.UNION, MACHINE, false))
        .isInstanceOf(NotExpressibleException.class)
        .hasMessageContaining("--common-architectures");
    Policy common = PolicyMerge.of(List.of(a, b), Kind.UNION, MACHINE, true).policy();
    assertThat(common.architecturesOn(MACHINE)).containsExactly(MACHINE);
  }

  @Test
  void aDiffIsEmptyJustWhereEveryCallIsAnsweredAlike() throws Exception {
    RandomPolicies policies = new RandomPolicies(11);
    Random random = new Random(11);
    int different = 0;
    for (int i = 0; i < 40; i++) {
      Policy a = small(policies.policy());
      List<Rule> changed = new ArrayList<>(a.rules());
      Collections.shuffle(changed, random);
      if (i % 2 == 0) {
        changed.remove(random.nextInt(changed.size()));
      }
      Policy b = a.withRules(changed);
      boolean same = PolicyDiff.of(a, b, MACHINE).isEmpty();
      boolean alike =
          calls(random, a, b).stream()
              .allMatch(c -> a.actionFor(c, MACHINE).equals(b.actionFor(c, MACHINE)));
      assertThat(same).as("%s and %s", a, b).isEqualTo(alike);
      different += same ? 0 : 1;
    }
    assertThat(different).isPositive();
  }

  private static Policy policy(Rule... rules) {
    return Policy.of(Action.fail(Action.EPERM), List.of(rules));
  }
}
