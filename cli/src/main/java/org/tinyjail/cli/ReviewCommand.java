package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.cli.PolicyUpdate.Allowance;
import org.tinyjail.cli.ReviewEntry.Subject;
import org.tinyjail.model.Escape;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.EvidenceStore.DenialQuery;
import org.tinyjail.model.EvidenceStore.ReviewItem;
import org.tinyjail.model.Run;

/** {@code review}: reads the denials, and decides. */
final class ReviewCommand implements Command {
  private static final DenialQuery EVERYTHING =
      new DenialQuery(Optional.empty(), Optional.empty(), true);

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
    return "Lists what policies have denied, with an id, how often and when, what the call"
        + " does and how risky it is. What one rule would allow is one entry: the calls of a"
        + " program that differ in nothing a policy limits, such as paths. --allow adds that rule"
        + " to a policy, with argument values where the danger of the call lies in them; --deny"
        + " marks as reviewed; both decide about the whole entry of an id. What was decided is"
        + " listed no longer, unless --all is given: what was denied for good, however often it"
        + " comes again, and what was allowed until it is denied all the same."
        + "\n\nAn id belongs to a program. --allow refuses it for a policy that was written for"
        + " others (FILE.why.json says for whom) and was never in force for this one, unless"
        + " --other-program is given."
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
        .flag("verbose", "each denied call, not examples of each entry")
        .value("allow", "ID[,ID]...", "add these to the policy named by --policy")
        .value("deny", "ID[,ID]...", "mark these as reviewed: they stay denied")
        .value("policy", "FILE", "the policy that --allow updates; FILE.bak keeps what it was")
        .flag("other-program", "with --allow: also into the policy of another program")
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
      List<ReviewItem> all = store.denials(EVERYTHING);
      List<ReviewItem> allowed = chosen(allow, all);
      List<ReviewItem> denied = chosen(deny, all);
      if (allow.isEmpty() && deny.isEmpty()) {
        list(line, context, all, store);
      }
      if (!allow.isEmpty()) {
        update(allowed, line, context, store);
        decide(covered(allowed, all), Decision.ALLOWED, store);
      }
      if (!deny.isEmpty()) {
        List<Long> ids = covered(denied, all);
        decide(ids, Decision.DENIED, store);
        context.say(Words.count(ids.size(), "denial") + " marked as reviewed");
      }
    }
    return ExitCode.DONE;
  }

  private static void list(
      CommandLine line, Context context, List<ReviewItem> everything, EvidenceStore store)
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
            Optional.ofNullable(line.getOptionValue("program")).map(context::program), since, true);
    List<ReviewEntry> all = ReviewEntry.of(store.denials(query), everything);
    boolean decided = line.hasOption("all");
    List<ReviewEntry> entries = all.stream().filter(entry -> decided || entry.isOpen()).toList();
    List<Run> incomplete = incomplete(store, query);
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> ReviewList.write(entries, json));
    } else if (!entries.isEmpty()) {
      boolean verbose = line.hasOption("verbose");
      ReviewList.print(
          entries.stream()
              .flatMap(entry -> verbose ? entry.split().stream() : Stream.of(entry))
              .toList(),
          context.out());
    } else if (!all.isEmpty()) {
      int before = all.stream().mapToInt(entry -> entry.variants().size()).sum();
      context.say(
          "nothing new to review; "
              + Words.count(before, "denial")
              + (before == 1 ? " was" : " were")
              + " decided before: tiny-jail review --all");
    } else if (incomplete.isEmpty()) {
      context.say("nothing to review");
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

  private static void refuseBeyondPolicies(List<ReviewItem> chosen) throws CommandException {
    for (ReviewItem item : chosen) {
      if (item.denial().isBeyondPolicies()) {
        throw CommandException.usage(
            "%d, %s, cannot be allowed: %s; --deny %d marks it as reviewed"
                .formatted(
                    item.id(),
                    Escape.display(item.denial().arguments()),
                    ReviewList.BEYOND_POLICIES,
                    item.id()));
      }
    }
  }

  private static void update(
      List<ReviewItem> chosen, CommandLine line, Context context, EvidenceStore store)
      throws CommandException, IOException {
    refuseBeyondPolicies(chosen);
    Path policy = context.resolve(line.getOptionValue("policy"));
    PolicyUpdate update =
        PolicyUpdate.allow(
            policy, chosen.stream().map(item -> Allowance.of(item.denial())).toList());
    if (!line.hasOption("other-program")) {
      checkOwner(chosen, policy, store);
    }
    Path backup = update.write();
    update.added().forEach(rule -> context.say("allowed " + Rules.show(rule)));
    context.say("updated " + policy + "; what it was is in " + backup.getFileName());
  }

  private static void checkOwner(List<ReviewItem> chosen, Path policy, EvidenceStore store)
      throws CommandException, IOException {
    Set<String> owners = PolicyOwners.of(policy, store);
    for (ReviewItem item : chosen) {
      if (!owners.isEmpty() && !owners.contains(item.profile())) {
        throw CommandException.usage(
            "denial "
                + item.id()
                + " is of "
                + item.profile()
                + ", "
                + policy.getFileName()
                + " is the policy of "
                + String.join(", ", owners)
                + "; \"review --program P\" lists those of one program, --other-program allows it"
                + " all the same");
      }
    }
  }

  /** The denials with these ids; all of them, or an error. */
  private static List<ReviewItem> chosen(List<Long> ids, List<ReviewItem> all)
      throws CommandException {
    Map<Long, ReviewItem> byId =
        all.stream().collect(Collectors.toMap(ReviewItem::id, Function.identity()));
    List<Long> unknown = ids.stream().filter(id -> !byId.containsKey(id)).toList();
    if (!unknown.isEmpty()) {
      throw unknown(unknown);
    }
    return ids.stream().flatMap(id -> Stream.ofNullable(byId.get(id))).toList();
  }

  /** The ids of all that the rules for {@code chosen} cover. */
  private static List<Long> covered(List<ReviewItem> chosen, List<ReviewItem> all) {
    Set<Subject> subjects = chosen.stream().map(Subject::of).collect(Collectors.toSet());
    return all.stream()
        .filter(item -> subjects.contains(Subject.of(item)))
        .map(ReviewItem::id)
        .toList();
  }

  private static void decide(List<Long> ids, Decision decision, EvidenceStore store)
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
