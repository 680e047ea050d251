package org.tinyjail.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What works here, found by the launcher by trying it ({@code tiny-jail probe}); {@code report.c}
 * says what the names and results are.
 */
public final class KernelProbe {
  private final Map<String, String> results;

  private KernelProbe(Map<String, String> results) {
    this.results = Map.copyOf(results);
  }

  /**
   * Has the launcher try everything, in children of its own; takes up to half a second.
   *
   * @param launcher the file {@code bin/tiny-jail} of a distribution
   * @throws AgentException if it does not run to its end
   */
  public static KernelProbe run(Path launcher) {
    ProcessBuilder builder =
        new ProcessBuilder(launcher.toString(), "probe")
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      List<String> lines = process.inputReader(StandardCharsets.UTF_8).lines().toList();
      int status = process.waitFor();
      if (status != 0) {
        throw new AgentException(launcher + " probe ended with exit code " + status);
      }
      return parse(lines);
    } catch (IOException e) {
      throw new AgentException(launcher + " cannot be started: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AgentException(launcher + " probe was interrupted", e);
    }
  }

  /** Reads lines of a name, a space and a result. */
  public static KernelProbe parse(List<String> lines) {
    Map<String, String> results = new HashMap<>();
    for (String line : lines) {
      int space = line.indexOf(' ');
      if (space <= 0) {
        throw new AgentException("the launcher's probe printed \"" + line + "\", not NAME RESULT");
      }
      results.put(line.substring(0, space), line.substring(space + 1));
    }
    return new KernelProbe(results);
  }

  /** {@code yes}, {@code no}, an errno's name, a number or a path; empty if it was not tried. */
  public Optional<String> result(String name) {
    return Optional.ofNullable(results.get(name));
  }

  /** Whether it was tried and worked. */
  public boolean works(String name) {
    return "yes".equals(results.get(name));
  }
}
