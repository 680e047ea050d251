package org.tinyjail.cli;

import java.util.List;

/** The variables and files that commands share, as help and manual describe them. */
final class Surroundings {
  static final List<Entry> ENVIRONMENT =
      List.of(
          new Entry(
              "TINY_JAIL_STORE",
              "the directory of the evidence store, where --store does not name one; default:"
                  + " $XDG_DATA_HOME/tiny-jail, else ~/.local/share/tiny-jail"),
          new Entry(
              "XDG_CACHE_HOME", "the directory above what is kept to be faster; default: ~/.cache"),
          new Entry("JAVA_HOME", "the Java to use, 17 or later; default: the first in PATH"),
          new Entry("NO_COLOR", "no colours, also on a terminal"));

  static final List<Entry> FILES =
      List.of(
          new Entry(
              "CMD.policy.json",
              "the policy that learn writes: an OCI seccomp profile, as Docker, Podman, runc, crun and"
                  + " Kubernetes load it"),
          new Entry("CMD.policy.why.json", "the reasons of each of its rules, which explain shows"),
          new Entry(
              "~/.local/share/tiny-jail/",
              "the evidence store: a database, and the spool directory with records that it has not"
                  + " taken in yet; only its owner may read and write it"),
          new Entry(
              "~/.cache/tiny-jail/",
              "compiled policies, the class-data archive, and what analyze found in files; may be"
                  + " removed at any time"));

  private Surroundings() {}

  /**
   * A line of a table.
   *
   * @param name a variable, file or number
   * @param meaning what it is, without a full stop
   */
  record Entry(String name, String meaning) {}
}
