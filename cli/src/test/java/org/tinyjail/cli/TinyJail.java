package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Rule;

/** Drives the built distribution as a user would, with a home directory of its own. */
final class TinyJail {
  private static final Path DISTRIBUTION =
      Path.of(System.getProperty("tinyjail.distribution", "target/tiny-jail")).toAbsolutePath();

  private static final String CACHE = ".cache/tiny-jail";

  private static final Duration ARCHIVE_WAIT = Duration.ofSeconds(60);

  private static @Nullable Path archive;

  private final Path directory;
  private final Path home;
  private final Map<Process, Output> outputs = new ConcurrentHashMap<>();

  /** The files that take what a process prints. */
  private record Output(Path out, Path err) {}

  /**
   * Works in {@code directory}.
   *
   * @param directory the working directory; a home directory is made beside its files
   */
  TinyJail(Path directory) throws IOException {
    this.directory = directory;
    this.home = Files.createDirectories(directory.resolve("home"));
    if (!Files.exists(home.resolve(CACHE))) {
      Path made = archive();
      Path cache = Files.createDirectories(home.resolve(CACHE));
      Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
      Files.copy(made, cache.resolve(made.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  /**
   * The archive of classes that the launcher makes in the background after the first start in a new
   * home: made once, else it is made again for every test, and takes the processor from the others.
   */
  private static synchronized Path archive() throws IOException {
    Path known = archive;
    if (known == null) {
      Path first = Files.createTempDirectory("tiny-jail-first-home");
      ProcessBuilder builder =
          new ProcessBuilder(DISTRIBUTION.resolve("bin/tiny-jail").toString(), "groups")
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD);
      builder.environment().put("HOME", first.toString());
      builder.environment().keySet().removeIf(name -> name.startsWith("XDG_"));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> removeAll(first)));
      known = made(builder.start(), first.resolve(CACHE));
      archive = known;
    }
    return known;
  }

  private static Path made(Process first, Path cache) throws IOException {
    try {
      for (long waited = 0; waited < ARCHIVE_WAIT.toMillis(); waited += 100) {
        Thread.sleep(100);
        if (!first.isAlive() && Files.isDirectory(cache)) {
          try (Stream<Path> files = Files.list(cache)) {
            Optional<Path> archive =
                files.filter(file -> file.toString().endsWith(".jsa")).findFirst();
            if (archive.isPresent()) {
              return archive.get();
            }
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new AssertionError("no archive of classes after " + ARCHIVE_WAIT + " in " + cache);
  }

  private static void removeAll(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a command printed and how it ended. */
  record Result(int status, String out, String err) {
    Result succeeded() {
      assertThat(status).as("exit code; stderr: %s", err).isZero();
      return this;
    }
  }

  static Path distribution() {
    return DISTRIBUTION;
  }

  /** Runs {@code tiny-jail} with these words to its end. */
  Result run(String... words) throws Exception {
    return end(start(words));
  }

  /**
   * Starts {@code tiny-jail} with these words. {@code learn} takes in what is seen alone, unless
   * they choose a mode: what a program can do besides is the machine's.
   */
  Process start(String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(DISTRIBUTION.resolve("bin/tiny-jail").toString());
    command.addAll(List.of(words));
    boolean starts = command.contains("--") || command.contains("--from-file");
    if (words.length > 0 && words[0].equals("learn") && starts && !command.contains("--mode")) {
      command.addAll(2, List.of("--mode", "strict"));
    }
    return startOther(command, Map.of());
  }

  /** Starts another command in the same surroundings. */
  Process startOther(List<String> command, Map<String, String> environment) throws IOException {
    return startOther(command, environment, Redirect.from(new File("/dev/null")));
  }

  /** Starts another command in the same surroundings, with this standard input. */
  Process startOther(List<String> command, Map<String, String> environment, Redirect input)
      throws IOException {
    Path out = Files.createTempFile(home, "out", ".txt");
    Path err = Files.createTempFile(home, "err", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(input)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("HOME", home.toString());
    builder.environment().keySet().removeIf(name -> name.startsWith("XDG_"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    outputs.put(process, new Output(out, err));
    return process;
  }

  /** Waits for a started command. */
  Result end(Process process) throws Exception {
    return end(process, Duration.ofMinutes(2));
  }

  /** Waits for a started command, at most {@code limit}. */
  Result end(Process process, Duration limit) throws Exception {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError("did not end within " + limit + "; stderr: " + errorsOf(process));
    }
    return new Result(process.exitValue(), text(output(process).out()), errorsOf(process));
  }

  /** The file that takes what a started command prints. */
  Path outputOf(Process process) {
    return output(process).out();
  }

  /** The file that takes what a started command prints on stderr. */
  Path errorsFileOf(Process process) {
    return output(process).err();
  }

  private Output output(Process process) {
    return Objects.requireNonNull(outputs.get(process), "not started here");
  }

  private String errorsOf(Process process) throws IOException {
    return text(output(process).err());
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  Path home() {
    return home;
  }

  /** The calls that a policy in the working directory lets pass, each once. */
  List<String> calls(String policy) throws Exception {
    return OciSeccompJson.read(directory.resolve(policy)).rules().stream()
        .filter(rule -> !rule.action().denies())
        .map(Rule::syscall)
        .distinct()
        .toList();
  }

  /** The directory of the one campaign that there has been. */
  Path campaign() throws IOException {
    try (Stream<Path> all = Files.list(home.resolve(".local/share/tiny-jail/fuzz"))) {
      return all.findFirst().orElseThrow();
    }
  }

  /** The inputs that its campaign has kept since they end in a way, such as {@code SIGABRT}. */
  List<Path> findings(String way) throws IOException {
    try (Stream<Path> all = Files.list(campaign().resolve("findings"))) {
      return all.filter(file -> file.getFileName().toString().matches(way + "-[0-9a-f]{8}"))
          .toList();
    }
  }
}
