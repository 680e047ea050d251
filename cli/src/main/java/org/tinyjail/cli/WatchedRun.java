package org.tinyjail.cli;

import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.AgentSession;
import org.tinyjail.agent.AgentSession.End;
import org.tinyjail.agent.Decider;
import org.tinyjail.agent.EnforcingDecider;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.PointerTable;
import org.tinyjail.agent.SpoolWriter;
import org.tinyjail.cli.RunCommand.Supervision;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Policy;

/** {@code run --watch|--ask}: this process answers, as long as the program lives. */
final class WatchedRun {
  private final CommandLine line;
  private final Context context;
  private final LaunchDescription launch;
  private final Policy policy;
  private final Supervision supervision;

  WatchedRun(
      CommandLine line,
      Context context,
      LaunchDescription launch,
      Policy policy,
      Supervision supervision) {
    this.line = line;
    this.context = context;
    this.launch = launch;
    this.policy = policy;
    this.supervision = supervision;
  }

  int serve() {
    AgentSession session = AgentSession.open();
    RunCommand.plan(line, policy, supervision).send();
    SpoolWriter.Start start =
        SpoolWriter.Start.of(
            launch,
            line.getOptionValue("profile", Profiles.of(launch)),
            line.getOptionValue("policy"));
    try (SpoolWriter spool = new SpoolWriter(supervision.spools(), start, context.clock())) {
      End end = session.serve(decider(spool), AgentSession.Launch.DECIDE_ALL);
      spool.end(end.mainStatus());
      if (spool.lost() > 0) {
        context.say(Words.count(spool.lost(), "denial") + " could not be recorded");
      }
    }
    return ExitCode.DONE;
  }

  private Decider decider(SpoolWriter spool) {
    PointerTable pointers = PointerTable.of(policy.architecturesOn(Arch.current()));
    return new EnforcingDecider(
        policy::actionFor, pointers, spool, supervision.complain(), this::print);
  }

  private void print(Denial denial) {
    if (denial.count() > 1 && Long.bitCount(denial.count()) != 1) {
      return; // repetitions: the 2nd, 4th, 8th ... tell that it goes on
    }
    context.say(
        (denial.carriedOut() ? "would deny " : "denied ")
            + Escape.display(denial.arguments())
            + " by "
            + Escape.display(denial.comm())
            + "["
            + denial.pid()
            + "]"
            + (denial.callSite().isEmpty() ? "" : " at " + Escape.display(denial.callSite()))
            + (denial.count() > 1 ? ", " + denial.count() + " times by now" : ""));
  }
}
