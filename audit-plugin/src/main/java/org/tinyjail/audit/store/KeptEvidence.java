package org.tinyjail.audit.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;

/** The evidence of one run as both stores keep it. */
final class KeptEvidence {
  private KeptEvidence() {}

  /**
   * Cut to {@link Limits}, equal rows added up; denials beyond {@link Limits#DENIALS} without their
   * arguments.
   */
  static RunEvidence of(Run run, Collection<Observation> observations, Collection<Denial> denials) {
    return new RunEvidence(
        Limits.cut(run),
        Sums.observations(observations.stream().map(Limits::cut).toList()),
        fold(denials));
  }

  /** Which denials share a row: equal to the reader, from the same place. */
  private record Row(DenialKey key, String callSite, boolean carriedOut) {
    static Row of(Denial d) {
      return new Row(DenialKey.of("", d), d.callSite(), d.carriedOut());
    }
  }

  private static List<Denial> fold(Collection<Denial> denials) {
    Map<Row, Denial> exact = new LinkedHashMap<>();
    Map<Row, Denial> folded = new LinkedHashMap<>();
    List<Denial> rest = List.of();
    for (Denial denial : denials) {
      Denial cut = Limits.cut(denial);
      Denial general = general(cut, cut.executable(), cut.syscall());
      if (!add(exact, cut, Limits.DENIALS) && !add(folded, general, Limits.FOLDED_DENIALS)) {
        Denial last = general(cut, Limits.MORE, Limits.MORE);
        rest = List.of(rest.isEmpty() ? last : Sums.add(rest.get(0), last));
      }
    }
    List<Denial> rows = new ArrayList<>(exact.values());
    rows.addAll(folded.values());
    rows.addAll(rest);
    return rows;
  }

  /** Adds to an equal row, or as a new one while there are fewer than {@code limit}. */
  private static boolean add(Map<Row, Denial> rows, Denial denial, int limit) {
    Row row = Row.of(denial);
    if (rows.size() >= limit && !rows.containsKey(row)) {
      return false;
    }
    rows.merge(row, denial, Sums::add);
    return true;
  }

  private static Denial general(Denial d, String executable, String syscall) {
    return new Denial(
        executable,
        d.comm(),
        d.pid(),
        d.arch(),
        syscall,
        d.data(),
        Limits.MORE,
        "",
        d.action(),
        d.carriedOut(),
        d.count(),
        d.first(),
        d.last());
  }
}
