package org.tinyjail.generator.merge;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.JsonInput.Fields;
import org.tinyjail.generator.json.JsonText;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Source;
import org.tinyjail.model.UnseenChance;

/**
 * The reasons for a policy as JSON, beside the policy: {@code app.policy.why.json}.
 *
 * <pre>{@code
 * {
 *   "version": 1,
 *   "profile": "/usr/bin/curl",                             // left out: not known
 *   "mode": "balanced",                                     // as Strictness
 *   "unseen": {                                             // left out: not measured
 *     "about": "executions of this generator, not production",
 *     "executions": 90000,                                  // of the campaign, up to then
 *     "unguided": 30000,
 *     "hits": 0,                                            // of them, with something new
 *     "limit": 1.0E-4,                                      // the chance of more, at most
 *     "confidence": 0.95,
 *     "estimate": 0.0,                                      // by Good and Turing
 *     "measured": "2026-01-01T00:00:00Z"
 *   },
 *   "logs": ["the kernel's log, read in 1 session: complete"],  // left out: made of no log
 *   "rules": [
 *     {
 *       "syscall": "socket",
 *       "arguments": "0&ffffffff=2 1&f=1",                  // as ArgumentClass; left out: any
 *       "errno": 38,                                        // only where the rule refuses the call
 *       "tier": "needed",                                   // as Tier; follows from the evidence
 *       "evidence": [
 *         { "source": "observed", "count": 3, "first": "2026-01-01T00:00:00Z", "last": "..." }
 *       ],
 *       "executables": [
 *         "/usr/bin/curl"
 *       ],
 *       "sample": "socket(AF_INET, SOCK_STREAM, 0)",        // left out: none
 *       "note": "why without evidence"                      // left out: none
 *     }
 *   ],
 *   "widened": [
 *     { "syscall": "ioctl", "argument": 1, "values": 57 }
 *   ],
 *   "withheld": [                                           // reachable, never seen, denied
 *     { "syscall": "clone", "arguments": "0&ffffffff=10000000", "why": "a new user namespace" }
 *   ]
 * }
 * }</pre>
 *
 * <p>A file of another version is refused: its reasons are remade by {@code generate}.
 */
public final class WhyJson {
  private static final int VERSION = 1;
  private static final String KIND = "the reasons of a policy";

  private static final List<String> FIELDS =
      List.of("version", "rules", "widened", "withheld", "profile", "mode", "unseen", "logs");
  private static final List<String> RULE_FIELDS =
      List.of("syscall", "evidence", "executables", "arguments", "errno", "tier", "sample", "note");
  private static final List<String> EVIDENCE_FIELDS = List.of("source", "count", "first", "last");
  private static final List<String> WIDENED_FIELDS = List.of("syscall", "argument", "values");

  private static final List<String> WITHHELD_FIELDS = List.of("syscall", "why", "arguments");

  private static final List<String> UNSEEN_FIELDS =
      List.of(
          "executions", "unguided", "hits", "limit", "confidence", "estimate", "measured", "about");

  private static final List<Source> SOURCES = List.of(Source.values());
  private static final List<Strictness> MODES = List.of(Strictness.values());

  private final JsonInput in;

  private WhyJson(JsonInput in) {
    this.in = in;
  }

  /**
   * Reads a file of reasons.
   *
   * @throws PolicyFormatException if it is not one
   * @throws IOException if it cannot be read
   */
  public static Why read(Path path) throws IOException {
    return read(JsonInput.bytes(path, KIND), path.toString());
  }

  /**
   * Reads reasons.
   *
   * @param fileName for messages
   * @throws PolicyFormatException if {@code json} is not such a file
   */
  public static Why read(byte[] json, String fileName) throws PolicyFormatException {
    try (JsonInput in = JsonInput.of(json, fileName, KIND)) {
      in.begin();
      Why why = new WhyJson(in).why();
      in.end();
      return why;
    }
  }

  /** {@code why} as JSON, the same bytes for the same reasons. */
  public static byte[] write(Why why) {
    JsonText out = new JsonText().beginObject().field("version").unsigned(VERSION);
    optional(out, "profile", why.profile());
    out.field("mode").string(why.strictness().label());
    why.unseen().ifPresent(unseen -> write(out.field("unseen"), unseen));
    if (!why.logs().isEmpty()) {
      out.field("logs").beginArray();
      why.logs().forEach(log -> out.element().string(log));
      out.endArray();
    }
    out.field("rules").beginArray();
    why.reasons().forEach(reason -> write(out.element(), reason));
    out.endArray().field("widened").beginArray();
    for (Widened widened : why.widened()) {
      out.element().beginInlineObject();
      out.field("syscall").string(widened.syscall());
      out.field("argument").unsigned(widened.argument());
      out.field("values").unsigned(widened.values());
      out.endObject();
    }
    out.endArray().field("withheld").beginArray();
    for (Withheld withheld : why.withheld()) {
      out.element().beginInlineObject().field("syscall").string(withheld.syscall());
      arguments(out, withheld.arguments());
      out.field("why").string(withheld.why()).endObject();
    }
    return out.endArray().endObject().toBytes();
  }

  private static void write(JsonText out, UnseenChance unseen) {
    out.beginObject().field("about").string(UnseenChance.ABOUT);
    out.field("executions").unsigned(unseen.executions());
    out.field("unguided").unsigned(unseen.unguided());
    out.field("hits").unsigned(unseen.hits());
    out.field("limit").number(unseen.limit());
    out.field("confidence").number(unseen.confidence());
    out.field("estimate").number(unseen.estimate());
    out.field("measured").string(unseen.measured().toString()).endObject();
  }

  private static void write(JsonText out, RuleReason reason) {
    out.beginObject().field("syscall").string(reason.syscall());
    arguments(out, reason.arguments());
    if (reason.action() instanceof Action.Fail fail) {
      out.field("errno").unsigned(fail.errno());
    }
    out.field("tier").string(reason.tier().label());
    out.field("evidence").beginArray();
    for (RuleReason.Evidence evidence : reason.evidence()) {
      out.element().beginInlineObject();
      out.field("source").string(evidence.source().label());
      out.field("count").unsigned(evidence.count());
      out.field("first").string(evidence.first().toString());
      out.field("last").string(evidence.last().toString());
      out.endObject();
    }
    out.endArray();
    strings(out.field("executables"), reason.executables());
    optional(out, "sample", reason.sample());
    optional(out, "note", reason.note());
    out.endObject();
  }

  private static void arguments(JsonText out, ArgumentClass arguments) {
    optional(out, "arguments", arguments.toString());
  }

  private static void optional(JsonText out, String field, String value) {
    if (!value.isEmpty()) {
      out.field(field).string(value);
    }
  }

  private static void strings(JsonText out, List<String> values) {
    out.beginArray();
    values.forEach(value -> out.element().string(value));
    out.endArray();
  }

  private Why why() throws PolicyFormatException {
    Fields fields = in.object(KIND, FIELDS, 2);
    String profile = "";
    List<RuleReason> reasons = new ArrayList<>();
    List<Widened> widened = new ArrayList<>();
    Strictness strictness = Strictness.BALANCED;
    List<Withheld> withheld = new ArrayList<>();
    Optional<UnseenChance> unseen = Optional.empty();
    List<String> logs = new ArrayList<>();
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "version" -> checkVersion();
        case "profile" -> profile = in.string("the name of a profile");
        case "mode" -> strictness = in.oneOf("mode", MODES, Strictness::label);
        case "unseen" -> unseen = Optional.of(unseen());
        case "logs" -> {
          in.array("an array of texts");
          while (in.nextElement()) {
            logs.add(in.string("how complete a log is"));
          }
        }
        case "rules" -> {
          in.array("an array of rules");
          while (in.nextElement()) {
            reasons.add(reason());
          }
        }
        case "widened" -> {
          in.array("an array of widened arguments");
          while (in.nextElement()) {
            widened.add(widened());
          }
        }
        default -> {
          in.array("an array of withheld calls");
          while (in.nextElement()) {
            withheld.add(withheld());
          }
        }
      }
    }
    return new Why(profile, reasons, widened, strictness, withheld, unseen, logs);
  }

  private UnseenChance unseen() throws PolicyFormatException {
    Fields fields = in.object("what was measured", UNSEEN_FIELDS, 7);
    long executions = 0;
    long unguided = 0;
    long hits = 0;
    double limit = 1;
    double confidence = 0;
    double estimate = 1;
    Instant measured = Instant.EPOCH;
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "executions" -> executions = in.unsigned("a count", Long.MAX_VALUE);
        case "unguided" -> unguided = in.unsigned("a count", Long.MAX_VALUE);
        case "hits" -> hits = in.unsigned("a count", Long.MAX_VALUE);
        case "limit" -> limit = in.chance("a chance");
        case "confidence" -> confidence = in.chance("a confidence");
        case "estimate" -> estimate = in.chance("a chance");
        case "measured" -> measured = in.time();
        default -> {
          var unused = in.string("what it is about");
        }
      }
    }
    try {
      return new UnseenChance(executions, unguided, hits, limit, confidence, estimate, measured);
    } catch (IllegalArgumentException e) {
      throw in.error(String.valueOf(e.getMessage()));
    }
  }

  private void checkVersion() throws PolicyFormatException {
    long version = in.unsigned("a version", Integer.MAX_VALUE);
    if (version != VERSION) {
      throw in.error(
          "version " + version + "; wanted " + VERSION + ": make the policy anew by generate");
    }
  }

  private RuleReason reason() throws PolicyFormatException {
    Fields fields = in.object("a rule", RULE_FIELDS, 3);
    String syscall = "";
    ArgumentClass arguments = ArgumentClass.ANY;
    Action action = Action.ALLOW;
    List<RuleReason.Evidence> evidence = new ArrayList<>();
    List<String> executables = List.of();
    String sample = "";
    String note = "";
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "syscall" -> syscall = syscall();
        case "arguments" -> arguments = arguments();
        case "errno" -> action = Action.fail((int) in.unsigned("an errno", 4095));
        case "evidence" -> {
          in.array("an array of evidence");
          while (in.nextElement()) {
            evidence.add(evidence());
          }
        }
        case "executables" -> executables = in.strings("an array of paths", "a path");
        case "sample" -> sample = in.string("a sample");
        case "tier" -> {
          var unused = in.string("a tier");
        }
        default -> note = in.string("a note");
      }
    }
    return new RuleReason(syscall, arguments, action, evidence, executables, sample, note);
  }

  private String syscall() throws PolicyFormatException {
    String name = in.string("the name of a system call");
    if (name.isEmpty()) {
      throw in.error("an empty name; wanted the name of a system call");
    }
    return name;
  }

  private ArgumentClass arguments() throws PolicyFormatException {
    return in.parsed("arguments such as 0&ffffffff=2 1&f=1", ArgumentClass::parse);
  }

  private RuleReason.Evidence evidence() throws PolicyFormatException {
    Fields fields = in.object("evidence", EVIDENCE_FIELDS, 4);
    Source source = Source.OBSERVED;
    long count = 0;
    Instant first = Instant.EPOCH;
    Instant last = Instant.EPOCH;
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "source" -> source = in.oneOf("source", SOURCES, Source::label);
        case "count" -> count = in.unsigned("a count", Long.MAX_VALUE);
        case "first" -> first = in.time();
        default -> last = in.time();
      }
    }
    return new RuleReason.Evidence(source, count, first, last);
  }

  private Withheld withheld() throws PolicyFormatException {
    Fields fields = in.object("a withheld call", WITHHELD_FIELDS, 2);
    String syscall = "";
    ArgumentClass arguments = ArgumentClass.ANY;
    String why = "";
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "syscall" -> syscall = syscall();
        case "arguments" -> arguments = arguments();
        default -> why = in.string("a reason");
      }
    }
    return new Withheld(syscall, arguments, why);
  }

  private Widened widened() throws PolicyFormatException {
    Fields fields = in.object("a widened argument", WIDENED_FIELDS, 3);
    String syscall = "";
    int argument = 0;
    int values = 0;
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "syscall" -> syscall = syscall();
        case "argument" -> argument = (int) in.unsigned("the index of an argument", 5);
        default -> values = (int) in.unsigned("a count", Integer.MAX_VALUE);
      }
    }
    return new Widened(syscall, argument, values);
  }
}
