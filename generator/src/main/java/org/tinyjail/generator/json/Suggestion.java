package org.tinyjail.generator.json;

import java.util.Collection;
import java.util.Optional;

/**
 * The word that was probably meant: nearest by Damerau-Levenshtein distance, in which a letter too
 * few or too many, or two swapped, count less than a wrong one.
 */
public final class Suggestion {
  private static final int WRONG = 4;
  private static final int SWAPPED = 3;
  private static final int TOO_MANY = 3;
  private static final int TOO_FEW = 2;

  private Suggestion() {}

  /** The nearest of {@code known}, if it is near; of several, the first in alphabetical order. */
  public static Optional<String> nearest(String word, Collection<String> known) {
    String best = null;
    int bestDistance = limit(word) + 1;
    for (String candidate : known) {
      if (Math.abs(candidate.length() - word.length()) * TOO_FEW > bestDistance) {
        continue;
      }
      int distance = distance(word, candidate);
      if (distance < bestDistance
          || (distance == bestDistance && best != null && candidate.compareTo(best) < 0)) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return Optional.ofNullable(best);
  }

  /** {@code "; did you mean X?"}, or else {@code "; wanted "} and what is possible. */
  public static String ending(String word, Collection<String> known, String wanted) {
    return nearest(word, known)
        .map(near -> "; did you mean " + near + "?")
        .orElse("; wanted " + wanted);
  }

  /** How many slips of the pen still look like the same word. */
  private static int limit(String word) {
    return word.length() > 200 ? 0 : Math.max(WRONG, word.length() * 2 / 3);
  }

  /** The cost of turning {@code a}, as written, into {@code b}; case does not matter. */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        d[i][j] = i == 0 ? j * TOO_FEW : j == 0 ? i * TOO_MANY : step(d, a, b, i, j);
      }
    }
    return d[a.length()][b.length()];
  }

  private static int step(int[][] d, String a, String b, int i, int j) {
    int change = same(a, i - 1, b, j - 1) ? 0 : WRONG;
    int least =
        Math.min(d[i - 1][j - 1] + change, Math.min(d[i - 1][j] + TOO_MANY, d[i][j - 1] + TOO_FEW));
    boolean swapped = i > 1 && j > 1 && same(a, i - 1, b, j - 2) && same(a, i - 2, b, j - 1);
    return swapped ? Math.min(least, d[i - 2][j - 2] + SWAPPED) : least;
  }

  private static boolean same(String a, int i, String b, int j) {
    return Character.toLowerCase(a.charAt(i)) == Character.toLowerCase(b.charAt(j));
  }
}
