package org.tinyjail.cli;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.generator.merge.Drift;
import org.tinyjail.generator.oci.MobyProfile;
import org.tinyjail.generator.oci.MobySeccompJson;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;

/** {@code convert}: a policy in another form. */
final class ConvertCommand implements Command {
  private static final List<String> FORMS = List.of("oci", "docker");

  @Override
  public String name() {
    return "convert";
  }

  @Override
  public String summary() {
    return "write a policy in OCI's or Docker's form";
  }

  @Override
  public String usage() {
    return "POLICY -o FILE [OPTION]...";
  }

  @Override
  public String description() {
    return "Docker's and Podman's profiles have rules that depend on capabilities, architecture and"
        + " kernel. In OCI's form (the default), which runtimes such as runc and crun read, these"
        + " are resolved; in Docker's they are kept. POLICY is a file of either form, or"
        + " @docker, @podman or @nspawn: what these allow by default."
        + "\n\nA learned policy holds what the program needs. A container runtime loads it before it"
        + " is done itself, so that no container starts under it: --for adds the runtime's own"
        + " calls, execve among them, and says which. They were measured with runc on x86_64."
        + "\n\n"
        + "--complain denies nothing: what the policy would deny is made and logged. Used on the host"
        + " or in the container that the program is for, with \"tiny-jail audit\" to collect the"
        + " records there, it shows what the policy lacks; learn --from-audit then adds that."
        + "\n\n"
        + PolicyOptions.driftDescription();
  }

  @Override
  public Options options() {
    OptionSet options =
        new OptionSet()
            .value("to", String.join("|", FORMS), "default: oci")
            .add(Architectures.option());
    Runtimes.addTo(options, "add the calls that runc and crun make before they start the program");
    PolicyOptions.addDriftSafe(options);
    options.flag(Complaining.OPTION, Complaining.HELP);
    return PolicySource.addTo(options).add(Outputs.option("the policy")).build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example(
            "tiny-jail convert @docker --caps default,SYS_PTRACE -o debug.json",
            "Docker's default, for a container that may trace"),
        new Example(
            "tiny-jail convert app.policy.json --for docker -o app.docker.json",
            "a learned policy, for a container"),
        new Example(
            "tiny-jail convert app.policy.json --drift-safe -o app.next.json",
            "to outlive the next update"),
        new Example(
            "tiny-jail convert app.policy.json --for docker --complain -o app.log.json",
            "nothing is denied, all else is logged, for \"tiny-jail audit\" to collect"),
        new Example(
            "tiny-jail convert old.json --to docker -o new.json",
            "with its conditions as they are"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    if (line.getArgList().size() != 1 || !line.hasOption("o")) {
      throw CommandException.usage("wants POLICY and -o FILE");
    }
    String form = line.getOptionValue("to", "oci");
    if (!FORMS.contains(form)) {
      throw CommandException.usage(
          "unknown --to \"" + form + "\"" + Suggestion.ending(form, FORMS, "oci or docker"));
    }
    boolean resolve = form.equals("oci");
    for (String option :
        List.of(
            "caps",
            "kernel",
            "arch",
            Runtimes.OPTION,
            PolicyOptions.DRIFT_SAFE,
            Complaining.OPTION)) {
      if (!resolve && line.hasOption(option)) {
        throw CommandException.usage(
            "--" + option + " resolves conditions, which --to docker keeps; leave one out");
      }
    }
    MobyProfile profile = PolicySource.profile(line.getArgList().get(0), false, context);
    boolean forRuntime = Runtimes.isNamed(line);
    Outputs.write(
        line,
        context,
        resolve ? resolved(profile, forRuntime, line, context) : MobySeccompJson.write(profile));
    return ExitCode.DONE;
  }

  private static byte[] resolved(
      MobyProfile profile, boolean forRuntime, CommandLine line, Context context)
      throws CommandException {
    Arch machine = Architectures.of(line);
    Policy policy = profile.resolve(PolicySource.context(line).withMachine(machine));
    if (PolicyOptions.isDriftSafe(line)) {
      policy = withStandIns(policy, machine, context);
    }
    policy = forRuntime ? Runtimes.addCalls(policy, machine, context) : policy;
    if (line.hasOption(Complaining.OPTION)) {
      policy = Complaining.of(policy, line, context);
    }
    return OciSeccompJson.write(policy);
  }

  private static Policy withStandIns(Policy policy, Arch machine, Context context) {
    Drift.Added added = Drift.addTo(policy, machine);
    context.say(
        added.standIns().isEmpty()
            ? "nothing added: the policy allows all stand-ins of its calls"
            : "added stand-ins of its calls under other versions of libc and kernel: "
                + added.standIns().stream()
                    .map(standIn -> Rules.show(standIn.rule()))
                    .collect(Collectors.joining(", ")));
    return added.policy();
  }
}
