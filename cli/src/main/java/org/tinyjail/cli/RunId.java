package org.tinyjail.cli;

/**
 * The id of a run, and of the host that it came from.
 *
 * @param own what the run's own store calls it: unique among all hosts
 * @param host where it ran; empty for this one
 */
record RunId(String own, String host) {
  /** What an id in a file of evidence looks like. */
  static final String PATTERN = "[A-Za-z0-9._:-]{1,60}@[A-Za-z0-9._-]{1,64}";

  static RunId of(String id) {
    int at = id.indexOf('@');
    return at < 0 ? new RunId(id, "") : new RunId(id.substring(0, at), id.substring(at + 1));
  }

  /** The id elsewhere, if this run is not from elsewhere already. */
  String at(String here) {
    return own + "@" + (host.isEmpty() ? here : host);
  }
}
