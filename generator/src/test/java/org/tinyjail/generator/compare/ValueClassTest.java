package org.tinyjail.generator.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;

class ValueClassTest {
  private static final int BITS = 6;

  @Test
  void theClassesAreThoseThatTryingEveryValueGives() throws Exception {
    Random random = new Random(1);
    for (int round = 0; round < 500; round++) {
      List<ArgCondition> conditions = new ArrayList<>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        List<Operator> all = List.of(Operator.values());
        Operator operator = all.get(random.nextInt(all.size()));
        long two = operator == Operator.MASKED_EQ ? random.nextInt(1 << BITS) : 0;
        conditions.add(new ArgCondition(0, operator, random.nextInt(1 << BITS), two));
      }
      Set<List<ArgCondition>> tried = new HashSet<>();
      for (long value = 0; value < 1 << BITS; value++) {
        tried.add(ValueClass.of(0, value, conditions).holding());
      }
      List<ValueClass> divided = ValueClass.divide(0, conditions, BITS);
      assertThat(divided)
          .extracting(ValueClass::holding)
          .containsExactlyInAnyOrderElementsOf(tried);
      assertThat(divided).allMatch(c -> c.example() >= 0 && c.example() < 1 << BITS);
    }
  }
}
