package org.tinyjail.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Calls that 32-bit x86 also reaches through {@code socketcall} and {@code ipc}, whose first
 * argument is the number of the call meant. Source: linux/net.h, linux/ipc.h.
 *
 * <p>A rule for {@code socket} on x86 therefore covers {@code socketcall} with argument 1 as well.
 * Where the rule looks at arguments it cannot be carried over, since they lie in memory: an
 * allowance is then not given, a denial is given in full, unless the policy has rules for {@code
 * socketcall} itself. Container profiles do, and mean them: Podman's allows {@code socketcall} and
 * denies {@code socket} for one protocol, and no 32-bit program could have a socket otherwise.
 */
public final class Multiplexed {
  private static final Map<String, Integer> SOCKETCALL =
      Map.ofEntries(
          Map.entry("socket", 1),
          Map.entry("bind", 2),
          Map.entry("connect", 3),
          Map.entry("listen", 4),
          Map.entry("accept", 5),
          Map.entry("getsockname", 6),
          Map.entry("getpeername", 7),
          Map.entry("socketpair", 8),
          Map.entry("send", 9),
          Map.entry("recv", 10),
          Map.entry("sendto", 11),
          Map.entry("recvfrom", 12),
          Map.entry("shutdown", 13),
          Map.entry("setsockopt", 14),
          Map.entry("getsockopt", 15),
          Map.entry("sendmsg", 16),
          Map.entry("recvmsg", 17),
          Map.entry("accept4", 18),
          Map.entry("recvmmsg", 19),
          Map.entry("sendmmsg", 20));

  private static final Map<String, Integer> IPC =
      Map.ofEntries(
          Map.entry("semop", 1),
          Map.entry("semget", 2),
          Map.entry("semctl", 3),
          Map.entry("semtimedop", 4),
          Map.entry("msgsnd", 11),
          Map.entry("msgrcv", 12),
          Map.entry("msgget", 13),
          Map.entry("msgctl", 14),
          Map.entry("shmat", 21),
          Map.entry("shmdt", 22),
          Map.entry("shmget", 23),
          Map.entry("shmctl", 24));

  private Multiplexed() {}

  /** The rules that bear on the call {@code name} of {@code arch}, carried over where needed. */
  public static List<Rule> rulesFor(String name, Arch arch, List<Rule> rules) {
    Map<String, Integer> calls =
        arch != Arch.X86
            ? Map.of()
            : switch (name) {
              case "socketcall" -> SOCKETCALL;
              case "ipc" -> IPC;
              default -> Map.of();
            };
    List<Rule> bearing = new ArrayList<>();
    for (Rule rule : rules) {
      if (rule.syscall().equals(name)) {
        bearing.add(rule);
      }
    }
    boolean meant = !bearing.isEmpty();
    for (Rule rule : rules) {
      Integer number = calls.get(rule.syscall());
      if (number != null && isCarriedOver(rule, meant)) {
        ArgCondition call = ArgCondition.masked(0, ArgCondition.INT_MASK, number);
        bearing.add(new Rule(name, List.of(call), rule.action()));
      }
    }
    return bearing;
  }

  private static boolean isCarriedOver(Rule rule, boolean multiplexerIsMeant) {
    return rule.conditions().isEmpty() || (rule.action().denies() && !multiplexerIsMeant);
  }
}
