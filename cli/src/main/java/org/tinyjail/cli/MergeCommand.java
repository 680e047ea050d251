package org.tinyjail.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.compare.PolicyMerge;
import org.tinyjail.generator.compare.PolicyMerge.Kind;
import org.tinyjail.generator.compare.PolicyMerge.NotExpressibleException;
import org.tinyjail.generator.lint.Check;
import org.tinyjail.generator.lint.Linter;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;

/** {@code merge}: one policy of several. */
final class MergeCommand implements Command {
  @Override
  public String name() {
    return "merge";
  }

  @Override
  public String summary() {
    return "make one policy of several";
  }

  @Override
  public String usage() {
    return "A B... -o FILE [--intersect]";
  }

  @Override
  public String description() {
    return "A call passes the result if any of the policies lets it pass; with --intersect only if"
        + " all do. Each call is answered as the most lenient (with --intersect the strictest) of"
        + " them answers it: allow, log, trace, notify, errno, trap, kill, in this order; of two"
        + " errnos the first policy's. That holds for all arguments, checked before the file is"
        + " written. Where no rules can say it, --intersect denies more and says so; otherwise"
        + " nothing is written. The result is for this machine and the architectures that all"
        + " have.";
  }

  @Override
  public Options options() {
    OptionSet options =
        new OptionSet()
            .flag("intersect", "only what all of them let pass")
            .flag(
                "common-architectures",
                "drop architectures that not all have, instead of refusing");
    return PolicySource.addTo(options).add(Outputs.option("the policy")).build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example(
            "tiny-jail merge worker.policy.json server.policy.json -o app.policy.json",
            "for a program that is both"),
        new Example(
            "tiny-jail merge --intersect app.policy.json site.json -o strict.json",
            "what the site's rules leave of it"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    List<String> files = line.getArgList();
    if (files.size() < 2 || !line.hasOption("o")) {
      throw CommandException.usage("wants at least two policies and -o FILE");
    }
    List<Policy> policies = new ArrayList<>();
    for (String file : files) {
      policies.add(PolicySource.policy(file, line, context));
    }
    PolicyMerge merged = merged(policies, line);
    Outputs.write(line, context, OciSeccompJson.write(merged.policy()));
    if (!merged.stricter().isEmpty()) {
      context.say(
          "merge: stricter than asked, since no rules can say it: "
              + String.join(", ", merged.stricter()));
    }
    Linter.check(merged.policy(), new Linter.Use(Arch.current(), false)).stream()
        .filter(finding -> finding.check() == Check.LOST_CONDITION)
        .forEach(
            finding ->
                context.say(
                    "merge: for tiny-jail only, container runtimes let more pass: "
                        + finding.what()));
    return ExitCode.DONE;
  }

  private static PolicyMerge merged(List<Policy> policies, CommandLine line)
      throws CommandException {
    boolean intersect = line.hasOption("intersect");
    try {
      return PolicyMerge.of(
          policies,
          intersect ? Kind.INTERSECTION : Kind.UNION,
          Arch.current(),
          line.hasOption("common-architectures"));
    } catch (NotExpressibleException e) {
      throw CommandException.badInput(String.valueOf(e.getMessage()));
    }
  }
}
