package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.generator.merge.Why;
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.generator.merge.Widened;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Syscall;
import tools.jackson.core.JsonGenerator;

/** {@code explain}: why each call is in a policy. */
final class ExplainCommand implements Command {
  @Override
  public String name() {
    return "explain";
  }

  @Override
  public String summary() {
    return "say why each call is in a policy";
  }

  @Override
  public String usage() {
    return "POLICY [CALL] [OPTION]...";
  }

  @Override
  public String description() {
    return "Reads the reasons that stand beside a policy (app.policy.why.json for"
        + " app.policy.json): who made the call, how often, when, with an example."
        + "\n\nWithout CALL it prints a line for each rule; with CALL all that is known of that"
        + " call, also what"
        + " becomes of it where the policy does not name it.";
  }

  @Override
  public Options options() {
    return PolicySource.addTo(new OptionSet()).add(Json.option()).build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail explain app.policy.json", "a line for each rule"),
        new Example("tiny-jail explain app.policy.json socket", "all that is known of one call"),
        new Example("tiny-jail explain @docker clone", "what Docker does with it by default"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    List<String> words = line.getArgList();
    if (words.isEmpty() || words.size() > 2) {
      throw CommandException.usage("wants POLICY and at most one CALL");
    }
    Policy policy = PolicySource.policy(words.get(0), line, context);
    Why why = reasons(words.get(0), context);
    if (words.size() == 2) {
      return one(words.get(1), policy, why, line, context);
    }
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> json(json, why.reasons(), why));
    } else {
      table(policy, why, context);
    }
    return ExitCode.DONE;
  }

  private static Why reasons(String word, Context context) throws CommandException, IOException {
    if (PolicySource.isBuiltIn(word)) {
      return new Why(List.of(), List.of(), List.of());
    }
    Path beside = WhyJson.pathFor(context.resolve(word));
    if (!Files.exists(beside)) {
      throw CommandException.badInput(
          beside + " is missing; it is written with the policy by learn and generate");
    }
    return WhyJson.read(beside);
  }

  private static void table(Policy policy, Why why, Context context) {
    for (RuleReason entry : why.reasons()) {
      context
          .out()
          .printf(
              "%-40s %10s  %-8s %s%n",
              Escape.display(Rules.show(entry.rule())),
              entry.evidence().isEmpty() ? "" : count(entry),
              sources(entry),
              entry.note().isEmpty()
                  ? Syscall.named(entry.syscall()).description()
                  : Escape.display(entry.note()));
    }
    for (Rule rule : policy.rules()) {
      if (why.reasons().stream().noneMatch(entry -> entry.rule().equals(rule))) {
        context
            .out()
            .printf("%-40s %10s  no reason recorded%n", Escape.display(Rules.show(rule)), "");
      }
    }
    for (Widened wide : why.widened()) {
      context.out().println(Escape.display(wide.syscall()) + ": " + Widenings.show(wide));
    }
  }

  private static int one(String call, Policy policy, Why why, CommandLine line, Context context) {
    List<RuleReason> entries =
        why.reasons().stream().filter(entry -> entry.syscall().equals(call)).toList();
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> json(json, entries, why));
      return ExitCode.DONE;
    }
    Syscall syscall = Syscall.named(call);
    context
        .out()
        .println(
            Escape.display(call)
                + ": "
                + syscall.description()
                + " ("
                + syscall.risk().label()
                + " risk)");
    List<Rule> rules = policy.rules().stream().filter(rule -> rule.syscall().equals(call)).toList();
    if (rules.isEmpty()) {
      context.out().println("  no rule: " + Actions.show(policy.defaultAction()));
    }
    for (Rule rule : rules) {
      context
          .out()
          .println("  " + Actions.show(rule.action()) + "  " + Escape.display(Rules.show(rule)));
      entries.stream()
          .filter(entry -> entry.rule().equals(rule))
          .forEach(entry -> show(entry, context));
    }
    widened(call, why).forEach(wide -> context.out().println("  " + Widenings.show(wide)));
    return ExitCode.DONE;
  }

  private static List<Widened> widened(String call, Why why) {
    return why.widened().stream().filter(wide -> wide.syscall().equals(call)).toList();
  }

  private static void show(RuleReason entry, Context context) {
    for (RuleReason.Evidence evidence : entry.evidence()) {
      context
          .out()
          .printf(
              "      %s %s, first %s, last %s%n",
              evidence.source().label(),
              Words.count(evidence.count(), "time"),
              seconds(evidence.first()),
              seconds(evidence.last()));
    }
    if (!entry.executables().isEmpty()) {
      context.out().println("      by " + Escape.display(String.join(", ", entry.executables())));
    }
    if (!entry.sample().isEmpty()) {
      context.out().println("      such as " + Escape.display(entry.sample()));
    }
    if (!entry.note().isEmpty()) {
      context.out().println("      " + Escape.display(entry.note()));
    }
  }

  private static String sources(RuleReason entry) {
    return entry.evidence().stream()
        .map(evidence -> evidence.source().label())
        .collect(Collectors.joining(","));
  }

  private static long count(RuleReason entry) {
    return entry.evidence().stream().mapToLong(RuleReason.Evidence::count).sum();
  }

  private static Instant seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS);
  }

  private static void json(JsonGenerator json, List<RuleReason> entries, Why why) {
    Json.array(json, entries, (each, entry) -> write(each, entry, widened(entry.syscall(), why)));
  }

  private static void write(JsonGenerator json, RuleReason entry, List<Widened> widened) {
    json.writeStartObject();
    json.writeStringProperty("call", entry.syscall());
    json.writeStringProperty("rule", Rules.show(entry.rule()));
    json.writeStringProperty("action", Actions.show(entry.action()));
    json.writeArrayPropertyStart("evidence");
    for (RuleReason.Evidence evidence : entry.evidence()) {
      json.writeStartObject();
      json.writeStringProperty("source", evidence.source().label());
      json.writeNumberProperty("count", evidence.count());
      json.writeStringProperty("first", evidence.first().toString());
      json.writeStringProperty("last", evidence.last().toString());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayPropertyStart("executables");
    entry.executables().forEach(json::writeString);
    json.writeEndArray();
    json.writeArrayPropertyStart("widened");
    for (Widened wide : widened) {
      json.writeStartObject();
      json.writeNumberProperty("argument", wide.argument());
      json.writeStringProperty("name", Widenings.argument(wide));
      json.writeNumberProperty("values", wide.values());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringProperty("sample", entry.sample());
    json.writeStringProperty("note", entry.note());
    json.writeEndObject();
  }
}
