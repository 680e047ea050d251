package org.tinyjail.cli;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tinyjail.model.Action;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Escape;
import org.tinyjail.model.EvidenceStore.ReviewItem;
import org.tinyjail.model.Syscall;
import tools.jackson.core.JsonGenerator;

/** What {@code review} prints. */
final class ReviewList {
  static final String BEYOND_POLICIES =
      "it sets limits of a process outside the jail, which is refused whatever the policy";

  private static final int EXAMPLES = 3;

  private ReviewList() {}

  /** One variant with the entry that it belongs to: an object of the JSON. */
  private record Variant(ReviewEntry entry, ReviewItem item) {}

  static void print(List<ReviewEntry> entries, PrintStream out) {
    entries.stream()
        .collect(
            Collectors.groupingBy(
                entry -> entry.subject().profile(), LinkedHashMap::new, Collectors.toList()))
        .forEach(
            (profile, group) -> {
              out.println(Escape.display(profile));
              group.forEach(entry -> print(entry, out));
            });
    boolean some = entries.stream().anyMatch(entry -> entry.subject().allowable());
    out.println(
        (some ? "Allow some: tiny-jail review --allow ID[,ID]... --policy FILE; keep" : "Keep")
            + " them denied: tiny-jail review --deny ID[,ID]...");
  }

  private static void print(ReviewEntry entry, PrintStream out) {
    String id = String.format("  %4d  ", entry.id());
    for (ReviewItem item : entry.variants().stream().limit(EXAMPLES).toList()) {
      out.println(id + Escape.display(item.denial().arguments()));
      id = " ".repeat(id.length());
    }
    Syscall syscall = Syscall.named(entry.subject().rule().syscall());
    String sites = few(entry, Denial::callSite);
    out.printf(
        "        %s%s, last %s, %s%s%s%n        %s risk: %s%n%s",
        variants(entry),
        Words.count(entry.count(), "time"),
        last(entry).truncatedTo(ChronoUnit.SECONDS),
        few(entry, ReviewList::answer),
        sites.isEmpty() ? "" : ", from " + sites,
        decided(entry),
        syscall.risk().label(),
        syscall.description(),
        entry.subject().allowable()
            ? ""
            : "        cannot be allowed: %s%n".formatted(BEYOND_POLICIES));
  }

  private static String variants(ReviewEntry entry) {
    int number = entry.variants().size();
    return number == 1
        ? ""
        : number + " variants" + (number > EXAMPLES ? " (--verbose shows each), " : ", ");
  }

  private static Instant last(ReviewEntry entry) {
    return entry.variants().stream()
        .map(item -> item.denial().last())
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  /** What is known of the variants, each once and not more than some of it. */
  private static String few(ReviewEntry entry, Function<Denial, String> what) {
    List<String> all =
        entry.variants().stream()
            .map(item -> what.apply(item.denial()))
            .filter(text -> !text.isEmpty())
            .distinct()
            .limit(EXAMPLES + 1)
            .toList();
    String some = all.stream().limit(EXAMPLES).collect(Collectors.joining(", "));
    return Escape.display(some) + (all.size() > EXAMPLES ? ", ..." : "");
  }

  private static String answer(Denial denial) {
    return denial.carriedOut()
        ? "not denied (complain)"
        : Actions.show(action(denial)) + (denial.comm().isEmpty() ? "" : " to " + denial.comm());
  }

  /** What the program was answered. */
  private static Action action(Denial denial) {
    return denial.isBeyondPolicies() ? Action.fail(Action.EPERM) : denial.action();
  }

  private static String decided(ReviewEntry entry) {
    return switch (entry.decision()) {
      case OPEN -> "";
      case ALLOWED -> ", since allowed";
      case DENIED -> ", reviewed";
    };
  }

  /** An object for each variant, the most frequent first. */
  static void write(List<ReviewEntry> entries, JsonGenerator json) {
    List<Variant> variants =
        entries.stream()
            .flatMap(entry -> entry.variants().stream().map(item -> new Variant(entry, item)))
            .sorted(
                Comparator.comparingLong((Variant variant) -> variant.item.denial().count())
                    .reversed()
                    .thenComparingLong(variant -> variant.item.id()))
            .toList();
    Json.array(json, variants, ReviewList::write);
  }

  private static void write(JsonGenerator json, Variant variant) {
    ReviewEntry entry = variant.entry;
    Denial denial = variant.item.denial();
    Syscall syscall = Syscall.named(denial.syscall());
    json.writeStartObject();
    json.writeNumberProperty("id", variant.item.id());
    json.writeNumberProperty("entry", entry.id());
    json.writeStringProperty("profile", variant.item.profile());
    json.writeStringProperty("executable", denial.executable());
    json.writeStringProperty("comm", denial.comm());
    json.writeNumberProperty("pid", denial.pid());
    json.writeStringProperty("arch", denial.arch().label());
    json.writeStringProperty("syscall", denial.syscall());
    json.writeStringProperty("call", denial.arguments());
    json.writeStringProperty("callSite", denial.callSite());
    json.writeStringProperty("action", Actions.show(action(denial)));
    json.writeBooleanProperty("carriedOut", denial.carriedOut());
    json.writeBooleanProperty("allowable", entry.subject().allowable());
    json.writeNumberProperty("count", denial.count());
    json.writeStringProperty("first", denial.first().toString());
    json.writeStringProperty("last", denial.last().toString());
    json.writeStringProperty("decision", entry.decision().name().toLowerCase(Locale.ROOT));
    json.writeStringProperty("risk", syscall.risk().label());
    json.writeStringProperty("description", syscall.description());
    if (entry.subject().allowable()) {
      json.writeStringProperty("rule", Rules.show(entry.subject().rule()));
    }
    json.writeEndObject();
  }
}
