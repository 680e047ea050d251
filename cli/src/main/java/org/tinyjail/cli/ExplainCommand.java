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
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Source;
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
        + " app.policy.json): who made the call, how often, when, with an example.";
  }

  @Override
  public Options options() {
    return new OptionSet().add(Json.option()).build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail explain app.policy.json", "a line for each rule"),
        new Example("tiny-jail explain app.policy.json socket", "all that is known of one call"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    List<String> words = line.getArgList();
    if (words.isEmpty() || words.size() > 2) {
      throw CommandException.usage("wants POLICY and at most one CALL");
    }
    Path file = context.resolve(words.get(0));
    Policy policy = OciSeccompJson.read(file);
    Path beside = WhyJson.beside(file);
    if (!Files.exists(beside)) {
      throw CommandException.badInput(
          beside + " is missing; it is written with the policy by learn and generate");
    }
    WhyJson why = WhyJson.read(beside);
    if (words.size() == 2) {
      return one(words.get(1), policy, why, line, context);
    }
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> Json.array(json, why.reasons(), ExplainCommand::write));
    } else {
      table(policy, why, context);
    }
    return ExitCode.DONE;
  }

  private static void table(Policy policy, WhyJson why, Context context) {
    for (WhyJson.Entry entry : why.reasons()) {
      context
          .out()
          .printf(
              "%-40s %10s  %-8s %s%n",
              Escape.display(entry.rule()),
              entry.count() == 0 ? "" : entry.count(),
              sources(entry),
              entry.note().isEmpty()
                  ? Syscall.named(entry.call()).description()
                  : Escape.display(entry.note()));
    }
    for (Rule rule : policy.rules()) {
      if (why.reasons().stream().noneMatch(entry -> entry.rule().equals(Rules.show(rule)))) {
        context.out().printf("%-40s %10s  no reason recorded%n", Rules.show(rule), "");
      }
    }
    if (!why.exact()) {
      context.say("counts are lower bounds: known calls ran without being counted (--fast)");
    }
  }

  private static int one(
      String call, Policy policy, WhyJson why, CommandLine line, Context context) {
    List<WhyJson.Entry> entries =
        why.reasons().stream().filter(entry -> entry.call().equals(call)).toList();
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> Json.array(json, entries, ExplainCommand::write));
      return ExitCode.DONE;
    }
    Syscall syscall = Syscall.named(call);
    context
        .out()
        .println(call + ": " + syscall.description() + " (" + syscall.risk().label() + " risk)");
    List<Rule> rules = policy.rules().stream().filter(rule -> rule.syscall().equals(call)).toList();
    if (rules.isEmpty()) {
      context.out().println("  no rule: " + Actions.show(policy.defaultAction()));
    }
    for (Rule rule : rules) {
      context.out().println("  " + Actions.show(rule.action()) + "  " + Rules.show(rule));
      entries.stream()
          .filter(entry -> entry.rule().equals(Rules.show(rule)))
          .forEach(entry -> show(entry, context));
    }
    return ExitCode.DONE;
  }

  private static void show(WhyJson.Entry entry, Context context) {
    if (entry.count() > 0) {
      context
          .out()
          .printf(
              "      %s %s, first %s, last %s%n",
              sources(entry),
              Words.count(entry.count(), "time"),
              seconds(entry.first()),
              seconds(entry.last()));
      context.out().println("      by " + Escape.display(String.join(", ", entry.executables())));
    }
    if (!entry.sample().isEmpty()) {
      context.out().println("      such as " + Escape.display(entry.sample()));
    }
    if (!entry.note().isEmpty()) {
      context.out().println("      " + Escape.display(entry.note()));
    }
  }

  private static String sources(WhyJson.Entry entry) {
    return entry.sources().stream().sorted().map(Source::label).collect(Collectors.joining(","));
  }

  private static Instant seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS);
  }

  private static void write(JsonGenerator json, WhyJson.Entry entry) {
    json.writeStartObject();
    json.writeStringProperty("call", entry.call());
    json.writeStringProperty("rule", entry.rule());
    json.writeArrayPropertyStart("sources");
    entry.sources().stream().sorted().forEach(source -> json.writeString(source.label()));
    json.writeEndArray();
    json.writeNumberProperty("count", entry.count());
    json.writeStringProperty("first", entry.first().toString());
    json.writeStringProperty("last", entry.last().toString());
    json.writeArrayPropertyStart("executables");
    entry.executables().forEach(json::writeString);
    json.writeEndArray();
    json.writeStringProperty("sample", entry.sample());
    json.writeStringProperty("note", entry.note());
    json.writeEndObject();
  }
}
