package org.tinyjail.audit.log;

import java.util.Locale;

/** Where records were read. */
public enum LogSource {
  /** From auditd, as its plugin. */
  AUDITD,
  /** From the kernel, as one of its listeners. */
  NETLINK,
  /** From files of a log. */
  FILE;

  /** The lower-case word of reports. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
