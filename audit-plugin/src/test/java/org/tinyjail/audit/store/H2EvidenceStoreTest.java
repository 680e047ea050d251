package org.tinyjail.audit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.model.Denial;
import org.tinyjail.model.EvidenceInbox;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.EvidenceStore.DenialQuery;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;

class H2EvidenceStoreTest extends EvidenceStoreContract {
  @TempDir Path temporary;

  @Override
  EvidenceStore create(InstantSource clock) {
    return open(clock);
  }

  /** Two routes to the same answer: any sequence of calls, closed and opened in between. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void agreesWithTheStoreInMemoryOnRandomEvidence(long seed) {
    closeStore();
    Random random = new Random(seed);
    InstantSource clock = InstantSource.fixed(Samples.at(50));
    EvidenceStore memory = new MemoryEvidenceStore(clock);
    for (int i = 0; i < 15; i++) {
      try (EvidenceStore h2 = open(clock)) {
        for (int j = 0; j < 10; j++) {
          step(random, memory, h2);
        }
        assertSame(memory, h2);
      }
    }
  }

  private EvidenceStore open(InstantSource clock) {
    return H2EvidenceStore.open(
        StoreDirectory.prepare(temporary.resolve("store")),
        EvidenceInbox.EMPTY,
        warning -> {},
        Duration.ofSeconds(5),
        clock);
  }

  private static void step(Random random, EvidenceStore memory, EvidenceStore h2) {
    switch (random.nextInt(7)) {
      case 0 -> {
        String id = "run" + random.nextInt(8);
        assertThat(h2.forget(id)).isEqualTo(memory.forget(id));
      }
      case 1 -> {
        List<Long> ids = random.longs(3, 1, 60).boxed().toList();
        Decision decision = Samples.one(random, Decision.values());
        assertThat(h2.decide(ids, decision)).isEqualTo(memory.decide(ids, decision));
      }
      default -> {
        Run run = Samples.run(random);
        List<Observation> observations = Samples.observations(random);
        List<Denial> denials = Samples.denials(random);
        memory.accept(run, observations, denials);
        h2.accept(run, observations, denials);
      }
    }
  }

  private static void assertSame(EvidenceStore memory, EvidenceStore h2) {
    assertThat(h2.runs(Optional.empty())).isEqualTo(memory.runs(Optional.empty()));
    assertThat(h2.profiles()).isEqualTo(memory.profiles());
    for (String profile : memory.profiles()) {
      assertThat(h2.observations(profile)).isEqualTo(memory.observations(profile));
      assertThat(h2.runs(Optional.of(profile))).isEqualTo(memory.runs(Optional.of(profile)));
    }
    for (DenialQuery query :
        List.of(
            ALL,
            OPEN,
            new DenialQuery(Optional.of("a"), Optional.of(Samples.at(60)), true),
            new DenialQuery(Optional.of("ü\ud800"), Optional.empty(), false))) {
      assertThat(h2.denials(query)).isEqualTo(memory.denials(query));
    }
  }
}
