package org.tinyjail.generator.oci;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.JsonInput.Fields;
import org.tinyjail.generator.json.JsonInput.Position;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/**
 * A policy as JSON in the form of the OCI runtime specification (config-linux.md, "Seccomp").
 *
 * <p>Stricter than container runtimes: a field, action, operator, flag or architecture that is not
 * in the specification is an error, as is a field given twice. Names of system calls that the
 * tables do not hold are kept: {@link Policy#unknownNames} tells them.
 */
public final class OciSeccompJson {
  private static final String KIND = "a policy";

  private static final List<String> POLICY_FIELDS =
      List.of(
          "defaultAction",
          "defaultErrnoRet",
          "architectures",
          "flags",
          "listenerPath",
          "listenerMetadata",
          "syscalls");
  private static final List<String> ENTRY_FIELDS = List.of("names", "action", "errnoRet", "args");
  private static final List<String> ARG_FIELDS = List.of("index", "value", "op", "valueTwo");
  private static final List<String> FLAGS =
      List.of(
          "SECCOMP_FILTER_FLAG_TSYNC",
          "SECCOMP_FILTER_FLAG_LOG",
          "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
          "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
  private static final List<String> ACTIONS =
      List.of(
          "SCMP_ACT_KILL",
          "SCMP_ACT_KILL_PROCESS",
          "SCMP_ACT_KILL_THREAD",
          "SCMP_ACT_TRAP",
          "SCMP_ACT_ERRNO",
          "SCMP_ACT_TRACE",
          "SCMP_ACT_ALLOW",
          "SCMP_ACT_LOG",
          "SCMP_ACT_NOTIFY");

  private static final int MAX_ERRNO = 4095;
  private static final int MAX_TRACE = 0xffff;

  private final JsonInput in;
  private final boolean strict;

  private OciSeccompJson(JsonInput in, boolean strict) {
    this.in = in;
    this.strict = strict;
  }

  /**
   * Reads a policy; unknown names of system calls are kept.
   *
   * @throws PolicyFormatException if it is not one
   * @throws IOException if the file cannot be read
   */
  public static Policy read(Path path) throws IOException {
    return read(JsonInput.bytes(path, KIND), path.toString(), false);
  }

  /**
   * Reads a policy.
   *
   * @param json UTF-8
   * @param fileName for messages
   * @param strict whether the unknown name of a system call is an error
   * @throws PolicyFormatException if it is not a policy
   */
  public static Policy read(byte[] json, String fileName, boolean strict)
      throws PolicyFormatException {
    try (JsonInput in = JsonInput.of(json, fileName, KIND)) {
      in.begin();
      Policy policy = new OciSeccompJson(in, strict).policy();
      in.end();
      return policy;
    }
  }

  /**
   * {@code policy} as JSON; neighbouring rules that differ in nothing but the name share an entry.
   */
  public static byte[] write(Policy policy) {
    return OciWriter.write(policy);
  }

  private Policy policy() throws PolicyFormatException {
    Fields fields = in.object(KIND, POLICY_FIELDS, 1);
    ActionParts defaultAction = new ActionParts("defaultErrnoRet");
    List<Arch> architectures = List.of();
    List<Rule> rules = List.of();
    List<String> flags = List.of();
    Optional<String> listenerPath = Optional.empty();
    Optional<String> metadata = Optional.empty();
    @Nullable Position metadataAt = null;
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "defaultAction" -> defaultAction.readName();
        case "defaultErrnoRet" -> defaultAction.readErrno();
        case "architectures" -> architectures = architectures();
        case "flags" -> flags = flags();
        case "listenerPath" -> listenerPath = Optional.of(in.string("the path of a socket"));
        case "listenerMetadata" -> {
          metadataAt = in.position();
          metadata = Optional.of(in.string("a string for the listener"));
        }
        default -> rules = rules();
      }
    }
    if (metadataAt != null && listenerPath.isEmpty()) {
      throw in.error(metadataAt, "\"listenerMetadata\" without \"listenerPath\"; wanted both");
    }
    return new Policy(defaultAction.action(), architectures, rules, flags, listenerPath, metadata);
  }

  private List<Arch> architectures() throws PolicyFormatException {
    in.array("an array of architectures");
    List<Arch> list = new ArrayList<>();
    while (in.nextElement()) {
      String name = in.string("the name of an architecture");
      Arch arch = Arch.ofScmpName(name).orElse(null);
      if (arch == null) {
        throw unknown("architecture", name, architectureNames());
      }
      list.add(arch);
    }
    return list;
  }

  private static List<String> architectureNames() {
    List<String> names = new ArrayList<>();
    for (Arch arch : Arch.values()) {
      names.add(arch.scmpName());
    }
    return names;
  }

  private List<String> flags() throws PolicyFormatException {
    in.array("an array of flags");
    List<String> flags = new ArrayList<>();
    while (in.nextElement()) {
      String flag = in.string("the name of a flag");
      if (!FLAGS.contains(flag)) {
        throw unknown("flag", flag, FLAGS);
      }
      flags.add(flag);
    }
    return flags;
  }

  private List<Rule> rules() throws PolicyFormatException {
    in.array("an array of rules");
    List<Rule> rules = new ArrayList<>();
    while (in.nextElement()) {
      readEntry(rules);
    }
    return rules;
  }

  private void readEntry(List<Rule> rules) throws PolicyFormatException {
    Fields fields = in.object("a rule", ENTRY_FIELDS, 2);
    ActionParts action = new ActionParts("errnoRet");
    List<String> names = List.of();
    List<ArgCondition> conditions = List.of();
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "names" -> names = names();
        case "action" -> action.readName();
        case "errnoRet" -> action.readErrno();
        default -> conditions = conditions();
      }
    }
    Action answer = action.action();
    for (String name : names) {
      rules.add(new Rule(name, conditions, answer));
    }
  }

  private List<String> names() throws PolicyFormatException {
    Position start = in.position();
    in.array("an array of names of system calls");
    List<String> names = new ArrayList<>();
    while (in.nextElement()) {
      String name = in.string("the name of a system call");
      if (name.isEmpty()) {
        throw in.error("an empty name; wanted the name of a system call");
      }
      if (strict && !SyscallTable.isKnown(name)) {
        throw in.error(
            "unknown system call "
                + JsonInput.quoted(name)
                + Suggestion.ending(name, SyscallTable.knownNames(), "one that Linux has"));
      }
      names.add(name);
    }
    if (names.isEmpty()) {
      throw in.error(start, "no names; wanted the name of at least one system call");
    }
    return names;
  }

  private List<ArgCondition> conditions() throws PolicyFormatException {
    in.array("an array of conditions");
    List<ArgCondition> conditions = new ArrayList<>();
    while (in.nextElement()) {
      conditions.add(condition());
    }
    return conditions;
  }

  private ArgCondition condition() throws PolicyFormatException {
    Fields fields = in.object("a condition", ARG_FIELDS, 3);
    int index = 0;
    long value = 0;
    long valueTwo = 0;
    ArgCondition.Operator operator = ArgCondition.Operator.EQ;
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "index" -> index = (int) in.unsigned("the index of an argument", 5);
        case "value" -> value = in.unsigned("a value", -1);
        case "valueTwo" -> valueTwo = in.unsigned("a value", -1);
        default -> operator = operator();
      }
    }
    return new ArgCondition(index, operator, value, valueTwo);
  }

  private ArgCondition.Operator operator() throws PolicyFormatException {
    String name = in.string("an operator such as SCMP_CMP_EQ");
    for (ArgCondition.Operator operator : ArgCondition.Operator.values()) {
      if (operator.scmpName().equals(name)) {
        return operator;
      }
    }
    List<String> known = new ArrayList<>();
    for (ArgCondition.Operator operator : ArgCondition.Operator.values()) {
      known.add(operator.scmpName());
    }
    throw unknown("operator", name, known);
  }

  private PolicyFormatException unknown(String what, String name, List<String> known) {
    return in.error(
        "unknown "
            + what
            + " "
            + JsonInput.quoted(name)
            + Suggestion.ending(name, known, "one of " + String.join(", ", known)));
  }

  /** An action and its errno, which may come before it. */
  private final class ActionParts {
    private final String errnoField;
    private String name = "";
    private int errno = Action.EPERM;
    private @Nullable Position errnoAt;

    ActionParts(String errnoField) {
      this.errnoField = errnoField;
    }

    void readName() throws PolicyFormatException {
      name = in.string("an action such as SCMP_ACT_ALLOW");
      if (!ACTIONS.contains(name)) {
        throw unknown("action", name, ACTIONS);
      }
    }

    void readErrno() throws PolicyFormatException {
      errnoAt = in.position();
      errno = (int) in.unsigned("an errno", MAX_TRACE);
    }

    Action action() throws PolicyFormatException {
      boolean fails = name.equals("SCMP_ACT_ERRNO");
      boolean traces = name.equals("SCMP_ACT_TRACE");
      if (errnoAt != null && !fails && !traces) {
        throw in.error(
            errnoAt,
            "\""
                + errnoField
                + "\" beside "
                + name
                + "; it belongs to SCMP_ACT_ERRNO and SCMP_ACT_TRACE only");
      }
      if (errnoAt != null && fails && errno > MAX_ERRNO) {
        throw in.error(errnoAt, "found " + errno + "; wanted an errno, 0 to " + MAX_ERRNO);
      }
      return switch (name) {
        case "SCMP_ACT_ERRNO" -> Action.fail(errno);
        case "SCMP_ACT_TRACE" -> Action.trace(errno);
        case "SCMP_ACT_KILL_PROCESS" -> Action.KILL_PROCESS;
        case "SCMP_ACT_TRAP" -> Action.TRAP;
        case "SCMP_ACT_ALLOW" -> Action.ALLOW;
        case "SCMP_ACT_LOG" -> Action.LOG;
        case "SCMP_ACT_NOTIFY" -> Action.NOTIFY;
        default -> Action.KILL_THREAD;
      };
    }
  }
}
