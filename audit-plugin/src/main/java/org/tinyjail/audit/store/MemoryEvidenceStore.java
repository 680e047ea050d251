package org.tinyjail.audit.store;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tinyjail.model.Denial;
import org.tinyjail.model.EvidenceSink;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;

/** A store that ends with its process: for tests. Behaves as {@link H2EvidenceStore} does. */
public final class MemoryEvidenceStore implements EvidenceStore {
  private final InstantSource clock;
  private final List<RunEvidence> evidence = new ArrayList<>();
  private final Map<DenialKey, Long> ids = new HashMap<>();
  private final Map<Long, Groups.Decided> decisions = new HashMap<>();
  private long lastId;

  /** An empty store whose decisions are dated by {@code clock}. */
  public MemoryEvidenceStore(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public void accept(Run run, List<Observation> observations, List<Denial> denials) {
    RunEvidence taken = KeptEvidence.of(run, observations, denials);
    remove(taken.run().id());
    evidence.add(taken);
    evidence.sort(Comparator.comparing(e -> e.run().started()));
    for (Denial denial : taken.denials()) {
      ids.computeIfAbsent(DenialKey.of(taken.run().profile(), denial), key -> ++lastId);
    }
  }

  @Override
  public void acceptAll(Consumer<EvidenceSink> runs) {
    List<RunEvidence> all = new ArrayList<>();
    runs.accept((run, observed, denied) -> all.add(new RunEvidence(run, observed, denied)));
    all.forEach(each -> accept(each.run(), each.observations(), each.denials()));
  }

  @Override
  public Optional<RunEvidence> evidence(String runId) {
    return evidence.stream().filter(e -> e.run().id().equals(runId)).findFirst();
  }

  @Override
  public List<Run> runs(Optional<String> profile) {
    List<Run> runs = new ArrayList<>();
    for (RunEvidence e : evidence) {
      if (profile.isEmpty() || profile.get().equals(e.run().profile())) {
        runs.add(0, e.run());
      }
    }
    return runs;
  }

  @Override
  public List<String> profiles() {
    return evidence.stream().map(e -> e.run().profile()).distinct().sorted().toList();
  }

  @Override
  public boolean forget(String runId) {
    boolean found = remove(runId);
    Set<DenialKey> left =
        evidence.stream()
            .flatMap(e -> e.denials().stream().map(d -> DenialKey.of(e.run().profile(), d)))
            .collect(Collectors.toSet());
    ids.entrySet()
        .removeIf(
            group ->
                !left.contains(group.getKey())
                    && decided(group.getValue()).decision() == Decision.OPEN);
    return found;
  }

  @Override
  public List<Observation> observations(String profile) {
    return Sums.observations(
        evidence.stream()
            .filter(e -> e.run().profile().equals(profile))
            .flatMap(e -> e.observations().stream())
            .toList());
  }

  @Override
  public List<ReviewItem> denials(DenialQuery query) {
    Groups groups = new Groups();
    for (RunEvidence e : evidence) {
      for (Denial denial : e.denials()) {
        if (matches(e.run().profile(), denial, query)) {
          Long id = ids.get(DenialKey.of(e.run().profile(), denial));
          if (id != null) {
            groups.add(id, e.run().profile(), denial, decided(id));
          }
        }
      }
    }
    return groups.matching(query);
  }

  @Override
  public List<Long> decide(Collection<Long> wanted, Decision decision) {
    List<Long> unknown = new ArrayList<>();
    for (Long id : wanted) {
      if (ids.containsValue(id)) {
        decisions.put(id, new Groups.Decided(decision, clock.instant()));
      } else {
        unknown.add(id);
      }
    }
    return unknown;
  }

  @Override
  public void close() {}

  private boolean remove(String runId) {
    return evidence.removeIf(e -> e.run().id().equals(runId));
  }

  private Groups.Decided decided(Long id) {
    return decisions.getOrDefault(id, Groups.Decided.NOT);
  }

  private static boolean matches(String profile, Denial denial, DenialQuery query) {
    return query.since().map(since -> !denial.last().isBefore(since)).orElse(true)
        && query
            .program()
            .map(part -> profile.contains(part) || denial.executable().contains(part))
            .orElse(true);
  }
}
