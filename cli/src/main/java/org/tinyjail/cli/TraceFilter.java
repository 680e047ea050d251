package org.tinyjail.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tinyjail.agent.TracingDecider;
import org.tinyjail.generator.groups.Member.OfCall;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.model.SyscallData;

/**
 * Which calls {@code trace} shows.
 *
 * <pre>
 *   EXPR  = PART { " " PART }            all parts hold
 *   PART  = [ "!" ] ( CALLS | COND )     "!": it does not hold
 *   CALLS = CALL { "," CALL }            the call is one of these
 *   CALL  = NAME | "@" GROUP            see "tiny-jail groups"
 *   COND  = "pid=" N { "," N } | "exe=" GLOB | "path=" GLOB
 *   GLOB  = characters, "*" for any number of any, "?" for any one
 * </pre>
 */
final class TraceFilter implements TracingDecider.Selection {
  /** The grammar in words, for {@code --help}. */
  static final String HELP =
      "EXPR is one or more parts, parted by blanks, all of which must hold; \"!\" before a part"
          + " turns it round. A part is a list of calls (openat,execve), @GROUP among them as"
          + " \"tiny-jail groups\" lists them, with its conditions on arguments; or"
          + " pid=N[,N]..., exe=GLOB (the caller's executable), path=GLOB (any path or descriptor"
          + " of the call). In a GLOB * stands for any text and ? for any character."
          + " Of several --filter all must hold.";

  private static final List<String> CONDITIONS = List.of("pid=", "exe=", "path=");

  private final List<Calls> calls = new ArrayList<>();
  private final List<Predicate<Integer>> processes = new ArrayList<>();
  private final List<Predicate<String>> executables = new ArrayList<>();
  private final List<Predicate<String>> withPath = new ArrayList<>();
  private final List<Predicate<String>> withoutPath = new ArrayList<>();

  private TraceFilter() {}

  /** A list of calls: what is meant by name, and whether anything else is meant instead. */
  private record Calls(Map<String, List<OfCall>> byName, boolean not) {
    boolean mayInclude(String name) {
      List<OfCall> members = byName.get(name);
      return members == null ? not : !not || members.stream().noneMatch(OfCall::meansAll);
    }

    boolean includes(String name, SyscallData data) {
      List<OfCall> members = byName.getOrDefault(name, List.of());
      return members.stream().anyMatch(member -> member.mayMean(data)) != not;
    }
  }

  /** Everything. */
  static TraceFilter all() {
    return new TraceFilter();
  }

  /**
   * Reads expressions, all of which must hold.
   *
   * @throws CommandException naming the column of the first thing that is wrong
   */
  static TraceFilter parse(String... expressions) throws CommandException {
    TraceFilter filter = new TraceFilter();
    for (String expression : expressions) {
      filter.addAll(expression);
    }
    return filter;
  }

  private void addAll(String expression) throws CommandException {
    boolean empty = true;
    int at = 0;
    while (at < expression.length()) {
      int end = expression.indexOf(' ', at);
      end = end < 0 ? expression.length() : end;
      if (end > at) {
        add(expression.substring(at, end), at + 1);
        empty = false;
      }
      at = end + 1;
    }
    if (empty) {
      throw error(1, "nothing to select by; wanted a call, @GROUP, pid=, exe= or path=");
    }
  }

  private void add(String part, int column) throws CommandException {
    boolean not = part.startsWith("!");
    String body = not ? part.substring(1) : part;
    int start = not ? column + 1 : column;
    int equals = body.indexOf('=');
    if (equals < 0) {
      calls.add(new Calls(calls(body, start), not));
      return;
    }
    String value = body.substring(equals + 1);
    String key = body.substring(0, equals + 1);
    if (value.isEmpty()) {
      throw error(start + equals + 1, "nothing after " + key);
    }
    switch (key) {
      case "pid=" -> {
        Set<Integer> ids = ids(value, start + key.length());
        processes.add(id -> ids.contains(id) != not);
      }
      case "exe=" -> {
        Predicate<String> glob = glob(value);
        executables.add(not ? glob.negate() : glob);
      }
      case "path=" -> (not ? withoutPath : withPath).add(glob(value));
      default ->
          throw error(
              start,
              "unknown condition \""
                  + key
                  + "\""
                  + Suggestion.ending(key, CONDITIONS, "pid=, exe= or path="));
    }
  }

  private static Map<String, List<OfCall>> calls(String list, int column) throws CommandException {
    Map<String, List<OfCall>> byName = new HashMap<>();
    int at = column;
    for (String word : list.split(",", -1)) {
      for (OfCall member : call(word, at)) {
        byName.computeIfAbsent(member.syscall(), name -> new ArrayList<>()).add(member);
      }
      at += word.length() + 1;
    }
    return byName;
  }

  private static List<OfCall> call(String word, int column) throws CommandException {
    if (word.isEmpty()) {
      throw error(column, "a name is missing; wanted a call or @GROUP");
    }
    Optional<String> problem = CallWords.problem(word);
    if (problem.isPresent()) {
      throw error(column, problem.get());
    }
    return CallWords.members(word);
  }

  private static Set<Integer> ids(String list, int column) throws CommandException {
    Set<Integer> ids = new HashSet<>();
    int at = column;
    for (String word : list.split(",", -1)) {
      if (!word.matches("[1-9][0-9]{0,8}")) {
        throw error(at, "\"" + word + "\" is no process id");
      }
      ids.add(Integer.valueOf(word));
      at += word.length() + 1;
    }
    return ids;
  }

  private static Predicate<String> glob(String glob) {
    String regex =
        glob.chars()
            .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote("" + (char) c))
            .collect(Collectors.joining());
    return Pattern.compile(regex, Pattern.DOTALL).asMatchPredicate();
  }

  private static CommandException error(int column, String text) {
    return CommandException.usage("--filter: column " + column + ": " + text);
  }

  @Override
  public boolean mayInclude(String syscall) {
    return calls.stream().allMatch(part -> part.mayInclude(syscall));
  }

  @Override
  public boolean includes(String syscall, SyscallData data) {
    for (Calls part : calls) {
      if (!part.includes(syscall, data)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean includes(int process, String executable) {
    return all(processes, process) && all(executables, executable);
  }

  private static <T> boolean all(List<Predicate<T>> conditions, T value) {
    for (Predicate<T> condition : conditions) {
      if (!condition.test(value)) {
        return false;
      }
    }
    return true;
  }

  /** Whether paths matter at all: finding them costs time. */
  boolean looksAtPaths() {
    return !withPath.isEmpty() || !withoutPath.isEmpty();
  }

  /** Whether a call that names these files is selected. */
  boolean includes(List<String> paths) {
    return withPath.stream().allMatch(glob -> paths.stream().anyMatch(glob))
        && withoutPath.stream().noneMatch(glob -> paths.stream().anyMatch(glob));
  }
}
