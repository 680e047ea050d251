package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.AgentSession;
import org.tinyjail.agent.Answer.Standing;
import org.tinyjail.agent.AskingDecider;
import org.tinyjail.agent.EnforcingDecider;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.PointerTable;
import org.tinyjail.agent.ProfileName;
import org.tinyjail.agent.SpoolWriter;
import org.tinyjail.agent.Terminal;
import org.tinyjail.cli.PolicyUpdate.Allowance;
import org.tinyjail.cli.RunCommand.Supervision;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Policy;

/** {@code run --watch|--ask}: this process answers, as long as the program lives. */
final class WatchedRun {
  /** How long a question waits; then the call is denied. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

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

  int serve() throws CommandException, IOException {
    AgentSession session = AgentSession.open();
    Terminal terminal = session.terminal();
    if (line.hasOption("ask") && !terminal.isPresent()) {
      throw CommandException.failed("--ask wants a terminal, and there is none");
    }
    RunCommand.plan(line, policy, supervision, Optional.empty()).send();
    SpoolWriter.Start start =
        SpoolWriter.Start.of(
            launch,
            line.getOptionValue("profile", ProfileName.of(launch)),
            line.getOptionValue("policy"));
    PointerTable pointers = PointerTable.of(policy.architecturesOn(Arch.current()));
    try (SpoolWriter spool = new SpoolWriter(supervision.spools(), start, context.clock())) {
      boolean asks = line.hasOption("ask");
      Consumer<Denial> watcher = !asks || line.hasOption("watch") ? this::print : denial -> {};
      EnforcingDecider enforcing =
          new EnforcingDecider(policy::actionFor, pointers, spool, supervision.complain(), watcher);
      if (asks) {
        ask(session, new AskingDecider(enforcing, terminal, PATIENCE), spool);
      } else {
        spool.end(session.serve(enforcing).mainStatus());
      }
      if (spool.lost() > 0) {
        context.say(Words.count(spool.lost(), "denial") + " could not be recorded");
      }
    }
    return ExitCode.DONE;
  }

  private void ask(AgentSession session, AskingDecider decider, SpoolWriter spool)
      throws CommandException, IOException {
    spool.end(session.serve(decider).mainStatus());
    List<Allowance> allowed =
        decider.standingAnswers().stream()
            .filter(Standing::allow)
            .map(answer -> new Allowance(answer.syscall(), answer.arguments(), List.of(), ""))
            .toList();
    if (!allowed.isEmpty()) {
      PolicyUpdate update =
          PolicyUpdate.allow(context.resolve(line.getOptionValue("policy")), allowed);
      Path backup = update.write();
      update.added().forEach(rule -> context.say("allowed for good: " + Rules.show(rule)));
      context.say(
          "updated "
              + line.getOptionValue("policy")
              + "; what it was is in "
              + backup.getFileName());
    }
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
