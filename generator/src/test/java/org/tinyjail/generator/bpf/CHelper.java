package org.tinyjail.generator.bpf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Small programs in C beside the tests, compiled when they are needed. */
final class CHelper {
  private static final int PATIENCE_SECONDS = 60;

  private CHelper() {}

  /**
   * Compiles {@code src/test/c/NAME.c}.
   *
   * @throws IOException if there is no compiler or it fails: tests must not pass without it
   */
  static Path compile(String name, String... libraries) throws IOException {
    Path directory = Files.createDirectories(Path.of("target", "test-c"));
    Path program = directory.resolve(name);
    List<String> command =
        new ArrayList<>(
            List.of(
                "cc",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                program.toString(),
                "src/test/c/" + name + ".c"));
    command.addAll(List.of(libraries));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (await(process) != 0) {
      throw new IOException(
          String.join(" ", command)
              + " failed; the tests need a C compiler and libseccomp-dev: "
              + output);
    }
    return program.toAbsolutePath();
  }

  /** The exit status; a process that hangs is ended. */
  static int await(Process process) throws IOException {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("the helper hung for " + PATIENCE_SECONDS + " s");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
