package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What auditd.conf(5) says that decides whether its plugins lose records. */
final class AuditSettings {
  private static final String FILE = "etc/audit/auditd.conf";

  /** With it a flood of 300,000 records was whole; with a tenth of it records were lost. */
  private static final int QUEUE = 20_000;

  /** auditd's own where the file says nothing: auditd.conf(5). */
  private static final int DEFAULT_QUEUE = 2000;

  private final Path root;
  private final Path file;
  private final Map<String, String> settings;

  private AuditSettings(Path root, Path file, Map<String, String> settings) {
    this.root = root;
    this.file = file;
    this.settings = settings;
  }

  /** Those of the system below {@code root}; none if they cannot be read. */
  static AuditSettings of(Path root) {
    Path file = root.resolve(FILE);
    Map<String, String> settings = new HashMap<>();
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
        int equals = line.indexOf('=');
        if (equals > 0 && !line.startsWith("#")) {
          settings.put(
              line.substring(0, equals).trim().toLowerCase(Locale.ROOT),
              line.substring(equals + 1).trim());
        }
      }
    } catch (IOException e) {
      settings.clear(); // not installed, or not for us to read
    }
    return new AuditSettings(root, file, settings);
  }

  /** Whether tiny-jail is a plugin of that auditd. */
  boolean hasPlugin() {
    return AuditInstall.DIRECTORIES.stream()
        .anyMatch(
            directory -> Files.exists(root.resolve(directory).resolve(AuditInstall.CONFIGURATION)));
  }

  /** What to change, a line each. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    String depth = settings.getOrDefault("q_depth", "" + DEFAULT_QUEUE);
    if (!settings.isEmpty() && depth.matches("[0-9]{1,9}") && Integer.parseInt(depth) < QUEUE) {
      problems.add(
          file + ": q_depth = " + depth + " loses records of a flood; set q_depth = " + QUEUE);
    }
    if (settings.getOrDefault("log_format", "").equalsIgnoreCase("ENRICHED")) {
      problems.add(
          file + ": log_format = ENRICHED makes auditd slow; tiny-jail needs no more than RAW");
    }
    return problems;
  }
}
