package org.tinyjail.agent;

import java.time.Duration;
import java.util.Optional;

/** Where questions are put to a person; {@link Terminal} in earnest. For one thread. */
public interface Prompt {
  /** Shows {@code text}, which must be fit for display; false if nobody can see it. */
  boolean show(String text);

  /** Drops what was typed before a question was shown. */
  void dropTyped();

  /** The next line without its end; empty if none is there in time or nobody can type. */
  Optional<String> readLine(Duration patience);
}
