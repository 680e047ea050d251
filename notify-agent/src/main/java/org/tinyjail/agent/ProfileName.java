package org.tinyjail.agent;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What evidence belongs to when no {@code --profile} says so: the real path of the executable and,
 * for interpreters, of the script: {@code /usr/bin/python3.11 /srv/app.py}.
 */
public final class ProfileName {
  private static final Set<String> INTERPRETERS =
      Set.of("sh", "bash", "dash", "zsh", "ksh", "python", "perl", "ruby", "node", "lua", "php");

  private ProfileName() {}

  /**
   * The name of the profile.
   *
   * @param executable the file that is executed
   * @param words the command line
   * @param directory against which the script's path is resolved
   */
  public static String of(Path executable, List<String> words, Path directory) {
    Path real = real(executable);
    Optional<Path> interpreter = interpreterOf(real);
    if (interpreter.isPresent()) {
      return real(interpreter.get()) + " " + real;
    }
    return script(real, words, directory)
        .map(script -> real + " " + real(directory.resolve(script)))
        .orElse("" + real);
  }

  /** The word by which the program was named: for interpreters, that of the script. */
  public static String word(Path executable, List<String> words, Path directory) {
    Path real = real(executable);
    return interpreterOf(real).isPresent()
        ? words.get(0)
        : script(real, words, directory).orElse(words.get(0));
  }

  /** The name of the profile of what is to be started. */
  public static String of(LaunchDescription launch) {
    return of(
        Path.of(launch.executable().orElse("/")),
        launch.command(),
        Path.of(launch.directory().orElse("/")));
  }

  private static Optional<String> script(Path executable, List<String> words, Path directory) {
    Path name = executable.getFileName();
    if (name == null || !isInterpreter(name.toString())) {
      return Optional.empty();
    }
    return words.stream()
        .skip(1)
        .dropWhile(word -> word.startsWith("-"))
        .limit(1)
        .filter(word -> Files.isRegularFile(directory.resolve(word)))
        .findFirst();
  }

  private static boolean isInterpreter(String name) {
    int end = 0;
    while (end < name.length() && Character.isLetter(name.charAt(end))) {
      end++;
    }
    boolean versioned = name.substring(end).chars().allMatch(c -> Character.isDigit(c) || c == '.');
    return versioned && INTERPRETERS.contains(name.substring(0, end).toLowerCase(Locale.ROOT));
  }

  private static Optional<Path> interpreterOf(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      String head = new String(in.readNBytes(256), StandardCharsets.UTF_8);
      if (!head.startsWith("#!")) {
        return Optional.empty();
      }
      String line = head.substring(2).lines().findFirst().orElse("").strip();
      String path = line.split("[ \t]", 2)[0];
      return path.startsWith("/") ? Optional.of(Path.of(path)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // unreadable executables may still run: they are then no scripts
    }
  }

  static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path.toAbsolutePath().normalize();
    }
  }
}
