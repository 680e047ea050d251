package org.tinyjail.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.agent.ArgumentDecoder;
import org.tinyjail.generator.compare.PolicyDiff;
import org.tinyjail.generator.compare.PolicyDiff.CallChange;
import org.tinyjail.generator.compare.PolicyDiff.OtherCalls;
import org.tinyjail.generator.compare.TooComplexException;
import org.tinyjail.generator.compare.ValueClass;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import tools.jackson.core.JsonGenerator;

/** {@code diff}: what one policy means other than another. */
final class DiffCommand implements Command {
  /** Conditions of one argument beyond this many are counted. */
  private static final int MAX_SHOWN = 4;

  @Override
  public String name() {
    return "diff";
  }

  @Override
  public String summary() {
    return "say what one policy allows or denies other than another";
  }

  @Override
  public String usage() {
    return "A B [OPTION]...";
  }

  @Override
  public String description() {
    return "Compares what the policies mean on this machine, however they are written: every call,"
        + " all arguments, every architecture in force. \"+\" B lets pass what A denies; \"-\" B"
        + " denies what A lets pass; \"~\" it is denied, or passes, in another way. Exit code 0:"
        + " the same; 1: different."
        + "\n\n--json prints an object. \"calls\": for each difference \"call\", \"architectures\","
        + " \"arguments\" (\"index\", an \"example\", the conditions that are \"holding\" and"
        + " \"failing\"; numbers as text) and the answers \"a\" and \"b\". \"others\": calls that"
        + " neither names, by \"architecture\" and \"which\" (unnamed, newer or foreign), with"
        + " \"count\", \"a\" and \"b\".";
  }

  @Override
  public Options options() {
    return PolicySource.addTo(new OptionSet()).add(Json.option()).build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail diff old.policy.json new.policy.json", "before using the new one"),
        new Example("tiny-jail diff @docker mine.json", "what is left of Docker's default"),
        new Example("tiny-jail diff --json a.json b.json | jq .calls", "for a program"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    List<String> files = line.getArgList();
    if (files.size() != 2) {
      throw CommandException.usage("wants two policies, A and B");
    }
    Policy first = PolicySource.policy(files.get(0), line, context);
    Policy second = PolicySource.policy(files.get(1), line, context);
    PolicyDiff diff;
    try {
      diff = PolicyDiff.of(first, second, Arch.current());
    } catch (TooComplexException e) {
      throw CommandException.badInput("cannot compare: " + e.getMessage());
    }
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> write(json, diff));
    } else {
      print(diff, context);
    }
    return diff.isEmpty() ? ExitCode.DONE : ExitCode.FINDINGS;
  }

  private static void print(PolicyDiff diff, Context context) {
    for (OtherCalls other : diff.others()) {
      context.out().println(show(other));
    }
    List<CallChange> calls = new ArrayList<>(diff.calls());
    calls.sort(Comparator.comparing(CallChange::call));
    for (CallChange change : calls) {
      String archs =
          change.architectures().contains(Arch.current()) ? "" : labels(change.architectures());
      context
          .out()
          .printf(
              "%s %s: %s -> %s%s%n",
              sign(change.before(), change.after()),
              Escape.display(show(change)),
              Actions.show(change.before()),
              Actions.show(change.after()),
              archs);
    }
  }

  private static String labels(Set<Arch> architectures) {
    return architectures.stream()
        .sorted()
        .map(Arch::label)
        .collect(Collectors.joining(", ", " (only on ", ")"));
  }

  private static String sign(Action before, Action after) {
    return before.denies() == after.denies() ? "~" : after.denies() ? "-" : "+";
  }

  private static String show(OtherCalls other) {
    String change = Actions.show(other.before()) + " -> " + Actions.show(other.after());
    String sign = sign(other.before(), other.after()) + " " + other.arch().label() + ": ";
    return switch (other.which()) {
      case UNNAMED -> sign + Words.count(other.count(), "call") + " that no rule names: " + change;
      case NEWER -> sign + "calls newer than these policies: " + change;
      case FOREIGN ->
          sign
              + (other.after().denies() ? "not in force in B, " : "not in force in A, ")
              + Words.count(other.count(), "call")
              + " may pass in the other";
    };
  }

  /** The call with what its arguments are: the conditions that hold, else what fails. */
  private static String show(CallChange change) {
    List<ArgCondition> conditions = new ArrayList<>();
    List<String> rest = new ArrayList<>();
    for (ValueClass values : change.classes()) {
      List<ArgCondition> equal = exact(values);
      if (!equal.isEmpty()) {
        conditions.add(
            equal.stream().max(Comparator.comparingInt(c -> Long.bitCount(mask(c)))).orElseThrow());
      } else if (!values.holding().isEmpty()) {
        conditions.addAll(values.holding());
      } else {
        rest.add(notAny(change.call(), values));
      }
    }
    String shown = Rules.show(new Rule(change.call(), conditions, change.after()));
    return rest.isEmpty() ? shown : shown + " where not " + String.join(" and not ", rest);
  }

  /** The conditions that say which value it is; that "not equal" fails says it too. */
  private static List<ArgCondition> exact(ValueClass values) {
    return Stream.concat(
            values.holding().stream().filter(DiffCommand::isExact),
            values.failing().stream()
                .filter(c -> c.operator() == ArgCondition.Operator.NE)
                .map(c -> new ArgCondition(c.index(), ArgCondition.Operator.EQ, c.value(), 0)))
        .toList();
  }

  /** {@code domain=AF_INET or domain=AF_UNIX}: none of these holds. */
  private static String notAny(String call, ValueClass values) {
    String all =
        values.failing().stream()
            .limit(MAX_SHOWN)
            .map(c -> ArgumentDecoder.decode(Arch.current(), call, List.of(c)))
            .collect(Collectors.joining(" or "));
    int more = values.failing().size() - MAX_SHOWN;
    return all.isEmpty()
        ? ""
        : "(" + all + (more > 0 ? " or " + Words.count(more, "other") : "") + ")";
  }

  private static boolean isExact(ArgCondition condition) {
    return condition.operator() == ArgCondition.Operator.EQ
        || condition.operator() == ArgCondition.Operator.MASKED_EQ;
  }

  private static long mask(ArgCondition condition) {
    return condition.operator() == ArgCondition.Operator.MASKED_EQ ? condition.value() : -1;
  }

  private static void write(JsonGenerator json, PolicyDiff diff) {
    json.writeStartObject();
    json.writeName("calls");
    Json.array(json, diff.calls(), DiffCommand::write);
    json.writeName("others");
    Json.array(json, diff.others(), DiffCommand::write);
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, CallChange change) {
    json.writeStartObject();
    json.writeStringProperty("call", change.call());
    json.writeArrayPropertyStart("architectures");
    change.architectures().stream().sorted().map(Arch::label).forEach(json::writeString);
    json.writeEndArray();
    json.writeArrayPropertyStart("arguments");
    for (ValueClass values : change.classes()) {
      json.writeStartObject();
      json.writeNumberProperty("index", values.index());
      json.writeStringProperty("example", Long.toUnsignedString(values.example()));
      conditions(json, "holding", values.holding());
      conditions(json, "failing", values.failing());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringProperty("a", Actions.show(change.before()));
    json.writeStringProperty("b", Actions.show(change.after()));
    json.writeEndObject();
  }

  /** Values are text: JSON readers lose digits of 64-bit numbers. */
  private static void conditions(JsonGenerator json, String name, List<ArgCondition> conditions) {
    json.writeArrayPropertyStart(name);
    for (ArgCondition condition : conditions) {
      json.writeStartObject();
      json.writeStringProperty("op", condition.operator().scmpName());
      json.writeStringProperty("value", Long.toUnsignedString(condition.value()));
      json.writeStringProperty("valueTwo", Long.toUnsignedString(condition.valueTwo()));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, OtherCalls other) {
    json.writeStartObject();
    json.writeStringProperty("architecture", other.arch().label());
    json.writeStringProperty("which", other.which().name().toLowerCase(java.util.Locale.ROOT));
    json.writeNumberProperty("count", other.count());
    json.writeStringProperty("a", Actions.show(other.before()));
    json.writeStringProperty("b", Actions.show(other.after()));
    json.writeEndObject();
  }
}
