package org.tinyjail.generator.oci;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tinyjail.generator.groups.Groups;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.JsonInput.Fields;
import org.tinyjail.generator.json.JsonInput.Position;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.oci.MobyProfile.ConditionalRule;
import org.tinyjail.generator.oci.MobyProfile.Requirements;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/** Reads the rules of a profile. */
final class RuleReader {
  private static final List<String> ENTRY_FIELDS =
      List.of(
          "action",
          "names",
          "errnoRet",
          "args",
          "name",
          "errno",
          "comment",
          "includes",
          "excludes");
  private static final List<String> ARG_FIELDS = List.of("index", "value", "op", "valueTwo");
  private static final List<String> REQUIREMENT_FIELDS = List.of("caps", "arches", "minKernel");

  private final JsonInput in;
  private final boolean strict;
  private final RulePositions positions;

  /** Where the names of the entry that is being read stand, in their order. */
  private final List<Position> namedAt = new ArrayList<>();

  RuleReader(JsonInput in, boolean strict, RulePositions positions) {
    this.in = in;
    this.strict = strict;
    this.positions = positions;
  }

  List<ConditionalRule> rules() throws PolicyFormatException {
    in.array("an array of rules");
    List<ConditionalRule> rules = new ArrayList<>();
    while (in.nextElement()) {
      readEntry(rules);
    }
    return rules;
  }

  private void readEntry(List<ConditionalRule> rules) throws PolicyFormatException {
    Fields fields = in.object("a rule", ENTRY_FIELDS, 1);
    namedAt.clear();
    ActionReader action = new ActionReader(in, "errnoRet", "errno");
    List<String> names = List.of();
    List<ArgCondition> conditions = List.of();
    Requirements includes = Requirements.NONE;
    Requirements excludes = Requirements.NONE;
    String comment = "";
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "names" -> names = names();
        case "name" -> names = List.of(name());
        case "action" -> action.readName();
        case "errnoRet" -> action.readErrno();
        case "errno" -> action.readErrnoName();
        case "comment" -> comment = in.string("a comment");
        case "includes" -> includes = requirements();
        case "excludes" -> excludes = requirements();
        default -> conditions = conditions();
      }
    }
    if (fields.has("names") == fields.has("name")) {
      throw in.error(
          fields.start(),
          names.isEmpty()
              ? "a rule without \"names\"; it is required"
              : "a rule with \"name\" and \"names\"; wanted one of them");
    }
    Action answer = action.action();
    Set<Rule> ofGroups = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      for (Rule rule : meant(names.get(i), conditions, answer, namedAt.get(i))) {
        if (!isGroup(names.get(i)) || ofGroups.add(rule)) {
          positions.put(rule, namedAt.get(i));
          rules.add(new ConditionalRule(rule, includes, excludes, comment));
        }
      }
    }
  }

  private static boolean isGroup(String name) {
    return name.startsWith("@");
  }

  /** The rules that one of the names stands for: many if it is that of a group. */
  private List<Rule> meant(String name, List<ArgCondition> conditions, Action action, Position at)
      throws PolicyFormatException {
    if (!isGroup(name)) {
      return List.of(new Rule(name, conditions, action));
    }
    if (!conditions.isEmpty()) {
      throw in.error(
          at,
          "\"args\" beside the group "
              + name
              + ", which has conditions of its own; wanted the calls that they are about in an"
              + " entry of their own");
    }
    return Groups.builtIn().rules(name, action);
  }

  private List<String> names() throws PolicyFormatException {
    Position start = in.position();
    in.array("an array of names of system calls");
    List<String> names = new ArrayList<>();
    while (in.nextElement()) {
      names.add(name());
    }
    if (names.isEmpty()) {
      throw in.error(start, "no names; wanted the name of at least one system call");
    }
    return names;
  }

  private String name() throws PolicyFormatException {
    String name = in.string("the name of a system call");
    if (name.isEmpty()) {
      throw in.error("an empty name; wanted the name of a system call");
    }
    if (isGroup(name)) {
      checkGroup(name);
    } else if (strict && !SyscallTable.isKnown(name)) {
      throw in.unknown("system call", name, SyscallTable.knownNames(), "one that Linux has");
    }
    namedAt.add(in.position());
    return name;
  }

  private void checkGroup(String name) throws PolicyFormatException {
    Groups groups = Groups.builtIn();
    if (groups.named(name).isEmpty()) {
      throw in.unknown("group", name, groups.names(), "a group that \"tiny-jail groups\" lists");
    }
  }

  private List<ArgCondition> conditions() throws PolicyFormatException {
    List<ArgCondition> conditions = new ArrayList<>();
    if (in.isNull()) {
      return conditions;
    }
    in.array("an array of conditions");
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
    throw in.unknown("operator", name, known);
  }

  private Requirements requirements() throws PolicyFormatException {
    if (in.isNull()) {
      return Requirements.NONE;
    }
    Fields fields = in.object("a condition on the container", REQUIREMENT_FIELDS, 0);
    List<String> capabilities = List.of();
    List<String> architectures = List.of();
    Optional<KernelVersion> minKernel = Optional.empty();
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "caps" ->
            capabilities =
                words("capability", ContainerContext.knownCapabilities(), "CAP_SYS_ADMIN");
        case "arches" ->
            architectures = words("architecture", MobyProfile.architectureNames(), "amd64");
        default -> minKernel = Optional.of(kernelVersion());
      }
    }
    return new Requirements(capabilities, architectures, minKernel);
  }

  private List<String> words(String what, Collection<String> known, String example)
      throws PolicyFormatException {
    List<String> words = new ArrayList<>();
    if (in.isNull()) {
      return words;
    }
    String wanted = "a name such as " + example;
    in.array("an array of names");
    while (in.nextElement()) {
      String word = in.string(wanted);
      if (!known.contains(word)) {
        throw in.unknown(what, word, known, wanted);
      }
      words.add(word);
    }
    return words;
  }

  private KernelVersion kernelVersion() throws PolicyFormatException {
    String text = in.string("a kernel's version such as \"4.8\"");
    KernelVersion version = KernelVersion.parse(text).orElse(null);
    if (version == null) {
      throw in.error(
          "found " + JsonInput.quoted(text) + "; wanted a kernel's version such as \"4.8\"");
    }
    return version;
  }
}
