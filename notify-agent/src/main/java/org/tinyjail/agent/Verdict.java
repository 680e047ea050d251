package org.tinyjail.agent;

/** The answer to one notification. */
public sealed interface Verdict {
  /** The call is not carried out and fails with {@code errno}, 1 to 4095. */
  static Verdict fail(int errno) {
    return new Fail(errno);
  }

  /** The call is not carried out and returns {@code value}. */
  static Verdict value(long value) {
    return new Value(value);
  }

  /**
   * The call is not carried out and returns a new descriptor in the target for what {@code fd} is
   * here; the caller keeps {@code fd} open until the answer is given.
   */
  static Verdict descriptor(int fd) {
    return new Descriptor(fd);
  }

  /**
   * The kernel carries the call out, with whatever is behind its pointers by then. Unsafe as a
   * decision on anything but number, architecture and registers: another thread of the target may
   * change memory after it was looked at.
   *
   * @param reason why no decision rests on memory; for the reader of the code
   */
  static Verdict unsafeContinue(String reason) {
    return new UnsafeContinue(reason);
  }

  /** The answer is given later, by {@link HeldNotification#answer}. */
  static Verdict held() {
    return Held.INSTANCE;
  }

  /** See {@link #fail}. */
  record Fail(int errno) implements Verdict {
    public Fail {
      if (errno < 1 || errno > 4095) {
        throw new IllegalArgumentException("errno must be 1..4095, was " + errno);
      }
    }
  }

  /** See {@link #value}. */
  record Value(long value) implements Verdict {}

  /** See {@link #descriptor}. */
  record Descriptor(int fd) implements Verdict {}

  /** See {@link #unsafeContinue}. */
  record UnsafeContinue(String reason) implements Verdict {}

  /** See {@link #held}. */
  enum Held implements Verdict {
    INSTANCE
  }
}
