package org.tinyjail.generator.oci;

import java.util.List;
import org.tinyjail.generator.json.JsonText;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/** The writing half of {@link OciSeccompJson}. */
final class OciWriter {
  private final JsonText out = new JsonText();

  private OciWriter() {}

  static byte[] write(Policy policy) {
    OciWriter writer = new OciWriter();
    writer.policy(policy);
    return writer.out.toBytes();
  }

  private void policy(Policy policy) {
    out.beginObject();
    action("defaultAction", "defaultErrnoRet", policy.defaultAction());
    if (!policy.architectures().isEmpty()) {
      strings("architectures", policy.architectures().stream().map(Arch::scmpName).toList());
    }
    if (!policy.flags().isEmpty()) {
      strings("flags", policy.flags());
    }
    policy.listenerPath().ifPresent(path -> out.field("listenerPath").string(path));
    policy.listenerMetadata().ifPresent(data -> out.field("listenerMetadata").string(data));
    out.field("syscalls").beginArray();
    List<Rule> rules = policy.rules();
    for (int from = 0, to; from < rules.size(); from = to) {
      to = endOfGroup(rules, from);
      entry(rules.subList(from, to));
    }
    out.endArray().endObject();
  }

  private static int endOfGroup(List<Rule> rules, int from) {
    Rule first = rules.get(from);
    int to = from + 1;
    while (to < rules.size()
        && rules.get(to).action().equals(first.action())
        && rules.get(to).conditions().equals(first.conditions())) {
      to++;
    }
    return to;
  }

  private void entry(List<Rule> group) {
    Rule first = group.get(0);
    out.element().beginObject();
    strings("names", group.stream().map(Rule::syscall).toList());
    action("action", "errnoRet", first.action());
    if (!first.conditions().isEmpty()) {
      out.field("args").beginArray();
      first.conditions().forEach(this::condition);
      out.endArray();
    }
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

  private void strings(String field, List<String> values) {
    out.field(field).beginArray();
    values.forEach(value -> out.element().string(value));
    out.endArray();
  }
}
