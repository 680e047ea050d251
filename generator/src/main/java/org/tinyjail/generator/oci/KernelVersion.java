package org.tinyjail.generator.oci;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel's version as container profiles compare it: without patch level and what distributions
 * add.
 *
 * @param major such as 6 of 6.18
 * @param minor such as 18 of 6.18
 */
public record KernelVersion(int major, int minor) {
  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

  /** The version that {@code text} is, such as {@code 4.8}; empty if it is none. */
  public static Optional<KernelVersion> parse(String text) {
    Matcher matcher = VERSION.matcher(text);
    return matcher.matches() ? Optional.of(of(matcher)) : Optional.empty();
  }

  /**
   * The running kernel's, from {@code os.version}.
   *
   * @throws IllegalStateException if its release begins with no version
   */
  public static KernelVersion current() {
    String release = System.getProperty("os.version", "");
    Matcher matcher = VERSION.matcher(release);
    if (!matcher.lookingAt()) {
      throw new IllegalStateException("no version in the kernel's release " + release);
    }
    return of(matcher);
  }

  private static KernelVersion of(Matcher matcher) {
    return new KernelVersion(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /** Whether this is {@code other} or newer. */
  public boolean isAtLeast(KernelVersion other) {
    return major > other.major || (major == other.major && minor >= other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
