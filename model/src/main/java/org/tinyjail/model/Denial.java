package org.tinyjail.model;

import java.time.Instant;

/**
 * A call that a policy did not allow, and its repetitions within one run.
 *
 * @param executable path of the file that made the call; empty if unknown
 * @param comm name of its thread, raw
 * @param pid process id as the supervisor sees it
 * @param arch the architecture
 * @param syscall its name, {@code syscall_N} where the number is not assigned
 * @param data registers of the first occurrence
 * @param arguments the call as a person reads it, such as {@code openat(AT_FDCWD, "/etc/shadow",
 *     O_RDONLY)}; not escaped for terminals; {@link #unknownArguments} where the registers hold
 *     none
 * @param callSite module and offset, such as {@code libc.so.6+0x10d7b2}; empty if unknown
 * @param action what the policy answers; {@link Action#NOTIFY} where the supervisor has refused the
 *     call itself, with EPERM
 * @param carriedOut whether the call was carried out all the same (complain)
 * @param count how often, at least 1
 * @param first when it was first denied
 * @param last when it was last denied
 */
public record Denial(
    String executable,
    String comm,
    int pid,
    Arch arch,
    String syscall,
    SyscallData data,
    String arguments,
    String callSite,
    Action action,
    boolean carriedOut,
    long count,
    Instant first,
    Instant last) {
  public Denial {
    if (count < 1) {
      throw new IllegalArgumentException("a denial counts at least 1, was " + count);
    }
  }

  /** What stands for the arguments of a call of which only the name is known, as in a log. */
  public static String unknownArguments(String syscall) {
    return syscall + "(?)";
  }

  /** Whether {@link #data} holds the call's arguments. */
  public boolean knowsArguments() {
    return !arguments.equals(unknownArguments(syscall));
  }

  /**
   * Whether no policy can allow the call: it sets resource limits of a process outside the jail.
   */
  public boolean isBeyondPolicies() {
    return syscall.equals("prlimit64") && action instanceof Action.Notify;
  }
}
