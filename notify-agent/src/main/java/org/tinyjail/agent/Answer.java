package org.tinyjail.agent;

import java.util.Locale;
import java.util.Optional;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;

/** What a person may say to a call that a policy denies. */
public enum Answer {
  ALLOW_ONCE(true, false, "y"),
  ALLOW_FOR_GOOD(true, true, "a"),
  DENY_ONCE(false, false, "n"),
  DENY_FOR_GOOD(false, true, "d");

  private final boolean allows;
  private final boolean forGood;
  private final String letter;

  Answer(boolean allows, boolean forGood, String letter) {
    this.allows = allows;
    this.forGood = forGood;
    this.letter = letter;
  }

  /** Whether the call is carried out. */
  public boolean allows() {
    return allows;
  }

  /** Whether it holds for all calls of the same class to come. */
  public boolean isForGood() {
    return forGood;
  }

  /** The answer that {@code typed} stands for. */
  static Optional<Answer> of(String typed) {
    String word = typed.trim().toLowerCase(Locale.ROOT);
    for (Answer answer : values()) {
      if (answer.letter.equals(word)) {
        return Optional.of(answer);
      }
    }
    return Optional.empty();
  }

  /**
   * An answer for good, to be made part of the policy.
   *
   * @param allow whether such calls are allowed
   * @param arguments the class it holds for: number and registers, never what is behind pointers
   */
  public record Standing(boolean allow, Arch arch, String syscall, ArgumentClass arguments) {}
}
