package org.tinyjail.audit.store;

import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tinyjail.model.Denial;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.EvidenceStore.DenialQuery;
import org.tinyjail.model.EvidenceStore.ReviewItem;

/**
 * Adds denials up into what a review shows.
 *
 * <p>A denial that was decided to stay denied stays decided. One that was allowed and is denied
 * again afterwards is open again: either the policy was not updated or another one was in force,
 * and the person should see it.
 */
final class Groups {
  private final Map<Long, ReviewItem> items = new LinkedHashMap<>();
  private final Map<Long, Decided> decisions = new LinkedHashMap<>();

  /** What was decided and when. */
  record Decided(Decision decision, Instant when) {
    static final Decided NOT = new Decided(Decision.OPEN, Instant.EPOCH);

    Decision after(Instant lastDenied) {
      return decision == Decision.ALLOWED && lastDenied.isAfter(when) ? Decision.OPEN : decision;
    }
  }

  void add(long id, String profile, Denial denial, Decided decided) {
    decisions.put(id, decided);
    items.merge(
        id,
        new ReviewItem(id, profile, denial, Decision.OPEN),
        (a, b) -> new ReviewItem(id, profile, Sums.add(a.denial(), b.denial()), Decision.OPEN));
  }

  List<ReviewItem> matching(DenialQuery query) {
    return items.values().stream()
        .map(this::withDecision)
        .filter(item -> query.decided() || item.decision() == Decision.OPEN)
        .sorted(
            Comparator.comparingLong((ReviewItem item) -> item.denial().count())
                .reversed()
                .thenComparingLong(ReviewItem::id))
        .toList();
  }

  private ReviewItem withDecision(ReviewItem item) {
    Decided decided = decisions.getOrDefault(item.id(), Decided.NOT);
    return new ReviewItem(
        item.id(), item.profile(), item.denial(), decided.after(item.denial().last()));
  }
}
