package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.cli.PolicyUpdate.Allowance;
import org.tinyjail.model.Action;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Escape;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.EvidenceStore.DenialQuery;
import org.tinyjail.model.EvidenceStore.ReviewItem;
import org.tinyjail.model.Run;
import org.tinyjail.model.Syscall;

/** {@code review}: reads the denials, and decides. */
final class ReviewCommand implements Command {
  @Override
  public String name() {
    return "review";
  }

  @Override
  public String summary() {
    return "read the denials, decide, update the policy";
  }

  @Override
  public String usage() {
    return "[OPTION]...";
  }

  @Override
  public String description() {
    return "Lists what policies have denied, grouped, with an id for each, how often and when, what"
        + " the call does and how risky it is. --allow adds just what was denied to a policy, with"
        + " its argument values where the danger of the call lies in them; --deny marks as"
        + " reviewed. What was decided is listed no longer, unless it is denied again or --all is"
        + " given."
        + "\n\nPaths and addresses in the list were read from the program's memory while it"
        + " waited: they tell"
        + " what was attempted. The file that --allow updates is replaced in one step, and only"
        + " rules are"
        + " added to it.";
  }

  @Override
  public Options options() {
    return new OptionSet()
        .value("program", "P", "only programs whose path contains P")
        .value("since", "DUR", "only what was denied within DUR: 90s, 10m, 2h, 7d")
        .flag("all", "also what is already decided")
        .value("allow", "ID[,ID]...", "add these to the policy named by --policy")
        .value("deny", "ID[,ID]...", "mark these as reviewed: they stay denied")
        .value("policy", "FILE", "the policy that --allow updates; FILE.bak keeps what it was")
        .add(Stores.option())
        .add(Json.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail review --since 1h", "what was denied within the last hour"),
        new Example(
            "tiny-jail review --allow 3,4 --policy app.policy.json",
            "let these two pass from now on"),
        new Example("tiny-jail review --json --program nginx", "for a program to read"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    List<Long> allow = ids(line, "allow");
    List<Long> deny = ids(line, "deny");
    if (!allow.isEmpty() && !line.hasOption("policy")) {
      throw CommandException.usage("--allow wants --policy FILE: the policy to update");
    }
    String policy = line.getOptionValue("policy", "");
    if (!allow.isEmpty() && PolicySource.isBuiltIn(policy)) {
      throw CommandException.usage(
          policy
              + " is part of tiny-jail; copy it and update that: tiny-jail convert "
              + policy
              + " --to docker -o FILE");
    }
    try (EvidenceStore store = Stores.open(line, context)) {
      if (allow.isEmpty() && deny.isEmpty()) {
        list(line, context, store);
        return ExitCode.DONE;
      }
      if (!allow.isEmpty()) {
        allow(allow, context.resolve(policy), context, store);
      }
      decide(store, deny, Decision.DENIED);
      if (!deny.isEmpty()) {
        context.say(Words.count(deny.size(), "denial") + " marked as reviewed");
      }
    }
    return ExitCode.DONE;
  }

  private static void list(CommandLine line, Context context, EvidenceStore store)
      throws CommandException, IOException {
    Optional<Instant> since = Optional.empty();
    if (line.hasOption("since")) {
      since =
          Optional.of(
              context
                  .clock()
                  .instant()
                  .minus(Durations.parse("--since", line.getOptionValue("since"))));
    }
    DenialQuery query =
        new DenialQuery(
            Optional.ofNullable(line.getOptionValue("program")), since, line.hasOption("all"));
    List<ReviewItem> items = store.denials(query);
    List<Run> incomplete = incomplete(store, query);
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> Json.array(json, items, ReviewCommand::write));
    } else if (!items.isEmpty() || incomplete.isEmpty()) {
      show(items, context);
    }
    incomplete.stream()
        .collect(
            Collectors.groupingBy(Run::profile, TreeMap::new, Collectors.summingLong(Run::lost)))
        .forEach((profile, lost) -> sayLost(context, profile, lost));
  }

  /** Runs under a policy that the query may ask about and that are known to lack denials. */
  private static List<Run> incomplete(EvidenceStore store, DenialQuery query) {
    String program = query.program().orElse("");
    Instant since = query.since().orElse(Instant.MIN);
    return store.runs(Optional.empty()).stream()
        .filter(run -> run.kind() != Run.Kind.LEARN && run.lost() > 0)
        .filter(run -> run.profile().contains(program) || run.executable().contains(program))
        .filter(run -> !run.ended().orElse(Instant.MAX).isBefore(since))
        .toList();
  }

  private static void sayLost(Context context, String profile, long lost) {
    context.say(
        profile
            + ": not complete: "
            + Words.count(lost, "record")
            + " lost (no room?); \"tiny-jail evidence list\" shows of which runs");
  }

  private static final String BEYOND_POLICIES =
      "it sets limits of a process outside the jail, which is refused whatever the policy";

  private static void show(List<ReviewItem> items, Context context) {
    if (items.isEmpty()) {
      context.say("nothing to review");
      return;
    }
    items.stream()
        .collect(Collectors.groupingBy(ReviewItem::profile))
        .forEach(
            (profile, group) -> {
              context.out().println(Escape.display(profile));
              group.forEach(item -> show(item, context));
            });
    boolean some = items.stream().anyMatch(item -> !item.denial().isBeyondPolicies());
    context
        .out()
        .println(
            (some ? "Allow some: tiny-jail review --allow ID[,ID]... --policy FILE; keep" : "Keep")
                + " them denied: tiny-jail review --deny ID[,ID]...");
  }

  private static void show(ReviewItem item, Context context) {
    Denial denial = item.denial();
    Syscall syscall = Syscall.named(denial.syscall());
    context
        .out()
        .printf(
            "  %4d  %s%n        %s, last %s, %s%s%s%n        %s risk: %s%n%s",
            item.id(),
            Escape.display(denial.arguments()),
            Words.count(denial.count(), "time"),
            denial.last().truncatedTo(ChronoUnit.SECONDS),
            denial.carriedOut() ? "not denied (complain)" : answer(denial),
            denial.callSite().isEmpty() ? "" : ", from " + Escape.display(denial.callSite()),
            decided(item),
            syscall.risk().label(),
            syscall.description(),
            denial.isBeyondPolicies()
                ? "        cannot be allowed: %s%n".formatted(BEYOND_POLICIES)
                : "");
  }

  private static String answer(Denial denial) {
    String comm = denial.comm().isEmpty() ? "" : " to " + Escape.display(denial.comm());
    return Actions.show(action(denial)) + comm;
  }

  /** What the program was answered. */
  private static Action action(Denial denial) {
    return denial.isBeyondPolicies() ? Action.fail(Action.EPERM) : denial.action();
  }

  private static String decided(ReviewItem item) {
    return switch (item.decision()) {
      case OPEN -> "";
      case ALLOWED -> ", since allowed";
      case DENIED -> ", reviewed";
    };
  }

  private static void write(tools.jackson.core.JsonGenerator json, ReviewItem item) {
    Denial denial = item.denial();
    Syscall syscall = Syscall.named(denial.syscall());
    json.writeStartObject();
    json.writeNumberProperty("id", item.id());
    json.writeStringProperty("profile", item.profile());
    json.writeStringProperty("executable", denial.executable());
    json.writeStringProperty("comm", denial.comm());
    json.writeNumberProperty("pid", denial.pid());
    json.writeStringProperty("arch", denial.arch().label());
    json.writeStringProperty("syscall", denial.syscall());
    json.writeStringProperty("call", denial.arguments());
    json.writeStringProperty("callSite", denial.callSite());
    json.writeStringProperty("action", Actions.show(action(denial)));
    json.writeBooleanProperty("carriedOut", denial.carriedOut());
    json.writeBooleanProperty("allowable", !denial.isBeyondPolicies());
    json.writeNumberProperty("count", denial.count());
    json.writeStringProperty("first", denial.first().toString());
    json.writeStringProperty("last", denial.last().toString());
    json.writeStringProperty("decision", item.decision().name().toLowerCase(java.util.Locale.ROOT));
    json.writeStringProperty("risk", syscall.risk().label());
    json.writeStringProperty("description", syscall.description());
    json.writeEndObject();
  }

  private static void allow(List<Long> ids, Path policy, Context context, EvidenceStore store)
      throws CommandException, IOException {
    List<ReviewItem> all = store.denials(new DenialQuery(Optional.empty(), Optional.empty(), true));
    List<ReviewItem> chosen = new ArrayList<>();
    for (long id : ids) {
      chosen.add(
          all.stream()
              .filter(item -> item.id() == id)
              .findFirst()
              .orElseThrow(() -> unknown(List.of(id))));
    }
    refuseBeyondPolicies(chosen);
    PolicyUpdate update =
        PolicyUpdate.allow(
            policy, chosen.stream().map(item -> Allowance.of(item.denial())).toList());
    Path backup = update.write();
    decide(store, ids, Decision.ALLOWED);
    update.added().forEach(rule -> context.say("allowed " + Rules.show(rule)));
    context.say("updated " + policy + "; what it was is in " + backup.getFileName());
  }

  private static void refuseBeyondPolicies(List<ReviewItem> chosen) throws CommandException {
    for (ReviewItem item : chosen) {
      if (item.denial().isBeyondPolicies()) {
        throw CommandException.usage(
            "%d, %s, cannot be allowed: %s; --deny %d marks it as reviewed"
                .formatted(
                    item.id(),
                    Escape.display(item.denial().arguments()),
                    BEYOND_POLICIES,
                    item.id()));
      }
    }
  }

  private static void decide(EvidenceStore store, List<Long> ids, Decision decision)
      throws CommandException {
    List<Long> missing = store.decide(ids, decision);
    if (!missing.isEmpty()) {
      throw unknown(missing);
    }
  }

  private static CommandException unknown(List<Long> ids) {
    return CommandException.usage(
        "no denial has the id "
            + ids.stream().map(String::valueOf).collect(Collectors.joining(", "))
            + "; \"tiny-jail review --all\" lists them");
  }

  private static List<Long> ids(CommandLine line, String option) throws CommandException {
    List<Long> ids = new ArrayList<>();
    if (line.hasOption(option)) {
      for (String word : line.getOptionValue(option).split(",", -1)) {
        try {
          ids.add(Long.parseLong(word.strip()));
        } catch (NumberFormatException e) {
          throw CommandException.usage(
              "--" + option + " wants numbers joined by commas, such as 3,4; was \"" + word + "\"");
        }
      }
    }
    return ids;
  }
}
