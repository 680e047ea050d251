package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.EvidenceStore;

/** {@code generate}: a policy from the evidence in the store. */
final class GenerateCommand implements Command {
  @Override
  public String name() {
    return "generate";
  }

  @Override
  public String summary() {
    return "write a policy from the evidence in the store";
  }

  @Override
  public String usage() {
    return "--program P --out FILE [OPTION]...";
  }

  @Override
  public String description() {
    return "Writes the policy of a profile from all evidence that the store holds for it, without"
        + " running anything."
        + "\n\nUse it for another policy from the same evidence: other arguments, another"
        + " default action. What"
        + " was learned with --args safe or none holds no values of other arguments, so that"
        + " --args all can"
        + " limit only what was recorded."
        + "\n\n"
        + PolicyOptions.description()
        + "\n\n"
        + ExecutablePolicies.description();
  }

  @Override
  public Options options() {
    return PolicyOptions.addTo(
            ExecutablePolicies.addTo(new OptionSet())
                .value("program", "P", "the profile, or the end of its name, such as nginx")
                .value("out", "FILE", "the policy to write"))
        .add(Stores.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example(
            "tiny-jail generate --program nginx --out nginx.policy.json",
            "from all runs learned so far"),
        new Example(
            "tiny-jail generate --program nginx --args none --default kill --out strict.json",
            "the same evidence, another policy"),
        new Example(
            "tiny-jail generate --program nginx --drift-safe --for docker --out nginx.json",
            "for a container whose image will be updated"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    if (!line.hasOption("program") || !line.hasOption("out")) {
      throw CommandException.usage("wants --program P and --out FILE");
    }
    PolicyOptions options = PolicyOptions.of(line);
    Runtimes.checkKnown(line);
    Path out = context.resolve(line.getOptionValue("out"));
    AtomicFile.checkWritable(out);
    String profile;
    KnownEvidence known;
    try (H2EvidenceStore store = Stores.openWhole(line, context)) {
      profile = profile(context.program(line.getOptionValue("program")), store);
      known = KnownEvidence.of(store, profile);
    }
    MadePolicy made = MadePolicy.write(out, profile, known, options, line, context, context::say);
    PolicyNotes.of(made.generated()).forEach(context::say);
    context.say(
        "wrote "
            + line.getOptionValue("out")
            + ": "
            + Words.count(made.generated().policy().rules().size(), "rule"));
    made.writeForExecutables(out, options, line, context::say);
    return ExitCode.DONE;
  }

  /** The one profile that is meant. */
  static String profile(String word, EvidenceStore store) throws CommandException {
    List<String> all =
        store.profiles().stream().filter(name -> !store.observations(name).isEmpty()).toList();
    if (all.contains(word)) {
      return word;
    }
    List<String> matching = all.stream().filter(name -> name.endsWith("/" + word)).toList();
    if (matching.size() == 1) {
      return matching.get(0);
    }
    throw CommandException.usage(
        matching.isEmpty()
            ? "nothing was learned of \""
                + word
                + "\""
                + Suggestion.ending(
                    word, all, all.isEmpty() ? "to learn it first" : String.join(", ", all))
            : "\"" + word + "\" may be any of " + String.join(", ", matching) + "; name one");
  }
}
