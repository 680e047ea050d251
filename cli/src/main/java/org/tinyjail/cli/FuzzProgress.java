package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.tinyjail.fuzz.Campaign;
import org.tinyjail.fuzz.CampaignPlan;
import org.tinyjail.fuzz.Findings;
import org.tinyjail.model.Run;
import org.tinyjail.model.UnseenChance;

/** One line that is written over, on a terminal; else nothing until the end. */
final class FuzzProgress implements Campaign.Listener {
  private final Context context;
  private final boolean quiet;
  private final Run run;
  private final CampaignPlan plan;
  private final Path findings;
  private final boolean live;
  private long executions;
  private long kinds;
  private long last;
  private double share;
  private long found;
  private Optional<UnseenChance> bound = Optional.empty();
  private Optional<String> failure = Optional.empty();

  FuzzProgress(Context context, boolean quiet, Run run, CampaignPlan plan, Path findings) {
    this.context = context;
    this.quiet = quiet;
    this.run = run;
    this.plan = plan;
    this.findings = findings;
    this.live = !quiet && Colours.isTerminal(Path.of("/proc/self/fd/2"));
  }

  @Override
  public void progress(long soFar, long different, long lastNew, double answering) {
    share = answering;
    executions = soFar;
    kinds = different;
    last = lastNew;
    if (live) {
      Duration passed = Duration.between(run.started(), context.clock().instant());
      context.err().print("\r\033[K" + text() + ", " + left(passed));
      context.err().flush();
    }
  }

  private String left(Duration passed) {
    if (plan.kind() != CampaignPlan.Kind.TIMED) {
      return Durations.show(passed);
    }
    Duration rest = plan.time().minus(passed);
    return rest.isNegative() ? "ending" : Durations.show(rest) + " left";
  }

  private String text() {
    return plan.jobs() == 1
        ? String.format(
            "tiny-jail: %,d %s, %d kinds of calls, the last new one at %,d",
            executions, executions == 1 ? "execution" : "executions", kinds, last)
        : String.format(
            "tiny-jail: %,d executions of %d jobs, at least %d kinds of calls, the last new one at"
                + " %,d",
            executions, plan.jobs(), kinds, last);
  }

  @Override
  public void bound(UnseenChance measured) {
    bound = Optional.of(measured);
  }

  @Override
  public void options(int count) {
    if (count > 0) {
      say("found " + Words.count(count, "option") + " to try");
    }
  }

  @Override
  public void note(String text) {
    say(text);
  }

  @Override
  public void finding(String name, String text) {
    found++;
    say("found " + name + ": it " + text);
  }

  @Override
  public void failed(String text) {
    failure = Optional.of(text);
  }

  /** Why it could not go on. */
  Optional<String> failure() {
    return failure;
  }

  private void say(String text) {
    if (!quiet) {
      clear();
      context.say(text);
    }
  }

  /** The campaign is over: what it came to. */
  void end() throws IOException {
    clear();
    if (!quiet && failure.isEmpty()) {
      context
          .err()
          .println(text() + String.format("; answering took %.0f %% of the time", 100 * share));
      bound.ifPresent(measured -> context.say(UnseenText.of(measured)));
      sayFindings(Findings.in(findings).size());
    }
  }

  private void sayFindings(int kept) {
    if (kept > 0) {
      context.say(
          Words.count(kept, "finding")
              + (found == kept ? "" : ", " + found + " of them new")
              + ", each with a command to see it: "
              + findings);
    }
  }

  private void clear() {
    if (live) {
      context.err().print("\r\033[K");
    }
  }
}
