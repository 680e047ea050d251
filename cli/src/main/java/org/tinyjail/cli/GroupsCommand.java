package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.groups.Group;
import org.tinyjail.generator.groups.Groups;
import org.tinyjail.generator.groups.Member;
import org.tinyjail.generator.groups.Member.OfCall;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Syscall;
import org.tinyjail.model.SyscallTable;
import tools.jackson.core.JsonGenerator;

/** {@code groups}: what stands for what where a policy or an option names a group of calls. */
final class GroupsCommand implements Command {
  private static final String CONTAINING = "containing";

  @Override
  public String name() {
    return "groups";
  }

  @Override
  public String summary() {
    return "list groups of calls, what they hold, and which hold a call";
  }

  @Override
  public String usage() {
    return "[GROUP] [OPTION]...";
  }

  @Override
  public String description() {
    return "Without GROUP it lists all groups, by topic and as systemd.exec(5) has them, with how"
        + " many calls each holds. A group stands for its calls among the \"names\" of a policy"
        + " (commands that write policies write the calls), and wherever an option takes a CALL."
        + "\n\nA member in parentheses means some uses of a call: \"=\" compares an argument, under a"
        + " mask behind \"&\"; \"has\" wants all of the bits, \"any\" one of them at least. A member"
        + " with \"?\" may be meant, but takes its arguments from memory, where no filter sees them:"
        + " where the group is denied it fails with ENOSYS, so that libc falls back to a call that"
        + " can be seen; where the group passes it is left out; trace shows it.";
  }

  @Override
  public Options options() {
    return new OptionSet()
        .value(CONTAINING, "CALL", "which groups hold this call")
        .add(Json.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail groups", "list them all"),
        new Example("tiny-jail groups @file-open-write", "what one means"),
        new Example("tiny-jail groups --containing unshare", "the groups that hold a call"),
        new Example(
            "tiny-jail groups --json | jq -r '.[] | select(.source == \"tiny-jail\") | .name'",
            "for a program"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException {
    List<String> words = line.getArgList();
    if (words.size() > 1 || (line.hasOption(CONTAINING) && !words.isEmpty())) {
      throw CommandException.usage("wants one GROUP, or --containing CALL, or neither");
    }
    boolean json = line.hasOption(Json.OPTION);
    if (line.hasOption(CONTAINING)) {
      containing(line.getOptionValue(CONTAINING), json, context);
    } else if (words.isEmpty()) {
      list(json, context);
    } else {
      one(named(words.get(0)), json, context);
    }
    return ExitCode.DONE;
  }

  private static Group named(String word) throws CommandException {
    Groups groups = Groups.builtIn();
    String name = CallWords.isGroup(word) ? word : "@" + word;
    return groups
        .named(name)
        .orElseThrow(
            () ->
                CommandException.usage(
                    "unknown group \""
                        + name
                        + "\""
                        + Suggestion.ending(
                            name, groups.names(), "one that \"tiny-jail groups\" lists")));
  }

  private static void list(boolean json, Context context) {
    List<Group> all = List.copyOf(Groups.builtIn().all());
    if (json) {
      Json.print(context.out(), out -> Json.array(out, all, GroupsCommand::write));
      return;
    }
    String source = "";
    for (Group group : all) {
      if (!group.source().equals(source)) {
        context.out().printf("%s%s:%n", source.isEmpty() ? "" : "\n", group.source());
        source = group.source();
      }
      context
          .out()
          .printf("  %-29s %4d  %s%n", group.name(), calls(group).size(), group.description());
    }
  }

  private static Set<String> calls(Group group) {
    return new TreeSet<>(Groups.builtIn().calls(group.name()));
  }

  private static void one(Group group, boolean json, Context context) {
    if (json) {
      Json.print(context.out(), out -> write(out, group));
      return;
    }
    context.out().println(group.name() + ": " + group.description());
    for (Member member : group.members()) {
      context.out().printf("  %-29s %s%n", member.text(), meaning(member));
    }
    List<String> outer = outer(group.name());
    if (!outer.isEmpty()) {
      context.out().println("part of " + String.join(", ", outer));
    }
  }

  private static String meaning(Member member) {
    if (member instanceof Member.Nested nested) {
      Group group = Groups.builtIn().named(nested.group()).orElseThrow();
      return Words.count(calls(group).size(), "call") + ": " + group.description();
    }
    return member instanceof OfCall call && SyscallTable.isKnown(call.syscall())
        ? Syscall.named(call.syscall()).description()
        : "a call of other architectures";
  }

  /** The groups that name this one. */
  private static List<String> outer(String name) {
    List<String> outer = new ArrayList<>();
    for (Group group : Groups.builtIn().all()) {
      if (group.members().contains(new Member.Nested(name))) {
        outer.add(group.name());
      }
    }
    return outer;
  }

  /** What a group holds of one call. */
  private record Holding(Group group, List<OfCall> members) {}

  private static void containing(String call, boolean json, Context context)
      throws CommandException {
    List<Holding> holding = new ArrayList<>();
    for (Group group : Groups.builtIn().all()) {
      List<OfCall> members =
          Groups.builtIn().members(group.name()).stream()
              .filter(member -> member.syscall().equals(call))
              .toList();
      if (!members.isEmpty()) {
        holding.add(new Holding(group, members));
      }
    }
    if (holding.isEmpty()) {
      throw CommandException.usage(
          "--containing: "
              + CallWords.problem(call).orElse("no group holds the call \"" + call + "\""));
    }
    if (json) {
      Json.print(context.out(), out -> Json.array(out, holding, GroupsCommand::write));
      return;
    }
    for (Holding one : holding) {
      for (OfCall member : one.members()) {
        context.out().printf("%-29s %s%n", one.group().name(), member.text());
      }
    }
  }

  private static void write(JsonGenerator out, Holding holding) {
    out.writeStartObject();
    out.writeStringProperty("name", holding.group().name());
    out.writeStringProperty("description", holding.group().description());
    out.writeArrayPropertyStart("members");
    holding.members().forEach(member -> write(out, member));
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Group group) {
    out.writeStartObject();
    out.writeStringProperty("name", group.name());
    out.writeStringProperty("description", group.description());
    out.writeStringProperty("source", group.source());
    out.writeArrayPropertyStart("groups");
    for (Member member : group.members()) {
      if (member instanceof Member.Nested nested) {
        out.writeString(nested.group());
      }
    }
    out.writeEndArray();
    out.writeArrayPropertyStart("members");
    Groups.builtIn().members(group.name()).forEach(member -> write(out, member));
    out.writeEndArray();
    out.writeEndObject();
  }

  /** A call; "uses" is missing where every use is meant, and "unseen" where arguments are seen. */
  private static void write(JsonGenerator out, OfCall member) {
    out.writeStartObject();
    out.writeStringProperty("call", member.syscall());
    out.writeStringProperty("text", member.text());
    if (member instanceof Member.Unseen) {
      out.writeBooleanProperty("unseen", true);
    } else if (member instanceof Member.Call call && !call.meansAll()) {
      out.writeArrayPropertyStart("uses");
      call.uses().forEach(use -> write(out, use));
      out.writeEndArray();
    }
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, List<ArgCondition> use) {
    out.writeStartArray();
    for (ArgCondition condition : use) {
      out.writeStartObject();
      out.writeNumberProperty("index", condition.index());
      out.writeNumberProperty("mask", condition.value());
      out.writeNumberProperty("value", condition.valueTwo());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
