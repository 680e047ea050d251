package org.tinyjail.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.json.JsonInput.Position;
import org.tinyjail.generator.lint.Finding;
import org.tinyjail.generator.lint.Linter;
import org.tinyjail.generator.lint.Severity;
import org.tinyjail.generator.oci.RulePositions;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Policy;
import tools.jackson.core.JsonGenerator;

/** {@code check}: what in a policy does not do what its author may think. */
final class CheckCommand implements Command {
  private static final List<String> LEVELS = List.of("error", "warning", "note");

  /** A finding in a file. */
  private record Located(String file, Optional<Position> at, Finding finding) {}

  @Override
  public String name() {
    return "check";
  }

  @Override
  public String summary() {
    return "find mistakes and holes in policies";
  }

  @Override
  public String usage() {
    return "POLICY... [OPTION]...";
  }

  @Override
  public String description() {
    return "Looks for names that Linux does not have, rules without effect, conditions that can be"
        + " got round, calls that do what a denied one would, calls that give power, and calls that"
        + " no program starts without. Each finding says what, where, why it matters and what to"
        + " do. Errors: the policy does not do what it says, or nothing runs under it. Warnings: it"
        + " probably is not what was meant. Notes: good to know."
        + "\n\n--json prints an array, an object for each finding: \"id\" (stays the same from version"
        + " to version), \"severity\", \"file\", \"line\" and \"column\" (left out where nothing is"
        + " written that it could point at), \"call\" (likewise), \"what\", \"why\" and \"do\".";
  }

  @Override
  public Options options() {
    OptionSet options =
        new OptionSet()
            .value("severity", "LEVEL", "exit 1 from this on: error, warning (default) or note");
    Runtimes.addTo(options, "also what runc needs to start a container");
    return PolicySource.addTo(options).add(Json.option()).build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail check app.policy.json", "read what may be wrong with it"),
        new Example("tiny-jail check --for docker seccomp.json", "and whether a container starts"),
        new Example("tiny-jail check @docker --caps none", "what Docker lets a container do"),
        new Example("tiny-jail check --severity error *.json", "in CI: fail on errors only"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    if (line.getArgList().isEmpty()) {
      throw CommandException.usage("wants POLICY...");
    }
    Severity threshold =
        Severity.valueOf(
            Words.choice("severity", "warning", LEVELS, line).toUpperCase(Locale.ROOT));
    boolean inContainer = Runtimes.isNamed(line);
    Linter.Use use = new Linter.Use(Arch.current(), inContainer);
    List<Located> all = new ArrayList<>();
    for (String file : line.getArgList()) {
      all.addAll(check(file, use, line, context));
    }
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> Json.array(json, all, CheckCommand::write));
    } else {
      print(all, line.getArgList().size(), context);
    }
    return all.stream().anyMatch(l -> l.finding().severity().compareTo(threshold) <= 0)
        ? ExitCode.FINDINGS
        : ExitCode.DONE;
  }

  private static List<Located> check(String file, Linter.Use use, CommandLine line, Context context)
      throws CommandException, IOException {
    RulePositions positions = new RulePositions();
    Policy policy = PolicySource.policy(file, positions, line, context);
    return Linter.check(policy, use).stream()
        .map(f -> new Located(file, f.rule().flatMap(positions::of), f))
        .toList();
  }

  private static void print(List<Located> all, int files, Context context) {
    Map<Severity, Integer> counts = new EnumMap<>(Severity.class);
    Set<String> explained = new HashSet<>();
    for (Located located : all) {
      Finding finding = located.finding();
      counts.merge(finding.severity(), 1, Integer::sum);
      String where = located.at().map(at -> ":" + at.line() + ":" + at.column()).orElse("");
      String head =
          located.file() + where + ": " + finding.severity().label() + ": " + finding.what();
      context.out().println(Escape.display(head) + " [" + finding.check().id() + "]");
      if (explained.add(finding.why() + finding.advice())) {
        context.out().println("    why: " + finding.why());
        context.out().println("    do:  " + finding.advice());
      }
    }
    List<String> parts = new ArrayList<>();
    counts.forEach((severity, count) -> parts.add(Words.count(count, severity.label())));
    context.say(
        Words.count(files, "file")
            + ": "
            + (parts.isEmpty() ? "nothing found" : String.join(", ", parts)));
  }

  private static void write(JsonGenerator json, Located located) {
    Finding finding = located.finding();
    json.writeStartObject();
    json.writeStringProperty("id", finding.check().id());
    json.writeStringProperty("severity", finding.severity().label());
    json.writeStringProperty("file", located.file());
    located
        .at()
        .ifPresent(
            at -> {
              json.writeNumberProperty("line", at.line());
              json.writeNumberProperty("column", at.column());
            });
    finding.rule().ifPresent(rule -> json.writeStringProperty("call", rule.syscall()));
    json.writeStringProperty("what", finding.what());
    json.writeStringProperty("why", finding.why());
    json.writeStringProperty("do", finding.advice());
    json.writeEndObject();
  }
}
