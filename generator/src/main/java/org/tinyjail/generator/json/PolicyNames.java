package org.tinyjail.generator.json;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** How the files of a policy are named: {@code app.json}, its reasons {@code app.why.json}. */
public final class PolicyNames {
  private static final String POLICY_ENDING = ".json";
  private static final String WHY_ENDING = ".why.json";
  private static final String SERVING_ENDING = ".serving" + POLICY_ENDING;

  private PolicyNames() {}

  /** Where the reasons of a policy lie: {@code .json} becomes {@code .why.json}. */
  public static Path reasonsOf(Path policy) {
    return beside(policy, WHY_ENDING);
  }

  /**
   * Where that part of a policy lies which a server needs once it has started: {@code .json}
   * becomes {@code .serving.json}.
   */
  public static Path servingOf(Path policy) {
    return beside(policy, SERVING_ENDING);
  }

  private static Path beside(Path policy, String ending) {
    String name = String.valueOf(policy.getFileName());
    String stem =
        name.endsWith(POLICY_ENDING)
            ? name.substring(0, name.length() - POLICY_ENDING.length())
            : name;
    return policy.resolveSibling(stem + ending);
  }

  /** The policy of which a file of this name gives the reasons; null: it is named otherwise. */
  public static @Nullable String policyOf(String reasons) {
    return reasons.endsWith(WHY_ENDING)
        ? reasons.substring(0, reasons.length() - WHY_ENDING.length()) + POLICY_ENDING
        : null;
  }
}
