package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tinyjail.generator.json.PolicyNames;
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Run;

/** The programs whose policy a file is, as far as its reasons and earlier runs tell. */
final class PolicyOwners {
  private PolicyOwners() {}

  /** The profile that it was written for, and those that it was in force for; none: not known. */
  static Set<String> of(Path policy, EvidenceStore store) throws IOException {
    Set<String> profiles = new TreeSet<>();
    Path reasons = PolicyNames.reasonsOf(policy);
    if (Files.exists(reasons)) {
      profiles.add(WhyJson.read(reasons).profile());
    }
    store.runs(Optional.empty()).stream()
        .filter(run -> run.kind() != Run.Kind.LEARN && isSame(run.policy(), policy))
        .map(Run::profile)
        .forEach(profiles::add);
    profiles.remove("");
    return profiles;
  }

  private static boolean isSame(String recorded, Path policy) {
    try {
      return Path.of(recorded).normalize().equals(policy.normalize());
    } catch (InvalidPathException e) {
      return false; // of another host
    }
  }
}
