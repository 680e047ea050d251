package org.tinyjail.generator.oci;

import java.util.List;
import org.tinyjail.generator.json.JsonText;
import org.tinyjail.generator.oci.MobyProfile.ArchFamily;
import org.tinyjail.generator.oci.MobyProfile.ConditionalRule;
import org.tinyjail.generator.oci.MobyProfile.Requirements;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Policy;

/** The writing half of {@link MobySeccompJson}. */
final class ProfileWriter {
  private final JsonText out = new JsonText();

  private ProfileWriter() {}

  static byte[] write(MobyProfile profile) {
    ProfileWriter writer = new ProfileWriter();
    writer.profile(profile);
    return writer.out.toBytes();
  }

  private void profile(MobyProfile profile) {
    Policy base = profile.base();
    out.beginObject();
    action("defaultAction", "defaultErrnoRet", base.defaultAction());
    architectures("architectures", base.architectures());
    if (!profile.archMap().isEmpty()) {
      out.field("archMap").beginArray();
      profile.archMap().forEach(this::family);
      out.endArray();
    }
    optional("flags", base.flags());
    base.listenerPath().ifPresent(path -> out.field("listenerPath").string(path));
    base.listenerMetadata().ifPresent(data -> out.field("listenerMetadata").string(data));
    out.field("syscalls").beginArray();
    List<ConditionalRule> rules = profile.rules();
    for (int from = 0, to; from < rules.size(); from = to) {
      to = endOfGroup(rules, from);
      entry(rules.subList(from, to));
    }
    out.endArray().endObject();
  }

  private void family(ArchFamily family) {
    out.element().beginObject();
    out.field("architecture").string(family.architecture().scmpName());
    architectures("subArchitectures", family.subArchitectures());
    out.endObject();
  }

  private void architectures(String field, List<Arch> architectures) {
    optional(field, architectures.stream().map(Arch::scmpName).toList());
  }

  private static int endOfGroup(List<ConditionalRule> rules, int from) {
    int to = from + 1;
    while (to < rules.size() && differInNameOnly(rules.get(from), rules.get(to))) {
      to++;
    }
    return to;
  }

  private static boolean differInNameOnly(ConditionalRule a, ConditionalRule b) {
    return a.rule().action().equals(b.rule().action())
        && a.rule().conditions().equals(b.rule().conditions())
        && a.includes().equals(b.includes())
        && a.excludes().equals(b.excludes())
        && a.comment().equals(b.comment());
  }

  private void entry(List<ConditionalRule> group) {
    ConditionalRule first = group.get(0);
    out.element().beginObject();
    strings("names", group.stream().map(rule -> rule.rule().syscall()).toList());
    action("action", "errnoRet", first.rule().action());
    if (!first.rule().conditions().isEmpty()) {
      out.field("args").beginArray();
      first.rule().conditions().forEach(this::condition);
      out.endArray();
    }
    if (!first.comment().isEmpty()) {
      out.field("comment").string(first.comment());
    }
    requirements("includes", first.includes());
    requirements("excludes", first.excludes());
    out.endObject();
  }

  private void requirements(String field, Requirements requirements) {
    if (requirements.isEmpty()) {
      return;
    }
    out.field(field).beginObject();
    optional("caps", requirements.capabilities());
    optional("arches", requirements.architectures());
    requirements
        .minKernel()
        .ifPresent(version -> out.field("minKernel").string(version.toString()));
    out.endObject();
  }

  private void condition(ArgCondition condition) {
    out.element().beginInlineObject();
    out.field("index").unsigned(condition.index());
    out.field("value").unsigned(condition.value());
    if (condition.valueTwo() != 0 || condition.operator() == ArgCondition.Operator.MASKED_EQ) {
      out.field("valueTwo").unsigned(condition.valueTwo());
    }
    out.field("op").string(condition.operator().scmpName());
    out.endObject();
  }

  /** The errno is left out where it is the specification's default, EPERM. */
  private void action(String field, String errnoField, Action action) {
    out.field(field).string(action.scmpName());
    int data = Action.EPERM;
    if (action instanceof Action.Fail fail) {
      data = fail.errno();
    } else if (action instanceof Action.Trace trace) {
      data = trace.data();
    }
    if (data != Action.EPERM) {
      out.field(errnoField).unsigned(data);
    }
  }

  private void optional(String field, List<String> values) {
    if (!values.isEmpty()) {
      strings(field, values);
    }
  }

  private void strings(String field, List<String> values) {
    out.field(field).beginArray();
    values.forEach(value -> out.element().string(value));
    out.endArray();
  }
}
