package org.tinyjail.audit.log;

/** Names of hosts as ids of runs can hold them. */
public final class HostName {
  private static final int LONGEST = 64;

  private HostName() {}

  /** {@code name} with {@code _} for all but letters, digits, dots and dashes; cut to 64. */
  public static String plain(String name) {
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "_");
    return plain.substring(0, Math.min(plain.length(), LONGEST));
  }
}
