package org.tinyjail.generator.elf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs to read: compiled for the test, and run where the answer must be known. */
public final class Programs {
  private Programs() {}

  /**
   * Compiles {@code source} in {@code directory}.
   *
   * @throws IOException if it fails: tests must not pass without a compiler
   */
  public static Path compile(Path directory, String source, String... flags) throws Exception {
    Path file = Files.writeString(directory.resolve("p.c"), source);
    Path program = directory.resolve("p" + String.join("", flags).replace('/', '_'));
    List<String> command = new ArrayList<>(List.of("cc", "-O2", "-w"));
    command.addAll(List.of(flags));
    command.addAll(List.of("-o", program.toString(), file.toString()));
    String output = run(directory, command);
    if (!Files.exists(program)) {
      throw new IOException(String.join(" ", command) + " failed: " + output);
    }
    return program;
  }

  /** What a program prints, to either stream, with nothing in its environment but the locale. */
  public static String run(Path directory, List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    String path = System.getenv("PATH");
    builder.environment().clear();
    builder.environment().put("PATH", path == null ? "/usr/bin:/bin" : path);
    builder.environment().put("LC_ALL", "C");
    builder.redirectErrorStream(true).redirectInput(Path.of("/dev/null").toFile());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
