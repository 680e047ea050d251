package org.tinyjail.generator.groups;

import java.util.ArrayList;
import java.util.List;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallData;

/** What a group holds. */
public sealed interface Member {
  /** As it stands in the table. */
  String text();

  /** Another group, with all that it holds. */
  record Nested(String group) implements Member {
    @Override
    public String text() {
      return group;
    }
  }

  /** A member that is a call, not a group. */
  sealed interface OfCall extends Member {
    /** The name of the call. */
    String syscall();

    /** Whether a call of this name with these arguments is meant, or may be. */
    boolean mayMean(SyscallData data);

    /** Whether every call of this name is meant, or may be. */
    boolean meansAll();

    /** The rules that answer {@code action} to what is meant. */
    List<Rule> rules(Action action);
  }

  /**
   * A call, or some uses of it.
   *
   * @param syscall the name
   * @param uses the use is meant if all conditions of one of these hold; at least one
   * @param text as it stands in the table
   */
  record Call(String syscall, List<List<ArgCondition>> uses, String text) implements OfCall {
    public Call {
      if (uses.isEmpty()) {
        throw new IllegalArgumentException("a call without uses: " + text);
      }
      uses = List.copyOf(uses);
    }

    @Override
    public boolean meansAll() {
      return uses.get(0).isEmpty();
    }

    @Override
    public boolean mayMean(SyscallData data) {
      for (Rule rule : rules(Action.ALLOW)) {
        if (rule.matches(data)) {
          return true;
        }
      }
      return false;
    }

    @Override
    public List<Rule> rules(Action action) {
      List<Rule> rules = new ArrayList<>(uses.size());
      for (List<ArgCondition> conditions : uses) {
        rules.add(new Rule(syscall, conditions, action));
      }
      return rules;
    }
  }

  /**
   * A call that may be meant, but whose arguments lie in memory, where no filter sees them.
   *
   * @param syscall the name
   */
  record Unseen(String syscall) implements OfCall {
    @Override
    public String text() {
      return syscall + "?";
    }

    @Override
    public boolean meansAll() {
      return true;
    }

    @Override
    public boolean mayMean(SyscallData data) {
      return true;
    }

    /**
     * Nothing where the group is let pass. Else ENOSYS, whatever the group's own error, since libc
     * falls back on nothing else; who is asked (a listener, a tracer) can look into memory.
     */
    @Override
    public List<Rule> rules(Action action) {
      if (!action.denies()) {
        return List.of();
      }
      boolean asks = action.equals(Action.NOTIFY) || action instanceof Action.Trace;
      Action answer = asks ? action : Action.fail(Action.ENOSYS);
      return List.of(new Rule(syscall, List.of(), answer));
    }
  }
}
