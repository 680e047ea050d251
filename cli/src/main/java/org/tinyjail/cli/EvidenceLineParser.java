package org.tinyjail.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.JsonInput.Fields;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Denial;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;
import org.tinyjail.model.UnseenChance;

/** Reads one line of evidence, and trusts nothing that stands there. */
final class EvidenceLineParser {
  /** What a line is, in messages. */
  static final String KIND = "a line of evidence";

  private static final List<Field> START =
      List.of(
          new Field("version", EvidenceLineParser::version),
          new Field("host", in -> text(in, "a host's name", "[A-Za-z0-9._-]{1,64}")));

  private static final int RUN_REQUIRED = 10;
  private static final List<Field> RUN =
      List.of(
          new Field("id", in -> text(in, "an id such as 18a2b3c4-1f2e@web1", RunId.PATTERN)),
          new Field(
              "kind",
              in -> in.oneOf("kind", List.of(Run.Kind.values()), EvidenceLineParser::label)),
          new Field("profile", in -> text(in, "the name of a profile", "(?s).+")),
          new Field("executable", in -> in.string("a path")),
          new Field("buildId", in -> text(in, "a build id in hexadecimal", "[0-9a-f]{0,128}")),
          new Field("command", in -> in.strings("an array of words", "a word")),
          new Field("policy", in -> in.string("a path")),
          new Field("started", JsonInput::time),
          new Field("exact", in -> in.bool("true or false")),
          new Field("lost", in -> in.unsigned("a count", Long.MAX_VALUE)),
          new Field("ended", JsonInput::time),
          new Field("status", in -> (int) in.unsigned("an exit code", 255)),
          new Field("unseen", in -> new EvidenceLineParser(in).unseen()),
          new Field("loaded", in -> new EvidenceLineParser(in).loaded()));

  private static final List<Field> LOADED =
      List.of(
          new Field("executable", in -> in.string("a path")),
          new Field("files", in -> in.strings("an array of files", "a path")));

  private static final List<Field> UNSEEN =
      List.of(
          new Field("executions", in -> in.unsigned("a count", Long.MAX_VALUE)),
          new Field("unguided", in -> in.unsigned("a count", Long.MAX_VALUE)),
          new Field("hits", in -> in.unsigned("a count", Long.MAX_VALUE)),
          new Field("limit", in -> in.chance("a chance")),
          new Field("confidence", in -> in.chance("a confidence")),
          new Field("estimate", in -> in.chance("a chance")),
          new Field("measured", JsonInput::time));

  private static final List<Field> CALL =
      List.of(
          new Field("syscall", EvidenceLineParser::syscall),
          new Field("arch", EvidenceLineParser::arch),
          new Field(
              "arguments",
              in -> in.parsed("arguments such as 0&ffffffff=2 1&f=1", ArgumentClass::parse)),
          new Field("executable", in -> in.string("a path")),
          new Field("source", in -> in.oneOf("source", List.of(Source.values()), Source::label)),
          new Field("count", EvidenceLineParser::count),
          new Field("first", JsonInput::time),
          new Field("last", JsonInput::time),
          new Field("sample", in -> in.string("a call as a person reads it")));

  private static final List<Field> DENIED =
      List.of(
          new Field("syscall", EvidenceLineParser::syscall),
          new Field("arch", EvidenceLineParser::arch),
          new Field("text", in -> in.string("a call as a person reads it")),
          new Field("executable", in -> in.string("a path")),
          new Field("comm", in -> in.string("the name of a thread")),
          new Field("pid", in -> (int) in.unsigned("a process id", Integer.MAX_VALUE)),
          new Field("number", EvidenceLineParser::hex32),
          new Field("auditArch", EvidenceLineParser::hex32),
          new Field("address", EvidenceLineParser::hex),
          new Field("registers", EvidenceLineParser::registers),
          new Field("callSite", in -> in.string("a module and an offset")),
          new Field("action", EvidenceLineParser::hex32),
          new Field("carriedOut", in -> in.bool("true or false")),
          new Field("count", EvidenceLineParser::count),
          new Field("first", JsonInput::time),
          new Field("last", JsonInput::time));

  private static final List<Field> END =
      List.of(new Field("lines", in -> in.unsigned("a count", Long.MAX_VALUE)));

  private static final List<String> TYPES = List.of("evidence", "run", "call", "denied", "end");

  /** Stands in a store for what was left out of too many denials. */
  private static final String FOLDED = "…";

  private static final Pattern NUMBERED = Pattern.compile("syscall_([0-9]{1,9})");

  private final JsonInput in;

  private EvidenceLineParser(JsonInput in) {
    this.in = in;
  }

  /**
   * Reads a line.
   *
   * @param bytes the line, without its end
   * @param file for messages
   * @param number of the line, from 1
   * @throws PolicyFormatException if it is not one
   */
  static EvidenceLine parse(byte[] bytes, String file, int number) throws PolicyFormatException {
    try (JsonInput in = JsonInput.ofLine(bytes, file, number, KIND)) {
      in.begin();
      EvidenceLine line = new EvidenceLineParser(in).line();
      in.end();
      return line;
    }
  }

  private EvidenceLine line() throws PolicyFormatException {
    Fields fields = in.object(KIND, TYPES, 0);
    String type = fields.next();
    if (type == null) {
      throw in.error("an empty object; wanted one of " + String.join(", ", TYPES));
    }
    EvidenceLine line =
        switch (type) {
          case "evidence" ->
              new EvidenceLine.Start(object("the first line", START).get("host", String.class));
          case "run" -> new EvidenceLine.OfRun(run(object("a run", RUN, RUN_REQUIRED)));
          case "call" -> new EvidenceLine.Call(call(object("a call", CALL)));
          case "denied" -> new EvidenceLine.Denied(denied(object("a denied call", DENIED)));
          default -> new EvidenceLine.End(object("the last line", END).get("lines", Long.class));
        };
    if (fields.next() != null) {
      throw in.error("a second field; wanted one on each line");
    }
    return line;
  }

  static String label(Run.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** A field of an object. */
  private record Field(String name, Reader reader) {}

  private interface Reader {
    Object read(JsonInput in) throws PolicyFormatException;
  }

  /** An object that was read. */
  private static final class Values {
    private final Map<String, Object> values = new HashMap<>();

    <T> T get(String field, Class<T> type) {
      return Objects.requireNonNull(type.cast(values.get(field)));
    }

    String text(String field) {
      return get(field, String.class);
    }

    long number(String field) {
      return get(field, Long.class);
    }

    Instant time(String field) {
      return get(field, Instant.class);
    }

    <T> @Nullable T find(String field, Class<T> type) {
      return type.cast(values.get(field));
    }
  }

  private Values object(String what, List<Field> known) throws PolicyFormatException {
    return object(what, known, known.size());
  }

  private Values object(String what, List<Field> known, int required) throws PolicyFormatException {
    Values values = new Values();
    Fields fields = in.object(what, known.stream().map(Field::name).toList(), required);
    for (String name = fields.next(); name != null; name = fields.next()) {
      for (Field field : known) {
        if (field.name.equals(name)) {
          values.values.put(name, field.reader.read(in));
        }
      }
    }
    return values;
  }

  private static Run run(Values run) {
    Integer status = run.find("status", Integer.class);
    List<?> loaded = run.find("loaded", List.class);
    return new Run(
        run.text("id"),
        run.get("kind", Run.Kind.class),
        run.text("profile"),
        run.text("executable"),
        run.text("buildId"),
        ((List<?>) run.get("command", List.class)).stream().map(String::valueOf).toList(),
        run.text("policy"),
        run.time("started"),
        Optional.ofNullable(run.find("ended", Instant.class)),
        status == null ? OptionalInt.empty() : OptionalInt.of(status),
        run.get("exact", Boolean.class),
        run.number("lost"),
        Optional.ofNullable(run.find("unseen", UnseenChance.class)),
        loaded == null ? List.of() : loaded.stream().map(LoadedFile.class::cast).toList());
  }

  private Object loaded() throws PolicyFormatException {
    List<LoadedFile> all = new ArrayList<>();
    in.array("an array of what was loaded");
    while (in.nextElement()) {
      Values loaded = object("what an executable has loaded", LOADED);
      for (Object path : loaded.get("files", List.class)) {
        all.add(new LoadedFile(loaded.text("executable"), String.valueOf(path)));
      }
    }
    return all;
  }

  private UnseenChance unseen() throws PolicyFormatException {
    Values unseen = object("what was measured", UNSEEN);
    try {
      return new UnseenChance(
          unseen.number("executions"),
          unseen.number("unguided"),
          unseen.number("hits"),
          unseen.get("limit", Double.class),
          unseen.get("confidence", Double.class),
          unseen.get("estimate", Double.class),
          unseen.time("measured"));
    } catch (IllegalArgumentException e) {
      throw in.error(String.valueOf(e.getMessage()));
    }
  }

  private static Observation call(Values call) {
    Arch arch = call.get("arch", Arch.class);
    return new Observation(
        call.text("executable"),
        arch,
        named(arch, call.text("syscall")),
        call.get("arguments", ArgumentClass.class),
        call.get("source", Source.class),
        call.number("count"),
        call.time("first"),
        call.time("last"),
        call.text("sample"));
  }

  /** A number that an older tiny-jail had no name for may have one here. */
  private static String named(Arch arch, String syscall) {
    Matcher numbered = NUMBERED.matcher(syscall);
    return numbered.matches() && arch.hasTable()
        ? SyscallTable.of(arch).nameOrNumber(Integer.parseInt(numbered.group(1)))
        : syscall;
  }

  private Denial denied(Values call) throws PolicyFormatException {
    List<Long> registers =
        ((List<?>) call.get("registers", List.class)).stream().map(Long.class::cast).toList();
    Denial denial =
        new Denial(
            call.text("executable"),
            call.text("comm"),
            call.get("pid", Integer.class),
            call.get("arch", Arch.class),
            call.text("syscall"),
            new SyscallData(
                (int) call.number("number"),
                (int) call.number("auditArch"),
                call.number("address"),
                registers),
            call.text("text"),
            call.text("callSite"),
            Action.ofFilterValue((int) call.number("action")),
            call.get("carriedOut", Boolean.class),
            call.number("count"),
            call.time("first"),
            call.time("last"));
    checkAgrees(denial);
    return denial;
  }

  /** What a person reads and decides about must be what is then allowed. */
  private void checkAgrees(Denial denial) throws PolicyFormatException {
    SyscallData data = denial.data();
    if (!Arch.of(data.arch(), data.number()).equals(Optional.of(denial.arch()))) {
      throw in.error("number and auditArch are not of arch " + denial.arch().label());
    }
    String name = denial.syscall();
    Optional<String> named =
        denial.arch().hasTable()
            ? SyscallTable.of(denial.arch()).name(data.number())
            : Optional.empty();
    if (named.isPresent()
        && !List.of(named.get(), "syscall_" + data.number(), FOLDED).contains(name)) {
      throw in.error("number " + data.number() + " is " + named.get() + ", syscall says " + name);
    }
    if (!denial.arguments().equals(FOLDED) && !denial.arguments().startsWith(name + "(")) {
      throw in.error(
          "text is "
              + JsonInput.quoted(denial.arguments())
              + "; wanted it to begin with "
              + name
              + "(");
    }
  }

  private static Object version(JsonInput in) throws PolicyFormatException {
    long version = in.unsigned("a version", Integer.MAX_VALUE);
    if (version != EvidenceWriter.VERSION) {
      throw in.error(
          "version "
              + version
              + "; wanted "
              + EvidenceWriter.VERSION
              + ": it was written by a newer tiny-jail, which can import it");
    }
    return version;
  }

  private static String text(JsonInput in, String what, String pattern)
      throws PolicyFormatException {
    String text = in.string(what);
    if (!text.matches(pattern)) {
      throw in.error("found " + JsonInput.quoted(text) + "; wanted " + what);
    }
    return text;
  }

  private static Object syscall(JsonInput in) throws PolicyFormatException {
    return text(in, "the name of a system call", "[a-z0-9_]{1,64}|syscall_-[0-9]{1,10}|" + FOLDED);
  }

  private static Object arch(JsonInput in) throws PolicyFormatException {
    return in.oneOf("arch", List.of(Arch.values()), Arch::label);
  }

  private static Object count(JsonInput in) throws PolicyFormatException {
    long count = in.unsigned("a count", Long.MAX_VALUE);
    if (count == 0) {
      throw in.error("found 0; wanted a count from 1");
    }
    return count;
  }

  private static Object hex(JsonInput in) throws PolicyFormatException {
    String text = text(in, "a number such as 0x7f", "0x[0-9a-f]{1,16}");
    return Long.parseUnsignedLong(text.substring(2), 16);
  }

  private static Object hex32(JsonInput in) throws PolicyFormatException {
    return Long.parseLong(text(in, "32 bits such as 0x7f", "0x[0-9a-f]{1,8}").substring(2), 16);
  }

  private static Object registers(JsonInput in) throws PolicyFormatException {
    List<Object> registers = new ArrayList<>();
    in.array("an array of registers");
    while (in.nextElement()) {
      registers.add(hex(in));
    }
    if (registers.size() != 6) {
      throw in.error("found " + registers.size() + " registers; wanted 6");
    }
    return registers;
  }
}
