package org.tinyjail.generator.groups;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tinyjail.generator.groups.Member.OfCall;
import org.tinyjail.model.Action;
import org.tinyjail.model.Rule;

/**
 * A table of groups, by name.
 *
 * <p>tiny-jail's own is {@link #builtIn}: {@code topics.groups} and {@code systemd.groups}, which
 * explain their form. No lambdas and streams here: this may run before a program starts.
 */
public final class Groups {
  private final Map<String, Group> byName = new LinkedHashMap<>();

  /** Read when it is first asked for: most policies name no group. */
  private static final class BuiltIn {
    static final Groups TABLE = new Groups(files());

    private static List<Group> files() {
      List<Group> all = new ArrayList<>(GroupParser.parse("topics.groups", text("topics.groups")));
      all.addAll(GroupParser.parse("systemd.groups", text("systemd.groups")));
      return all;
    }

    private static String text(String name) {
      try (InputStream in = Groups.class.getResourceAsStream(name)) {
        if (in == null) {
          throw new IllegalStateException(name + " is missing beside " + Groups.class.getName());
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(name, e);
      }
    }
  }

  /**
   * A table of {@code groups}.
   *
   * @throws IllegalArgumentException if a name stands twice, a member is a group that is not there,
   *     or a group holds itself
   */
  Groups(List<Group> groups) {
    for (Group group : groups) {
      if (byName.put(group.name(), group) != null) {
        throw new IllegalArgumentException("group " + group.name() + " stands twice");
      }
    }
    for (Group group : groups) {
      checkNested(group, new LinkedHashSet<>());
    }
  }

  private void checkNested(Group group, Set<String> outer) {
    if (!outer.add(group.name())) {
      throw new IllegalArgumentException(
          "group " + group.name() + " holds itself: " + String.join(" > ", outer));
    }
    for (Member member : group.members()) {
      if (member instanceof Member.Nested nested) {
        checkNested(wanted(nested.group()), outer);
      }
    }
    outer.remove(group.name());
  }

  /** tiny-jail's groups by topic, then systemd's. */
  public static Groups builtIn() {
    return BuiltIn.TABLE;
  }

  /** All groups, in the order of the table. */
  public Collection<Group> all() {
    return List.copyOf(byName.values());
  }

  /** Their names, in the order of the table. */
  public Set<String> names() {
    return byName.keySet();
  }

  /** The group of this name, which begins with {@code @}. */
  public Optional<Group> named(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * What a group holds with all that it nests: each member once, and of a call that is meant whole
   * nothing more than that.
   *
   * @throws IllegalArgumentException if there is no such group
   */
  public List<OfCall> members(String name) {
    Set<OfCall> all = new LinkedHashSet<>();
    collect(wanted(name), all);
    Set<String> whole = new LinkedHashSet<>();
    for (OfCall member : all) {
      if (member instanceof Member.Call && member.meansAll()) {
        whole.add(member.syscall());
      }
    }
    List<OfCall> members = new ArrayList<>();
    for (OfCall member : all) {
      boolean isWhole = member instanceof Member.Call && member.meansAll();
      if (isWhole || !whole.contains(member.syscall())) {
        members.add(member);
      }
    }
    return members;
  }

  private void collect(Group group, Set<OfCall> all) {
    for (Member member : group.members()) {
      if (member instanceof OfCall call) {
        all.add(call);
      } else if (member instanceof Member.Nested nested) {
        collect(wanted(nested.group()), all);
      }
    }
  }

  private Group wanted(String name) {
    Group group = byName.get(name);
    if (group == null) {
      throw new IllegalArgumentException("no group " + name);
    }
    return group;
  }

  /** The names of the calls that a group holds, those that may be meant included, each once. */
  public Set<String> calls(String name) {
    Set<String> calls = new LinkedHashSet<>();
    for (OfCall member : members(name)) {
      calls.add(member.syscall());
    }
    return calls;
  }

  /** Whether any group names this call. */
  public boolean hold(String call) {
    for (Group group : byName.values()) {
      for (Member member : group.members()) {
        if (member instanceof OfCall named && named.syscall().equals(call)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The rules that answer {@code action} to what a group holds.
   *
   * @throws IllegalArgumentException if there is no such group
   */
  public List<Rule> rules(String name, Action action) {
    Set<Rule> rules = new LinkedHashSet<>();
    for (OfCall member : members(name)) {
      rules.addAll(member.rules(action));
    }
    return List.copyOf(rules);
  }
}
