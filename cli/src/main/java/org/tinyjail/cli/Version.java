package org.tinyjail.cli;

import java.util.Objects;

/** The version of this distribution. */
final class Version {
  private Version() {}

  /** As in the jar's manifest; {@code development} outside a jar. */
  static String text() {
    return Objects.requireNonNullElse(
        Version.class.getPackage().getImplementationVersion(), "development");
  }
}
