package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.groups.Member.OfCall;
import org.tinyjail.generator.json.PolicyNames;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.generator.merge.Strictness;
import org.tinyjail.generator.merge.Why;
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.generator.merge.Widened;
import org.tinyjail.generator.merge.Withheld;
import org.tinyjail.model.Action;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Source;
import org.tinyjail.model.Syscall;
import org.tinyjail.model.SyscallTable;
import org.tinyjail.model.UnseenChance;
import tools.jackson.core.JsonGenerator;

/** {@code explain}: why each call is in a policy. */
final class ExplainCommand implements Command {
  private static final String WITHHELD = "withheld";
  private static final Why NO_REASONS =
      new Why(
          "", List.of(), List.of(), Strictness.BALANCED, List.of(), Optional.empty(), List.of());

  /**
   * A rule of the policy.
   *
   * @param rule as it stands there
   * @param reason why, if that is known
   * @param tier how well it is supported; empty: not known
   * @param note why it is there without evidence; may be empty
   * @param widened arguments of the call that took too many values
   */
  private record Explained(
      Rule rule, Optional<RuleReason> reason, String tier, String note, List<Widened> widened) {
    /** What the policy denies by its default, as if a rule said so. */
    static Explained of(Withheld denied, Action action) {
      Rule rule = new Rule(denied.syscall(), denied.arguments().conditions(), action);
      return new Explained(rule, Optional.empty(), WITHHELD, denied.why(), List.of());
    }

    static Explained of(Rule rule, Optional<RuleReason> reason, Why why) {
      return new Explained(
          rule,
          reason,
          reason.map(known -> known.tier().label()).orElse(""),
          reason.map(RuleReason::note).orElse(""),
          why.widened().stream().filter(w -> w.syscall().equals(rule.syscall())).toList());
    }
  }

  @Override
  public String name() {
    return "explain";
  }

  @Override
  public String summary() {
    return "say what a policy does with each call, and why";
  }

  @Override
  public String usage() {
    return "POLICY [CALL] [OPTION]...";
  }

  @Override
  public String description() {
    return "Prints a line for each rule: what becomes of the call, how often it was seen, by which"
        + " kind of evidence, and what it is. Its tier is \"needed\" where the call was made,"
        + " \"possible\" where the executable can make it and was not seen to, \"added\" where a"
        + " note says why. What the program can make and the policy withholds comes last. With CALL"
        + " all that is known of that call: who made it, when, with an example; also what becomes of it where no rule names it. CALL may be a"
        + " @GROUP: then of each of its calls."
        + "\n\nThe reasons stand beside a policy, in app.policy.why.json for app.policy.json; learn"
        + " and generate write them. Without that file, and for @docker, @podman and @nspawn, the"
        + " rules are shown alone. Where a fuzzer has measured how likely more is to be seen (learn"
        + " --fuzz), the first line says so, and when: it is about executions of the fuzzer, not"
        + " about production."
        + "\n\n--json prints an array, an object for each rule: \"call\", \"rule\" (as shown),"
        + " \"action\", \"tier\" (also \"withheld\"; empty: not known), \"evidence\" (\"source\","
        + " \"count\", \"first\", \"last\" of each),"
        + " \"executables\", \"widened\" (\"argument\", \"name\","
        + " \"values\": how many), \"sample\" and \"note\"; empty where nothing is known.";
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
    Set<String> calls = words.size() > 1 ? calls(words.get(1), policy) : Set.of();
    Why why = withheldBy(policy, reasons(words.get(0), context));
    List<Explained> rules =
        explained(policy, why).stream()
            .filter(rule -> calls.isEmpty() || calls.contains(rule.rule().syscall()))
            .toList();
    List<Withheld> withheld =
        why.withheld().stream()
            .filter(denied -> calls.isEmpty() || calls.contains(denied.syscall()))
            .toList();
    if (line.hasOption(Json.OPTION)) {
      List<Explained> all = new ArrayList<>(rules);
      withheld.forEach(denied -> all.add(Explained.of(denied, policy.defaultAction())));
      Json.print(context.out(), json -> Json.array(json, all, ExplainCommand::write));
    } else if (calls.isEmpty()) {
      why.unseen().ifPresent(unseen -> head(unseen, context));
      why.logs().forEach(log -> context.out().println("made of " + Escape.display(log)));
      table(policy, rules, withheld, context);
    } else {
      calls.forEach(call -> one(call, policy, of(call, rules), why, context));
    }
    return ExitCode.DONE;
  }

  /** The calls that a word means: one that Linux has, or that the policy names all the same. */
  private static Set<String> calls(String word, Policy policy) throws CommandException {
    Optional<String> problem = CallWords.problem(word);
    if (problem.isPresent()
        && policy.rules().stream().noneMatch(rule -> rule.syscall().equals(word))) {
      throw CommandException.usage(problem.get());
    }
    return problem.isPresent()
        ? Set.of(word)
        : CallWords.members(word).stream()
            .map(OfCall::syscall)
            .filter(SyscallTable::isKnown)
            .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<Explained> of(String call, List<Explained> rules) {
    return rules.stream().filter(rule -> rule.rule().syscall().equals(call)).toList();
  }

  /** The rules of the policy, those with reasons first. */
  private static List<Explained> explained(Policy policy, Why why) {
    List<Explained> explained = new ArrayList<>();
    for (RuleReason reason : why.reasons()) {
      if (policy.rules().contains(reason.rule())) {
        explained.add(Explained.of(reason.rule(), Optional.of(reason), why));
      }
    }
    Set<Rule> known = explained.stream().map(Explained::rule).collect(Collectors.toSet());
    for (Rule rule : policy.rules()) {
      if (!known.contains(rule)) {
        explained.add(Explained.of(rule, Optional.empty(), why));
      }
    }
    return explained;
  }

  private static Why reasons(String word, Context context) throws CommandException, IOException {
    if (PolicySource.isBuiltIn(word)) {
      return NO_REASONS;
    }
    Path beside = PolicyNames.reasonsOf(context.resolve(word));
    if (!Files.exists(beside)) {
      context.say(
          beside.getFileName()
              + " is missing, so no reasons are known; learn and generate write it with a policy");
      return NO_REASONS;
    }
    return WhyJson.read(beside);
  }

  /** A person may have allowed some of what was withheld. */
  private static Why withheldBy(Policy policy, Why why) {
    return why.withWithheld(
        why.withheld().stream()
            .filter(denied -> policy.rules().stream().noneMatch(rule -> allows(rule, denied)))
            .toList());
  }

  private static boolean allows(Rule rule, Withheld denied) {
    return rule.syscall().equals(denied.syscall())
        && !rule.action().denies()
        && denied.arguments().conditions().containsAll(rule.conditions());
  }

  /** What a fuzzer has measured; what was learned since is not in it. */
  private static void head(UnseenChance unseen, Context context) {
    context
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "fuzzed with %,d executions until %s; %s. That is about %s.",
                unseen.executions(),
                seconds(unseen.measured()),
                UnseenText.of(unseen),
                UnseenChance.ABOUT));
  }

  private static void table(
      Policy policy, List<Explained> rules, List<Withheld> withheld, Context context) {
    Consumer<String> out = line -> context.out().println(Help.hang(line, width(context)));
    for (Explained explained : rules) {
      Optional<RuleReason> reason = explained.reason();
      String count = reason.filter(r -> !r.evidence().isEmpty()).map(r -> "" + count(r)).orElse("");
      out.accept(
          String.format(
              "%-40s %-11s %8s  %-8s %-8s %s",
              Escape.display(Rules.show(explained.rule())),
              Actions.show(explained.rule().action()),
              count,
              explained.tier().isEmpty() ? "-" : explained.tier(),
              reason.map(ExplainCommand::sources).orElse(""),
              explained.note().isEmpty()
                  ? Syscall.named(explained.rule().syscall()).description()
                  : Escape.display(explained.note())));
    }
    out.accept(String.format("%-40s %s", "any other call", Actions.show(policy.defaultAction())));
    for (Withheld denied : withheld) {
      out.accept(
          String.format(
              "%-40s %-11s %8s  %-8s %-8s %s",
              Escape.display(PolicyNotes.show(denied)),
              Actions.show(policy.defaultAction()),
              "",
              WITHHELD,
              Source.STATIC.label(),
              Escape.display(denied.why())));
    }
    widened(rules)
        .forEach(wide -> out.accept(Escape.display(wide.syscall()) + ": " + Widenings.show(wide)));
  }

  /** The terminal's, as the launcher has found it; elsewhere lines stay whole. */
  private static int width(Context context) {
    String columns = context.environment().getOrDefault("COLUMNS", "");
    return Colours.isTerminal(Path.of("/proc/self/fd/1")) && columns.matches("[1-9][0-9]{0,4}")
        ? Integer.parseInt(columns)
        : Integer.MAX_VALUE;
  }

  private static void one(
      String call, Policy policy, List<Explained> rules, Why why, Context context) {
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
    for (Explained explained : rules) {
      Rule rule = explained.rule();
      context
          .out()
          .println("  " + Actions.show(rule.action()) + "  " + Escape.display(Rules.show(rule)));
      explained.reason().ifPresent(reason -> show(reason, context));
    }
    if (rules.isEmpty()) {
      context.out().println("  no rule: " + Actions.show(policy.defaultAction()));
      if (!why.reasons().isEmpty() && withheld(call, why).isEmpty()) {
        context.out().println("      " + without(why));
      }
    } else if (rules.stream().noneMatch(explained -> explained.rule().conditions().isEmpty())) {
      context.out().println("  otherwise: " + Actions.show(policy.defaultAction()));
    }
    for (Withheld denied : withheld(call, why)) {
      context
          .out()
          .println(
              "  withheld  "
                  + Escape.display(PolicyNotes.show(denied))
                  + ": possible, never seen; "
                  + Escape.display(denied.why())
                  + " (--mode "
                  + why.strictness().label()
                  + ")");
    }
    widened(rules).forEach(wide -> context.out().println("  " + Widenings.show(wide)));
  }

  private static List<Withheld> withheld(String call, Why why) {
    return why.withheld().stream().filter(denied -> denied.syscall().equals(call)).toList();
  }

  /** What it means that there is no evidence of a call. */
  private static String without(Why why) {
    boolean analysed =
        !why.withheld().isEmpty()
            || why.reasons().stream()
                .flatMap(reason -> reason.evidence().stream())
                .anyMatch(evidence -> evidence.source() == Source.STATIC);
    return analysed
        ? "impossible: never seen, and the executable was not found to reach it"
        : "never seen";
  }

  private static Stream<Widened> widened(List<Explained> rules) {
    return rules.stream().flatMap(rule -> rule.widened().stream()).distinct();
  }

  private static void show(RuleReason entry, Context context) {
    context.out().println("      " + entry.tier().label());
    for (RuleReason.Evidence evidence : entry.evidence()) {
      context.out().println("      " + text(evidence));
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

  private static void write(JsonGenerator json, Explained explained) {
    Rule rule = explained.rule();
    Optional<RuleReason> reason = explained.reason();
    json.writeStartObject();
    json.writeStringProperty("call", rule.syscall());
    json.writeStringProperty("rule", Rules.show(rule));
    json.writeStringProperty("action", Actions.show(rule.action()));
    json.writeStringProperty("tier", explained.tier());
    json.writeName("evidence");
    Json.array(json, reason.map(RuleReason::evidence).orElse(List.of()), ExplainCommand::write);
    json.writeArrayPropertyStart("executables");
    reason.map(RuleReason::executables).orElse(List.of()).forEach(json::writeString);
    json.writeEndArray();
    json.writeName("widened");
    Json.array(json, explained.widened(), ExplainCommand::write);
    json.writeStringProperty("sample", reason.map(RuleReason::sample).orElse(""));
    json.writeStringProperty("note", explained.note());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Widened wide) {
    json.writeStartObject();
    json.writeNumberProperty("argument", wide.argument());
    json.writeStringProperty("name", Widenings.argument(wide));
    json.writeNumberProperty("values", wide.values());
    json.writeEndObject();
  }

  private static String text(RuleReason.Evidence evidence) {
    return evidence.source() == Source.STATIC
        ? "static, found in the files at " + seconds(evidence.last())
        : String.format(
            "%s %s, first %s, last %s",
            evidence.source().label(),
            Words.count(evidence.count(), "time"),
            seconds(evidence.first()),
            seconds(evidence.last()));
  }

  private static void write(JsonGenerator json, RuleReason.Evidence evidence) {
    json.writeStartObject();
    json.writeStringProperty("source", evidence.source().label());
    json.writeNumberProperty("count", evidence.count());
    json.writeStringProperty("first", evidence.first().toString());
    json.writeStringProperty("last", evidence.last().toString());
    json.writeEndObject();
  }
}
