package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.LaunchPlan;
import org.tinyjail.cli.RunCommand.Supervision;
import org.tinyjail.generator.bpf.Both;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.PolicyNames;
import org.tinyjail.generator.oci.MobySeccompJson;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Policy;

/**
 * {@code run --phases}: a server that starts, and then serves under a smaller policy.
 *
 * @param serving that smaller policy
 * @param port ready once somebody listens there; 0: nobody need
 * @param after ready after so long; zero: never for that
 */
record Phases(Policy serving, int port, Duration after) {
  private static final String OPTION = "phases";
  private static final String PORT = "ready-port";
  private static final String AFTER = "ready-after";
  private static final int PORT_MAX = 65_535;

  static OptionSet addTo(OptionSet options) {
    return options
        .flag(
            OPTION,
            "for a server: once it is ready deny what only its start needed, as NAME.serving.json"
                + " beside the policy NAME.json says, which learn writes. Unless one of the next two"
                + " is given, it is ready when it says so, as services of systemd do (sd_notify)")
        .value(PORT, "PORT", "with --phases: it is ready when somebody listens on this TCP port")
        .value(AFTER, "DUR", "with --phases: it is ready after so long, such as 5s or 2m");
  }

  /** Empty: none are wanted. */
  static Optional<Phases> of(CommandLine line, Path policy) throws CommandException, IOException {
    if (!line.hasOption(OPTION)) {
      if (line.hasOption(PORT) || line.hasOption(AFTER)) {
        throw CommandException.usage("--" + PORT + " and --" + AFTER + " want --" + OPTION);
      }
      return Optional.empty();
    }
    if (line.hasOption("no-agent") || line.hasOption("watch") || line.hasOption("ask")) {
      throw CommandException.usage("--" + OPTION + " excludes --no-agent, --watch and --ask");
    }
    Duration after =
        line.hasOption(AFTER)
            ? Durations.parse("--" + AFTER, line.getOptionValue(AFTER))
            : Duration.ZERO;
    if (after.toDays() > 7) {
      throw CommandException.usage("--" + AFTER + " wants at most 7 days");
    }
    return Optional.of(new Phases(serving(policy, line), port(line), after));
  }

  private static Policy serving(Path policy, CommandLine line)
      throws CommandException, IOException {
    Path file = PolicyNames.servingOf(policy);
    if (!Files.isRegularFile(file)) {
      throw CommandException.badInput(
          "--"
              + OPTION
              + " wants "
              + file
              + ", which learn writes for a program that it has seen serving");
    }
    byte[] bytes = JsonInput.bytes(file, "a policy");
    return MobySeccompJson.read(bytes, file.toString(), false).resolve(PolicySource.context(line));
  }

  private static int port(CommandLine line) throws CommandException {
    String word = line.getOptionValue(PORT, "0");
    int port = word.matches("[0-9]{1,5}") ? Integer.parseInt(word) : -1;
    if (port < 0 || port > PORT_MAX || (port == 0 && line.hasOption(PORT))) {
      throw CommandException.usage(
          "--" + PORT + " wants a number from 1 to " + PORT_MAX + ", was \"" + word + "\"");
    }
    return port;
  }

  /** The plan, with what is in force once the program is ready. */
  LaunchPlan.Builder addTo(LaunchPlan.Builder plan, Policy policy, Supervision supervision) {
    BpfProgram asked = Filters.supervised(serving, supervision.withoutFreeExec());
    plan.notify(Both.of(Filters.supervised(policy, supervision), asked))
        .serving(Both.of(Filters.plain(policy), Filters.plain(serving)));
    if (port != 0) {
      plan.readyPort(port);
    }
    return after.isZero() ? plan : plan.readyAfter(after);
  }
}
