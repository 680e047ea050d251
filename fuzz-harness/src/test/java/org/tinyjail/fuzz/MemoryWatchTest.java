package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Rule;

class MemoryWatchTest {
  private static final ArgCondition WRITABLE = new ArgCondition(2, ArgCondition.Operator.EQ, 3, 0);

  @Test
  void aKnownCallThatAsksForMuchIsSeenAllTheSame() {
    Rule known = new Rule("mmap", List.of(WRITABLE), Action.ALLOW);
    Rule unseen = MemoryWatch.unlessLarge(known);
    assertThat(unseen.conditions()).contains(WRITABLE).hasSize(2);
    assertThat(unseen.conditions().get(1).index()).as("the length").isEqualTo(1);
    assertThat(MemoryWatch.unlessLarge(new Rule("mremap", List.of(), Action.ALLOW)).conditions())
        .singleElement()
        .satisfies(condition -> assertThat(condition.index()).isEqualTo(2));
    Rule other = new Rule("read", List.of(), Action.ALLOW);
    assertThat(MemoryWatch.unlessLarge(other)).isSameAs(other);
    assertThat(BpfCompiler.compileLearning(Arch.current(), Set.of(), List.of(unseen))).isNotNull();
  }
}
