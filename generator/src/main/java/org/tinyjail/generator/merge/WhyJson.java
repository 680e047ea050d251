package org.tinyjail.generator.merge;

import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.JsonInput.Fields;
import org.tinyjail.generator.json.JsonText;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.Source;

/**
 * The reasons of a policy as JSON: the file {@code app.policy.why.json} beside {@code
 * app.policy.json}.
 *
 * <pre>{@code
 * { "version": 1, "profile": "/usr/bin/app", "generated": "2026-01-01T00:00:00Z", "exact": true,
 *   "reasons": [ { "call": "socket", "rule": "socket(domain = AF_UNIX)", "sources": ["observed"],
 *     "count": 3, "first": "...", "last": "...", "executables": ["/usr/bin/app"],
 *     "sample": "socket(AF_UNIX, ...)", "note": "" } ],
 *   "widened": [ "ioctl: argument 1 took many values; any is allowed" ] }
 * }</pre>
 *
 * @param profile what the evidence belongs to
 * @param generated when the policy was made
 * @param exact whether the counts are exact; else they are lower bounds
 * @param reasons one for each rule
 * @param widened calls whose arguments are no longer told apart
 */
public record WhyJson(
    String profile, Instant generated, boolean exact, List<Entry> reasons, List<String> widened) {
  private static final String KIND = "the reasons of a policy";
  private static final int VERSION = 1;
  private static final List<String> FIELDS =
      List.of("version", "profile", "generated", "exact", "reasons", "widened");
  private static final List<String> REASON_FIELDS =
      List.of("call", "rule", "sources", "count", "first", "last", "executables", "sample", "note");

  public WhyJson {
    reasons = List.copyOf(reasons);
    widened = List.copyOf(widened);
  }

  /**
   * One rule's reason.
   *
   * @param call name of the system call
   * @param rule the rule as a person reads it
   * @param sources who says so
   * @param count how often
   * @param first when first; the epoch without evidence
   * @param last when last; the epoch without evidence
   * @param executables who made the call
   * @param sample one of the calls
   * @param note what else is to be said
   */
  public record Entry(
      String call,
      String rule,
      Set<Source> sources,
      long count,
      Instant first,
      Instant last,
      List<String> executables,
      String sample,
      String note) {
    public Entry {
      executables = List.copyOf(executables);
    }

    /** The entry of a reason. */
    public static Entry of(Reason reason, String ruleText) {
      return new Entry(
          reason.rule().syscall(),
          ruleText,
          reason.sources(),
          reason.count(),
          reason.first(),
          reason.last(),
          reason.executables(),
          reason.sample(),
          reason.note());
    }
  }

  /** Where the reasons of {@code policy} are kept: {@code .why.json} instead of {@code .json}. */
  public static Path beside(Path policy) {
    String name = String.valueOf(policy.getFileName());
    String stem = name.endsWith(".json") ? name.substring(0, name.length() - 5) : name;
    return policy.resolveSibling(stem + ".why.json");
  }

  /** These reasons as JSON. */
  public byte[] toBytes() {
    JsonText out = new JsonText().beginObject();
    out.field("version").unsigned(VERSION);
    out.field("profile").string(profile);
    out.field("generated").string(generated.toString());
    out.field("exact").bool(exact);
    out.field("reasons").beginArray();
    for (Entry entry : reasons) {
      write(out.element(), entry);
    }
    out.endArray();
    strings(out, "widened", widened);
    return out.endObject().toBytes();
  }

  private static void write(JsonText out, Entry entry) {
    out.beginObject();
    out.field("call").string(entry.call);
    out.field("rule").string(entry.rule);
    strings(out, "sources", entry.sources.stream().sorted().map(Source::label).toList());
    out.field("count").unsigned(entry.count);
    out.field("first").string(entry.first.toString());
    out.field("last").string(entry.last.toString());
    strings(out, "executables", entry.executables);
    out.field("sample").string(entry.sample);
    out.field("note").string(entry.note);
    out.endObject();
  }

  private static void strings(JsonText out, String name, List<String> values) {
    out.field(name).beginArray();
    values.forEach(value -> out.element().string(value));
    out.endArray();
  }

  /**
   * Reads reasons.
   *
   * @throws PolicyFormatException if the file holds something else
   * @throws IOException if it cannot be read
   */
  public static WhyJson read(Path path) throws IOException {
    try (JsonInput in = JsonInput.of(JsonInput.bytes(path, KIND), path.toString(), KIND)) {
      in.begin();
      WhyJson why = read(in);
      in.end();
      return why;
    }
  }

  private static WhyJson read(JsonInput in) throws PolicyFormatException {
    Fields fields = in.object(KIND, FIELDS, FIELDS.size());
    String profile = "";
    Instant generated = Instant.EPOCH;
    boolean exact = false;
    List<Entry> reasons = new ArrayList<>();
    List<String> widened = List.of();
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "version" -> version(in);
        case "profile" -> profile = in.string("the name of a profile");
        case "generated" -> generated = time(in);
        case "exact" -> exact = in.bool("true or false");
        case "reasons" -> reasons(in, reasons);
        default -> widened = in.strings("an array of lines", "a line");
      }
    }
    return new WhyJson(profile, generated, exact, reasons, widened);
  }

  private static void version(JsonInput in) throws PolicyFormatException {
    long version = in.unsigned("a version", Integer.MAX_VALUE);
    if (version != VERSION) {
      throw in.error("version " + version + "; this tiny-jail reads version " + VERSION);
    }
  }

  private static void reasons(JsonInput in, List<Entry> reasons) throws PolicyFormatException {
    in.array("an array of reasons");
    while (in.nextElement()) {
      reasons.add(reason(in));
    }
  }

  private static Entry reason(JsonInput in) throws PolicyFormatException {
    Fields fields = in.object("a reason", REASON_FIELDS, REASON_FIELDS.size());
    String call = "";
    String rule = "";
    Set<Source> sources = Set.of();
    long count = 0;
    Instant first = Instant.EPOCH;
    Instant last = Instant.EPOCH;
    List<String> executables = List.of();
    String sample = "";
    String note = "";
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "call" -> call = in.string("the name of a system call");
        case "rule" -> rule = in.string("a rule");
        case "sources" -> sources = sources(in);
        case "count" -> count = in.unsigned("a count", Long.MAX_VALUE);
        case "first" -> first = time(in);
        case "last" -> last = time(in);
        case "executables" -> executables = in.strings("an array of paths", "a path");
        case "sample" -> sample = in.string("a call");
        default -> note = in.string("a note");
      }
    }
    return new Entry(call, rule, sources, count, first, last, executables, sample, note);
  }

  private static Set<Source> sources(JsonInput in) throws PolicyFormatException {
    List<String> known = List.of("observed", "fuzzed", "logged", "static");
    Set<Source> sources = new LinkedHashSet<>();
    in.array("an array of sources");
    while (in.nextElement()) {
      String word = in.string("a source");
      if (!known.contains(word)) {
        throw in.error(
            "unknown source "
                + JsonInput.quoted(word)
                + Suggestion.ending(word, known, String.join(", ", known)));
      }
      sources.add(Source.valueOf(word.toUpperCase(Locale.ROOT)));
    }
    return sources;
  }

  private static Instant time(JsonInput in) throws PolicyFormatException {
    String text = in.string("a time such as 2026-01-01T00:00:00Z");
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw in.error(
          "found " + JsonInput.quoted(text) + "; wanted a time such as 2026-01-01T00:00:00Z");
    }
  }
}
