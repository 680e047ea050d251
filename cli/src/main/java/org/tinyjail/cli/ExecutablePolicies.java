package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.model.Observation;

/** A policy for each executable of a profile, beside the policy of them all. */
final class ExecutablePolicies {
  static final String OPTION = "per-executable";

  /** Programs that write and execute files could otherwise fill a directory. */
  static final int MOST = 256;

  private static final int NAME_MAX = 80;

  /** The kernel ends the path of a file with this when it is gone. */
  private static final String DELETED = " (deleted)";

  private static final List<String> ENDINGS = List.of(".policy.json", ".json", "");

  private ExecutablePolicies() {}

  static OptionSet addTo(OptionSet options) {
    return options.flag(
        OPTION, "also write a policy for each executable: app.sh.policy.json for its shell");
  }

  /** What they are for: a paragraph of help. */
  static String description() {
    return "--per-executable also writes, beside app.policy.json, app.sh.policy.json and so on for"
        + " each executable that was seen, children included, each with its reasons; equal names"
        + " carry their directories, such as app.opt-bin-sh.policy.json. They show who needs what,"
        + " and hold a program of these that is started on its own: tiny-jail run --policy"
        + " app.convert.policy.json -- convert. Within a jail a policy can only narrow: filters"
        + " stack, and a call needs the leave of each.";
  }

  /**
   * Writes them beside {@code out}.
   *
   * @param say takes a line about each
   */
  static void write(
      Path out, List<Observation> evidence, PolicyOptions options, Consumer<String> say)
      throws IOException {
    Map<String, List<Observation>> all =
        evidence.stream()
            .collect(
                Collectors.groupingBy(Observation::executable, TreeMap::new, Collectors.toList()));
    for (Map.Entry<String, String> each : names(all.keySet()).entrySet()) {
      Path file = beside(out, each.getKey());
      GeneratedPolicy generated = options.generate(all.getOrDefault(each.getValue(), List.of()));
      PolicyFiles.write(file, each.getValue(), generated, Optional.empty(), List.of());
      say.accept(
          "wrote "
              + file.getFileName()
              + ": "
              + Words.count(generated.policy().rules().size(), "rule")
              + " for "
              + (each.getValue().isEmpty() ? "executables that are not known" : each.getValue()));
    }
    if (all.size() > MOST) {
      int left = all.size() - MOST;
      say.accept(Words.count(left, "executable") + " more; only " + MOST + " get a policy");
    }
  }

  private static Path beside(Path out, String name) {
    String file = String.valueOf(out.getFileName());
    String ending = ENDINGS.stream().filter(file::endsWith).findFirst().orElse("");
    String stem = file.substring(0, file.length() - ending.length());
    return out.resolveSibling(stem + "." + name + (ending.isEmpty() ? ".json" : ending));
  }

  /**
   * The first {@value #MOST} of {@code executables} by a short name for a file: their last word;
   * where these are equal, with as many words before as tell them apart.
   */
  static Map<String, String> names(Collection<String> executables) {
    List<String> all = executables.stream().sorted().limit(MOST).toList();
    Map<String, List<String>> byLastWord =
        all.stream()
            .collect(
                Collectors.groupingBy(path -> name(path, 1), TreeMap::new, Collectors.toList()));
    Map<String, String> names = new TreeMap<>();
    for (boolean alone : new boolean[] {true, false}) { // the alone keep their short names
      for (List<String> equal : byLastWord.values()) {
        if ((equal.size() == 1) == alone) {
          equal.forEach(path -> names.put(unused(path, alone ? 1 : 2, names.keySet()), path));
        }
      }
    }
    return names;
  }

  private static String unused(String path, int words, Set<String> used) {
    for (int more = words; more <= path.split("/", -1).length; more++) {
      if (!used.contains(name(path, more))) {
        return name(path, more);
      }
    }
    int number = 2;
    while (used.contains(name(path, words) + "-" + number)) {
      number++;
    }
    return name(path, words) + "-" + number;
  }

  /** The last {@code count} words of a path, of plain characters: targets choose their names. */
  private static String name(String path, int count) {
    String plain =
        path.endsWith(DELETED) ? path.substring(0, path.length() - DELETED.length()) : path;
    List<String> words = Arrays.stream(plain.split("/")).filter(word -> !word.isEmpty()).toList();
    String last = String.join("-", words.subList(Math.max(0, words.size() - count), words.size()));
    String name = last.replaceAll("[^A-Za-z0-9._+-]", "_");
    return name.isEmpty() ? "unknown" : name.substring(0, Math.min(name.length(), NAME_MAX));
  }
}
