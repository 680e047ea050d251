package org.tinyjail.model;

/**
 * A file of code that an executable has mapped while it ran: a library, or a plugin whose name no
 * file has.
 *
 * @param executable real path of what the process executed
 * @param path of the file
 */
public record LoadedFile(String executable, String path) {
  /** So many are kept of a run, and make a policy: a program can map any number. */
  public static final int MAX = 1000;
}
