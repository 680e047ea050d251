package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tinyjail.cli.PolicyUpdate.Allowance;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.EvidenceStore.ReviewItem;
import org.tinyjail.model.Rule;

/**
 * Denials of one program that one rule would let pass: what a person decides about at once.
 *
 * @param subject the program and the rule
 * @param decision what was decided
 * @param variants the denials, the most frequent first; at least one
 */
record ReviewEntry(Subject subject, Decision decision, List<ReviewItem> variants) {
  ReviewEntry {
    variants = List.copyOf(variants);
  }

  /**
   * What a decision is about.
   *
   * @param profile whose policy denied
   * @param rule what {@code --allow} adds
   * @param allowable whether it may: some calls no policy can allow
   */
  record Subject(String profile, Rule rule, boolean allowable) {
    static Subject of(ReviewItem item) {
      return new Subject(
          item.profile(), Allowance.of(item.denial()).rule(), !item.denial().isBeyondPolicies());
    }
  }

  /**
   * Puts denials together, the most frequent entry first. A denial that nobody has decided about is
   * decided where its subject was decided to stay denied: else each new path would ask again.
   *
   * @param items the denials
   * @param all those of the whole store, with their decisions
   */
  static List<ReviewEntry> of(List<ReviewItem> items, List<ReviewItem> all) {
    Set<Subject> denied =
        all.stream()
            .filter(item -> item.decision() == Decision.DENIED)
            .map(Subject::of)
            .collect(Collectors.toSet());
    Map<Subject, Map<Decision, List<ReviewItem>>> parts = new LinkedHashMap<>();
    for (ReviewItem item : items) {
      Subject subject = Subject.of(item);
      boolean open = item.decision() == Decision.OPEN;
      parts
          .computeIfAbsent(subject, any -> new LinkedHashMap<>())
          .computeIfAbsent(
              open && denied.contains(subject) ? Decision.DENIED : item.decision(),
              any -> new ArrayList<>())
          .add(item);
    }
    List<ReviewEntry> entries = new ArrayList<>();
    parts.forEach(
        (subject, byDecision) ->
            byDecision.forEach(
                (decision, variants) -> entries.add(new ReviewEntry(subject, decision, variants))));
    entries.sort(Comparator.comparingLong(ReviewEntry::count).reversed());
    return entries;
  }

  /** The id that stands for all. */
  long id() {
    return variants.get(0).id();
  }

  /** How often, over all variants. */
  long count() {
    return variants.stream().mapToLong(item -> item.denial().count()).reduce(0, ReviewEntry::sum);
  }

  private static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  boolean isOpen() {
    return decision == Decision.OPEN;
  }

  /** An entry for each variant. */
  List<ReviewEntry> split() {
    return variants.stream()
        .map(item -> new ReviewEntry(subject, decision, List.of(item)))
        .toList();
  }
}
