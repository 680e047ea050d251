package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The launcher in a distribution directory of its own, with a script in Java's place that hands
 * over a prepared plan. Ends all that was started in it when closed.
 */
final class Jail implements AutoCloseable {
  private static final Path LAUNCHER = Path.of("target/launcher/tiny-jail").toAbsolutePath();
  private static final Path SOURCES = Path.of("src/test/c").toAbsolutePath();
  private static final Path PROGRAMS = Path.of("target/test-programs").toAbsolutePath();
  private static final Map<String, Path> COMPILED = new ConcurrentHashMap<>();
  private static final int PATIENCE_SECONDS = 20;

  /** The launcher's note on the first run of a policy that it can write, as here all are. */
  static final String NOTE =
      "tiny-jail: note: the program can write where you can, this policy included; seccomp has no"
          + " rules for files\n";

  record Result(int exit, String out, String err) {}

  final Path root;
  final Path launcher;
  final Path spools;
  private final Map<String, String> environment;

  Jail() throws IOException {
    root = Files.createTempDirectory("jail").toRealPath();
    launcher = Files.createDirectories(root.resolve("home/bin")).resolve("tiny-jail");
    Files.copy(LAUNCHER, launcher);
    Files.createDirectories(root.resolve("home/lib"));
    spools = privateDirectory("spools");
    privateDirectory("cache");
    environment =
        new ConcurrentHashMap<>(
            Map.of(
                "PATH", "/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME", "relative: neither a cache nor a class-data archive made in the background",
                "JAVA_HOME", root.resolve("jdk").toString(),
                "TJ", launcher.toString(),
                "TARGET", program("target").toString()));
    Files.writeString(root.resolve("p.json"), "{}");
    java("#!/bin/sh\necho \"$@\" >> " + root + "/java.log\ncat " + root + "/the.plan >&3\n");
  }

  private Path privateDirectory(String name) throws IOException {
    return Files.createDirectory(
        root.resolve(name),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** A program of src/test/c, compiled once. */
  static Path program(String name) {
    return COMPILED.computeIfAbsent(name, Jail::compile);
  }

  private static Path compile(String name) {
    try {
      Path program = Files.createDirectories(PROGRAMS).resolve(name);
      List<String> command =
          List.of("cc", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-pthread", "-o");
      List<String> all = new ArrayList<>(command);
      all.addAll(List.of(program.toString(), SOURCES.resolve(name + ".c").toString()));
      assertThat(new ProcessBuilder(all).inheritIO().start().waitFor()).isZero();
      return program;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What stands in Java's place. */
  Jail java(String script) throws IOException {
    Path java = Files.createDirectories(root.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, script);
    assertThat(java.toFile().setExecutable(true)).isTrue();
    return this;
  }

  /** The native stand-in for the Java agent, behaving as agent.c says. */
  Jail agent(String behaviour) throws IOException {
    Path java = root.resolve("jdk/bin/java");
    Files.delete(java);
    Files.copy(program("agent"), java);
    Files.writeString(root.resolve("behaviour"), behaviour);
    return this;
  }

  Jail plan(PlanBytes plan) throws IOException {
    return plan(plan.spool(spools.toString()).bytes());
  }

  Jail plan(byte[] plan) throws IOException {
    Files.write(root.resolve("the.plan"), plan);
    return this;
  }

  Jail withCache() {
    return with("XDG_CACHE_HOME", root.resolve("cache").toString()).with("HOME", root.toString());
  }

  Jail with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Result run(String... target) throws IOException, InterruptedException {
    return start(target).finish();
  }

  /** The jailed helper program of target.c. */
  Result target(String... words) throws IOException, InterruptedException {
    return startTarget(words).finish();
  }

  Started start(String... target) throws IOException {
    Stream<String> command = Stream.of(launcher.toString(), "run", "--policy", "p.json", "--");
    return process(Stream.concat(command, Stream.of(target)).toList());
  }

  Started startTarget(String... words) throws IOException {
    Stream<String> target = Stream.of(program("target").toString());
    return start(Stream.concat(target, Stream.of(words)).toArray(String[]::new));
  }

  /** A line of bash, in which $TJ is the launcher and $TARGET the helper program. */
  Result shell(String script) throws IOException, InterruptedException {
    return startShell(script).finish();
  }

  Started startShell(String script) throws IOException {
    return process(List.of("/bin/bash", "-c", script));
  }

  private Started process(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(root.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Path out = Files.createTempFile(root, "out", ".txt");
    Path err = Files.createTempFile(root, "err", ".txt");
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    return new Started(builder.start(), out, err);
  }

  /** A process and what it prints. */
  record Started(Process process, Path outFile, Path errFile) {
    String out() {
      return text(outFile);
    }

    /** What it says beside the {@link #NOTE}. */
    String err() {
      return text(errFile).replace(NOTE, "");
    }

    Result finish() throws InterruptedException {
      boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(ended).describedAs("hangs; out: %s err: %s", out(), err()).isTrue();
      return new Result(process.exitValue(), out(), err());
    }

    /** The number that a started helper prints as "pid=". */
    long pid() throws InterruptedException {
      await("pid=", () -> PID.matcher(out()).find());
      return pidIn(out());
    }
  }

  /** And not "getppid=". */
  private static final Pattern PID = Pattern.compile("\\bpid=(\\d+)\n");

  static long pidIn(String text) {
    Matcher matcher = PID.matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).describedAs(what).isLessThan(end);
      Thread.sleep(10);
    }
  }

  List<RawSpool> spools() throws IOException {
    List<RawSpool> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(spools)) {
      for (Path file : files.sorted().toList()) {
        all.add(RawSpool.read(file));
      }
    }
    return all;
  }

  RawSpool spool() throws IOException {
    assertThat(spools()).hasSize(1);
    return spools().get(0);
  }

  List<Path> cached() throws IOException {
    Path directory = root.resolve("cache/tiny-jail");
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".plan")).toList();
    }
  }

  /** How often Java was started for a plan. */
  long javaStarts() throws IOException {
    Path log = root.resolve("java.log");
    return Files.exists(log)
        ? Files.readAllLines(log).stream().filter(line -> !line.endsWith("warm-up")).count()
        : 0;
  }

  /** Processes that run a program of this directory, or in it. */
  List<ProcessHandle> processes() {
    return ProcessHandle.allProcesses().filter(this::belongsHere).toList();
  }

  List<ProcessHandle> launchers() {
    return ProcessHandle.allProcesses()
        .filter(process -> points(process, "exe", launcher))
        .toList();
  }

  private boolean belongsHere(ProcessHandle process) {
    return points(process, "exe", root) || points(process, "cwd", root);
  }

  private static boolean points(ProcessHandle process, String link, Path to) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), link))
          .startsWith(to);
    } catch (IOException e) {
      return false; // it is gone
    }
  }

  @Override
  public void close() throws IOException {
    for (int i = 0; i < 5; i++) {
      processes().forEach(ProcessHandle::destroyForcibly);
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException problem)
              throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
