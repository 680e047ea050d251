package org.tinyjail.cli;

import java.util.Locale;
import org.tinyjail.model.UnseenChance;

/** What a campaign has measured, in words. */
final class UnseenText {
  private UnseenText() {}

  static String of(UnseenChance unseen) {
    return String.format(
        Locale.ROOT,
        "of %,d executions without guidance %s showed something new: the next such one would with"
            + " a chance of at most %.2g (%.0f %% confidence); by Good and Turing about %.2g",
        unseen.unguided(),
        unseen.hits() == 0 ? "none" : String.format(Locale.ROOT, "%,d", unseen.hits()),
        unseen.limit(),
        unseen.confidence() * 100,
        unseen.estimate());
  }
}
