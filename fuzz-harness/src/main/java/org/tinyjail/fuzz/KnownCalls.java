package org.tinyjail.fuzz;

import java.util.List;
import org.tinyjail.agent.ForkServer;
import org.tinyjail.agent.RecordingDecider;
import org.tinyjail.generator.merge.GeneratorOptions;
import org.tinyjail.generator.merge.PolicyGenerator;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Rule;

/**
 * Which calls run without the agent: none while answering takes little of the time, else those that
 * several executions have shown. They are then no longer counted, and guide nobody.
 */
final class KnownCalls {
  /** The agent's share of the time from which on known calls run without it. */
  static final double SHARE_MAX = 0.2;

  private static final int SHOWN_MIN = 3;
  private static final int FIRST_CHECK = 512;

  /** Before, most of the time goes into code that this JVM has not compiled yet. */
  private static final long WARM_NANOS = 2_000_000_000L;

  private final CampaignSpec spec;
  private final RecordingDecider recorder;
  private final KindCounts kinds;
  private final double shareMax;
  private List<Rule> rules = List.of();
  private boolean showsAll;
  private long executions;
  private long nextCheck = FIRST_CHECK;
  private long total;
  private long answering;
  private long checkedTotal;
  private long checkedAnswering;

  KnownCalls(CampaignSpec spec, RecordingDecider recorder, KindCounts kinds) {
    this.spec = spec;
    this.recorder = recorder;
    this.kinds = kinds;
    this.shareMax = spec.fast() ? 0 : SHARE_MAX;
  }

  /** Whether all calls are wanted answered. */
  boolean showsAll() {
    return showsAll;
  }

  /** What the filter lets pass. */
  List<Rule> rules() {
    return rules;
  }

  /**
   * An execution is over.
   *
   * @param all its nanoseconds
   * @param answered those that went into answering its calls
   * @return whether {@link #rules} are others now
   */
  boolean executed(long all, long answered) {
    total += all;
    answering += answered;
    executions++;
    if (executions < nextCheck || (total < WARM_NANOS && !spec.fast())) {
      return false;
    }
    nextCheck = 2 * executions;
    double share = shareSinceCheck();
    // Faults are told by the number of the call: each must be seen.
    if (showsAll || spec.faults() || share <= shareMax) {
      return false;
    }
    List<Rule> known = known();
    boolean others = !known.equals(rules);
    rules = known;
    return others;
  }

  /** How much of the time went into answering calls; of all executions so far. */
  double share() {
    return total == 0 ? 0 : (double) answering / total;
  }

  private double shareSinceCheck() {
    long time = Math.max(1, total - checkedTotal);
    double share = (double) (answering - checkedAnswering) / time;
    checkedTotal = total;
    checkedAnswering = answering;
    return share;
  }

  private List<Rule> known() {
    List<Observation> shown = recorder.observations(kind -> kinds.executions(kind) >= SHOWN_MIN);
    GeneratorOptions options =
        GeneratorOptions.of(Arch.current()).withArguments(spec.scope()).withRefused(spec.refused());
    return PolicyGenerator.generate(shown, options).policy().rules().stream()
        .filter(rule -> rule.action() == Action.ALLOW && ForkServer.mayPassUnseen(rule.syscall()))
        .map(MemoryWatch::unlessLarge)
        .toList();
  }

  /**
   * Whether all calls are answered from here on, whatever it costs.
   *
   * @return whether {@link #rules} are others now
   */
  boolean showAll(boolean wanted) {
    showsAll = wanted;
    boolean others = wanted && !rules.isEmpty();
    rules = wanted ? List.of() : rules;
    nextCheck = executions + FIRST_CHECK;
    return others;
  }
}
