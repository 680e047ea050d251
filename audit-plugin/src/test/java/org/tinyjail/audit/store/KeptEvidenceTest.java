package org.tinyjail.audit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tinyjail.audit.store.Samples.denial;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tinyjail.model.Denial;

class KeptEvidenceTest {
  @Test
  void aFloodOfDifferentDenialsIsFoldedAndCounted() {
    List<Denial> flood = new ArrayList<>();
    for (int i = 0; i < Limits.DENIALS + 500; i++) {
      flood.add(denial("a(" + i + ")", 2, 0));
    }
    for (int i = 0; i < Limits.FOLDED_DENIALS + 500; i++) {
      flood.add(denial("/exe" + i, "a", "", 2, 0));
    }

    List<Denial> kept = KeptEvidence.of(Samples.enforced("1", 0), List.of(), flood).denials();

    assertThat(kept).hasSize(Limits.DENIALS + Limits.FOLDED_DENIALS + 1);
    assertThat(kept.stream().mapToLong(Denial::count).sum()).isEqualTo(2L * flood.size());
    Denial withoutArguments = kept.get(Limits.DENIALS);
    assertThat(withoutArguments.executable()).isEqualTo("/usr/bin/sqlite3");
    assertThat(withoutArguments.arguments()).isEqualTo("…");
    assertThat(withoutArguments.count()).isEqualTo(2 * 500);
    Denial rest = kept.get(kept.size() - 1);
    assertThat(rest.executable()).isEqualTo("…");
    assertThat(rest.syscall()).isEqualTo("…");
    assertThat(rest.count()).isEqualTo(2 * 501);
  }

  @Test
  void aDenialThatIsKnownStillCountsWhenAllPlacesAreTaken() {
    List<Denial> flood = new ArrayList<>();
    for (int i = 0; i < Limits.DENIALS; i++) {
      flood.add(denial("a(" + i + ")", 1, 0));
    }
    flood.add(denial("a(0)", 1, 9));

    List<Denial> kept = KeptEvidence.of(Samples.enforced("1", 0), List.of(), flood).denials();

    assertThat(kept).hasSize(Limits.DENIALS);
    assertThat(kept.get(0).count()).isEqualTo(2);
  }
}
