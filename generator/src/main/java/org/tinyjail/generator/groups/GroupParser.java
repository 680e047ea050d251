package org.tinyjail.generator.groups;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Constants;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;
import org.tinyjail.model.SyscallTable;

/**
 * Reads a table of groups; {@code topics.groups} explains the form.
 *
 * <p>Our own tables may only name calls that Linux has on our architectures; those of others name
 * what their source knows.
 */
final class GroupParser {
  private static final String OWN = "tiny-jail";
  private static final Pattern HEAD = Pattern.compile("(@[a-z0-9]+(?:-[a-z0-9]+)*): (\\S.*)");
  private static final Pattern MEMBER =
      Pattern.compile("\\s+(?:(@[a-z0-9-]+)|([a-z0-9_]+)(?:(\\?)|\\(([^()]*)\\))?)(?=\\s|$)");
  private static final Pattern TEST = Pattern.compile("(\\w+)(?: & (\\S+) = | (=|has|any) )(\\S+)");

  private final String file;
  private final List<Group> groups = new ArrayList<>();
  private String source = "";
  private String name = "";
  private String description = "";
  private List<Member> members = new ArrayList<>();
  private int line;

  private GroupParser(String file) {
    this.file = file;
  }

  /**
   * The groups of a table.
   *
   * @throws IllegalArgumentException naming file and line of what is wrong
   */
  static List<Group> parse(String file, String text) {
    GroupParser parser = new GroupParser(file);
    for (String line : text.split("\n", -1)) {
      parser.line++;
      parser.read(line);
    }
    parser.finish();
    return parser.groups;
  }

  private void read(String text) {
    if (text.isEmpty() || text.startsWith("#")) {
      return;
    }
    if (text.startsWith("source: ")) {
      source = text.substring("source: ".length());
    } else if (text.startsWith("@")) {
      finish();
      head(text);
    } else {
      members(text);
    }
  }

  private void head(String text) {
    Matcher matcher = HEAD.matcher(text);
    if (source.isEmpty() || !matcher.matches()) {
      throw error("wanted \"@name: description\" behind a line \"source: ...\"");
    }
    name = matcher.group(1);
    description = matcher.group(2);
  }

  private void finish() {
    if (!name.isEmpty()) {
      if (members.isEmpty()) {
        throw error("group " + name + " has no members");
      }
      groups.add(new Group(name, description, source, members));
    }
    name = "";
    members = new ArrayList<>();
  }

  private void members(String text) {
    if (name.isEmpty()) {
      throw error("members without a group; wanted \"@name: description\" before");
    }
    Matcher matcher = MEMBER.matcher(text);
    int at = 0;
    while (at < text.length()) {
      if (!matcher.find(at) || matcher.start() != at) {
        throw error("found \"" + text.substring(at).strip() + "\"; wanted a member");
      }
      members.add(member(matcher));
      at = matcher.end();
    }
  }

  private Member member(Matcher matcher) {
    if (matcher.group(1) != null) {
      return new Member.Nested(matcher.group(1));
    }
    String call = matcher.group(2);
    if (source.equals(OWN) && !SyscallTable.isKnown(call)) {
      throw error("unknown system call " + call);
    }
    if (matcher.group(3) != null) {
      return new Member.Unseen(call);
    }
    String tests = matcher.group(4);
    return tests == null
        ? new Member.Call(call, List.of(List.of()), call)
        : new Member.Call(call, uses(call, tests), call + "(" + tests + ")");
  }

  /** The bits of an argument that count, and what they must be. */
  private record Bits(long mask, long value) {
    Bits with(long moreMask, long moreValue) {
      return new Bits(mask | moreMask, value | moreValue);
    }
  }

  /** One use for each choice of a bit of each {@code any}. */
  private List<List<ArgCondition>> uses(String call, String tests) {
    List<Map<Integer, Bits>> uses = List.of(Map.of());
    for (String test : tests.split(", ", -1)) {
      uses = narrowed(uses, call, test);
    }
    List<List<ArgCondition>> conditions = new ArrayList<>();
    for (Map<Integer, Bits> use : uses) {
      List<ArgCondition> all = new ArrayList<>();
      use.forEach((index, bits) -> all.add(ArgCondition.masked(index, bits.mask(), bits.value())));
      conditions.add(all);
    }
    return conditions;
  }

  private List<Map<Integer, Bits>> narrowed(
      List<Map<Integer, Bits>> uses, String call, String test) {
    Matcher matcher = TEST.matcher(test);
    if (!matcher.matches()) {
      throw error("found \"" + test + "\"; wanted ARG = VALUE, ARG & MASK = VALUE, has or any");
    }
    int index = index(call, matcher.group(1));
    Parameter parameter = SyscallSignature.of(call).parameters().get(index);
    List<Map<Integer, Bits>> narrowed = new ArrayList<>();
    for (Bits choice : choices(matcher, number(parameter, matcher.group(4)), parameter)) {
      for (Map<Integer, Bits> use : uses) {
        Map<Integer, Bits> copy = new TreeMap<>(use);
        Bits before = copy.getOrDefault(index, new Bits(0, 0));
        if (((before.value() ^ choice.value()) & before.mask() & choice.mask()) != 0) {
          throw error("two tests of " + parameter.name() + " that never hold together");
        }
        copy.put(index, before.with(choice.mask(), choice.value()));
        narrowed.add(copy);
      }
    }
    return narrowed;
  }

  private List<Bits> choices(Matcher matcher, long value, Parameter parameter) {
    if (matcher.group(2) != null) {
      long mask = number(parameter, matcher.group(2));
      if ((value & ~mask) != 0) {
        throw error("a value with bits outside of its mask");
      }
      return List.of(new Bits(mask, value));
    }
    if (!matcher.group(3).equals("=") && value == 0) {
      throw error("no bits after \"" + matcher.group(3) + "\"");
    }
    return switch (matcher.group(3)) {
      case "=" -> List.of(new Bits(ArgCondition.INT_MASK, value));
      case "has" -> List.of(new Bits(value, value));
      default -> eachBit(value);
    };
  }

  private static List<Bits> eachBit(long value) {
    List<Bits> bits = new ArrayList<>();
    for (long rest = value; rest != 0; rest &= rest - 1) {
      long bit = Long.lowestOneBit(rest);
      bits.add(new Bits(bit, bit));
    }
    return bits;
  }

  private int index(String call, String argument) {
    List<Parameter> parameters = SyscallSignature.of(call).parameters();
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(argument)) {
        return i;
      }
    }
    throw error(call + " has no argument " + argument);
  }

  private long number(Parameter parameter, String text) {
    long number = 0;
    for (String part : text.split("\\|", -1)) {
      number |= Character.isDigit(part.charAt(0)) ? Long.decode(part) : constant(parameter, part);
    }
    if ((number & ~ArgCondition.INT_MASK) != 0) {
      throw error("found " + text + "; wanted at most 32 bits");
    }
    return number;
  }

  private long constant(Parameter parameter, String constant) {
    String sets = parameter.type().equals("mode") ? "mode-bits" : parameter.detail();
    for (String set : sets.split("\\+", -1)) {
      Optional<Long> value = Constants.value(set, constant);
      if (value.isPresent()) {
        return value.get();
      }
    }
    throw error("no constant " + constant + " for the argument " + parameter.name());
  }

  private IllegalArgumentException error(String problem) {
    return new IllegalArgumentException(file + ":" + line + ": " + problem);
  }
}
