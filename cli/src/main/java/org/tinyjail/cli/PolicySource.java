package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.generator.oci.ContainerContext;
import org.tinyjail.generator.oci.KernelVersion;
import org.tinyjail.generator.oci.MobyProfile;
import org.tinyjail.generator.oci.MobySeccompJson;
import org.tinyjail.generator.oci.RulePositions;
import org.tinyjail.model.Policy;

/**
 * The policies that users name: files in OCI's or Docker's form, and by {@code @NAME} those that
 * come with the distribution. The launcher finds the latter in the same place.
 */
final class PolicySource {
  /** The policies of the distribution, by the names that people give. */
  static final List<String> BUILT_IN = List.of("@docker", "@nspawn", "@podman");

  private static final String DIRECTORY = "share/policies";
  private static final String ENDING = ".json";
  private static final Pattern NAME = Pattern.compile("@[a-z0-9-]+");

  private PolicySource() {}

  /** Adds the options that the conditions of Docker's profiles ask for. */
  static OptionSet addTo(OptionSet options) {
    return options
        .value(
            "caps",
            "CAP[,CAP]...",
            "resolve a Docker profile for these capabilities; none, default (Docker's 14) and all"
                + " are words for many; default: default")
        .value("kernel", "X.Y", "resolve a Docker profile for this kernel; default: the running");
  }

  /** What the options say of the container, on this machine. */
  static ContainerContext context(CommandLine line) throws CommandException {
    ContainerContext context = ContainerContext.current();
    if (line.hasOption("caps")) {
      context = context.withCapabilities(capabilities(line.getOptionValue("caps")));
    }
    if (line.hasOption("kernel")) {
      String word = line.getOptionValue("kernel");
      context =
          context.withKernel(
              KernelVersion.parse(word)
                  .orElseThrow(
                      () ->
                          CommandException.usage(
                              "--kernel wants a version such as 6.1, was \"" + word + "\"")));
    }
    return context;
  }

  private static Set<String> capabilities(String words) throws CommandException {
    Set<String> capabilities = new TreeSet<>();
    for (String word : words.split(",", -1)) {
      switch (word.toLowerCase(Locale.ROOT)) {
        case "none" -> {}
        case "default" -> capabilities.addAll(ContainerContext.DOCKER_CAPABILITIES);
        case "all" -> capabilities.addAll(ContainerContext.knownCapabilities());
        default -> capabilities.add(capability(word));
      }
    }
    return capabilities;
  }

  private static String capability(String word) throws CommandException {
    String upper = word.toUpperCase(Locale.ROOT);
    String name = upper.startsWith("CAP_") ? upper : "CAP_" + upper;
    if (!ContainerContext.knownCapabilities().contains(name)) {
      throw CommandException.usage(
          "--caps: unknown capability \""
              + word
              + "\""
              + Suggestion.ending(
                  name, ContainerContext.knownCapabilities(), "a name such as CAP_SYS_ADMIN"));
    }
    return name;
  }

  /** Whether {@code word} names a policy of the distribution. */
  static boolean isBuiltIn(String word) {
    return word.startsWith("@");
  }

  /** The file that {@code word} means. */
  static Path file(String word, Context context) throws CommandException, IOException {
    if (!isBuiltIn(word)) {
      return context.resolve(word);
    }
    Path directory = context.home().resolve(DIRECTORY);
    Path file = directory.resolve(word.substring(1) + ENDING);
    if (NAME.matcher(word).matches() && Files.isRegularFile(file)) {
      return file;
    }
    List<String> names = names(directory);
    throw CommandException.badInput(
        "unknown policy \""
            + word
            + "\""
            + Suggestion.ending(word, names, "one of " + String.join(", ", names))
            + (Files.exists(context.resolve(word)) ? "; the file is ./" + word : ""));
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(ENDING))
          .map(name -> "@" + name.substring(0, name.length() - ENDING.length()))
          .sorted()
          .toList();
    }
  }

  /** The profile that {@code word} means, with its conditions. */
  static MobyProfile profile(String word, boolean strict, Context context)
      throws CommandException, IOException {
    return profile(word, strict, new RulePositions(), context);
  }

  private static MobyProfile profile(
      String word, boolean strict, RulePositions positions, Context context)
      throws CommandException, IOException {
    byte[] bytes = JsonInput.bytes(file(word, context), "a policy");
    return MobySeccompJson.read(bytes, word, strict, positions);
  }

  /** The policy that {@code word} means, resolved by the options. */
  static Policy policy(String word, CommandLine line, Context context)
      throws CommandException, IOException {
    return policy(word, new RulePositions(), line, context);
  }

  /** The same; {@code positions} takes where its rules stand. */
  static Policy policy(String word, RulePositions positions, CommandLine line, Context context)
      throws CommandException, IOException {
    return profile(word, false, positions, context).resolve(context(line));
  }
}
