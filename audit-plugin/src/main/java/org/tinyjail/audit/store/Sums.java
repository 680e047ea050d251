package org.tinyjail.audit.store;

import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Source;

/** Adds equal evidence up: within a run and over runs. Counts stop at {@link Long#MAX_VALUE}. */
final class Sums {
  private Sums() {}

  private record Key(
      String executable, Arch arch, String syscall, ArgumentClass arguments, Source source) {}

  /** One observation for each key, in the order in which keys appear. */
  static List<Observation> observations(Collection<Observation> observations) {
    Map<Key, Observation> sums = new LinkedHashMap<>();
    for (Observation o : observations) {
      Key key = new Key(o.executable(), o.arch(), o.syscall(), o.arguments(), o.source());
      sums.merge(key, o, Sums::add);
    }
    return List.copyOf(sums.values());
  }

  /** The sum of equal observations; the sample is {@code a}'s unless that is empty. */
  static Observation add(Observation a, Observation b) {
    return new Observation(
        a.executable(),
        a.arch(),
        a.syscall(),
        a.arguments(),
        a.source(),
        sum(a.count(), b.count()),
        earlier(a.first(), b.first()),
        later(a.last(), b.last()),
        a.sample().isEmpty() ? b.sample() : a.sample());
  }

  /**
   * The sum of denials of one group. Process, registers and call site are those of the earlier one;
   * carried out is only what was carried out every time.
   */
  static Denial add(Denial a, Denial b) {
    Denial first = b.first().isBefore(a.first()) ? b : a;
    return new Denial(
        first.executable(),
        first.comm(),
        first.pid(),
        first.arch(),
        first.syscall(),
        first.data(),
        first.arguments(),
        first.callSite(),
        first.action(),
        a.carriedOut() && b.carriedOut(),
        sum(a.count(), b.count()),
        first.first(),
        later(a.last(), b.last()));
  }

  private static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  private static Instant earlier(Instant a, Instant b) {
    return b.isBefore(a) ? b : a;
  }

  private static Instant later(Instant a, Instant b) {
    return b.isAfter(a) ? b : a;
  }
}
