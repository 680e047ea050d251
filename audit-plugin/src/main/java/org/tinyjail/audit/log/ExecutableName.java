package org.tinyjail.audit.log;

/** What the kernel calls an executable, as a path. */
final class ExecutableName {
  /** d_path(9) appends it when the file has been replaced or removed. */
  private static final String DELETED = " (deleted)";

  private ExecutableName() {}

  static String of(String name) {
    return name.endsWith(DELETED) ? name.substring(0, name.length() - DELETED.length()) : name;
  }
}
