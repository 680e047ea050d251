package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tinyjail.model.EvidenceSink;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;
import org.tinyjail.model.SyscallTable;

/**
 * Decides which runs of other hosts are new. A run that is there stays as it is, whatever a file
 * says of it, with one exception: a run from elsewhere that had not ended and now has.
 */
final class EvidenceMerge {
  private static final int NAMES_MAX = 8;

  /** Those that are there, by what their own store calls them. */
  private final Map<String, Run> known = new HashMap<>();

  private final Set<String> hosts = new TreeSet<>();
  private final Set<String> unnamed = new TreeSet<>();
  private int taken;
  private int left;
  private long calls;
  private long denials;

  EvidenceMerge(List<Run> stored) {
    stored.forEach(run -> known.put(RunId.of(run.id()).own(), run));
  }

  /** Hands {@code given} to {@code sink} if it is new. */
  void take(RunEvidence given, EvidenceSink sink) {
    RunId id = RunId.of(given.run().id());
    Run stored = known.get(id.own());
    if (stored != null && !hasEnded(stored, given.run())) {
      left++;
      return;
    }
    Run run = stored == null ? given.run() : given.run().withId(stored.id());
    sink.accept(run, given.observations(), given.denials());
    known.put(id.own(), run);
    count(given, id.host());
  }

  private static boolean hasEnded(Run stored, Run given) {
    boolean foreign = !RunId.of(stored.id()).host().isEmpty();
    return foreign && stored.ended().isEmpty() && given.ended().isPresent();
  }

  private void count(RunEvidence run, String host) {
    taken++;
    hosts.add(host);
    calls += run.observations().size();
    denials += run.denials().size();
    run.observations().stream()
        .map(Observation::syscall)
        .filter(name -> !SyscallTable.isKnown(name))
        .forEach(unnamed::add);
  }

  /** What was done, line by line. */
  List<String> report() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "imported "
            + Words.count(taken, "run")
            + (hosts.isEmpty() ? "" : " of " + String.join(", ", hosts))
            + ": "
            + Words.count(calls, "different call")
            + ", "
            + Words.count(denials, "denial")
            + (left == 0 ? "" : "; there already: " + Words.count(left, "run")));
    if (!unnamed.isEmpty()) {
      lines.add(
          "calls that this tiny-jail has no name for; kept, but no policy here can allow them: "
              + String.join(", ", unnamed.stream().limit(NAMES_MAX).toList())
              + (unnamed.size() > NAMES_MAX ? ", " + (unnamed.size() - NAMES_MAX) + " more" : ""));
    }
    return lines;
  }
}
