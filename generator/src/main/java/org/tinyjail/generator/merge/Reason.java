package org.tinyjail.generator.merge;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Source;

/**
 * Why a rule is in a policy.
 *
 * @param rule the rule
 * @param sources who says so; none for rules that need no evidence
 * @param count how often the call was made, over all runs
 * @param first when it was first seen; the epoch without evidence
 * @param last when it was last seen; the epoch without evidence
 * @param executables the files that made the call, sorted
 * @param sample one of the calls with its arguments; may be empty
 * @param note what else is to be said; may be empty
 */
public record Reason(
    Rule rule,
    Set<Source> sources,
    long count,
    Instant first,
    Instant last,
    List<String> executables,
    String sample,
    String note) {
  public Reason {
    sources = Set.copyOf(sources);
    executables = List.copyOf(executables);
  }

  /** A rule that needs no evidence. */
  static Reason always(Rule rule, String note) {
    return new Reason(rule, Set.of(), 0, Instant.EPOCH, Instant.EPOCH, List.of(), "", note);
  }

  /** A rule for what {@code seen}, at least one, has shown. */
  static Reason seen(Rule rule, List<Observation> seen, String note) {
    return new Reason(
        rule,
        Set.copyOf(seen.stream().map(Observation::source).toList()),
        seen.stream().mapToLong(Observation::count).sum(),
        seen.stream().map(Observation::first).min(Instant::compareTo).orElseThrow(),
        seen.stream().map(Observation::last).max(Instant::compareTo).orElseThrow(),
        seen.stream().map(Observation::executable).distinct().sorted().toList(),
        seen.stream().map(Observation::sample).filter(s -> !s.isEmpty()).findFirst().orElse(""),
        note);
  }
}
