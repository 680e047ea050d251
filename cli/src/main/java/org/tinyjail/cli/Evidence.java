package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Denial;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.EvidenceStore.DenialQuery;
import org.tinyjail.model.EvidenceStore.ReviewItem;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.Source;
import org.tinyjail.model.UnseenChance;

/** What a policy of a profile is made of. */
final class Evidence {
  private Evidence() {}

  /** What was observed, and what was denied and then allowed by a person: it was made too. */
  static List<Observation> of(EvidenceStore store, String profile) {
    List<Observation> evidence = new ArrayList<>(store.observations(profile));
    DenialQuery all = new DenialQuery(Optional.empty(), Optional.empty(), true);
    store.denials(all).stream()
        .filter(item -> item.profile().equals(profile) && item.decision() == Decision.ALLOWED)
        .map(ReviewItem::denial)
        .map(Evidence::observed)
        .forEach(evidence::add);
    return evidence;
  }

  /** What the latest run of which something was measured says of calls that are still unseen. */
  static Optional<UnseenChance> unseen(List<Run> runs) {
    return runs.stream()
        .flatMap(run -> run.unseen().stream())
        .max(Comparator.comparing(UnseenChance::measured));
  }

  /** The files of code that its executables have mapped, in its latest runs, the newest first. */
  static List<LoadedFile> loaded(List<Run> runs) {
    return runs.stream()
        .flatMap(run -> run.loaded().stream())
        .distinct()
        .limit(LoadedFile.MAX)
        .toList();
  }

  private static Observation observed(Denial denial) {
    return new Observation(
        denial.executable(),
        denial.arch(),
        denial.syscall(),
        ArgumentScope.DANGEROUS.classOf(denial),
        Source.OBSERVED,
        denial.count(),
        denial.first(),
        denial.last(),
        denial.arguments());
  }
}
