package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tinyjail.agent.RunInput;

/** The executions that ended badly, a payload and a text for each that differs in its end. */
public final class Findings {
  /** In all; more would hide what matters. */
  static final int MOST = 64;

  /** That end alike: a program that hangs often must not crowd out a crash. */
  static final int MOST_OF_A_KIND = 16;

  private static final int CONSIDERED_MAX = 4096;
  private static final String TEXT = ".txt";

  private final Path directory;

  /** Names that need no second look. */
  private final Set<String> considered = new HashSet<>();

  Findings(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  /** The names of those kept in a directory, in order; none if there is no such directory. */
  public static List<String> in(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(TEXT))
          .map(name -> name.substring(0, name.length() - TEXT.length()))
          .sorted()
          .toList();
    }
  }

  /**
   * The command that replays a finding, as it was kept beside it; empty if it was not.
   *
   * @throws IOException if what was kept cannot be read
   */
  public static Optional<String> replay(Path directory, String name) throws IOException {
    Path text = directory.resolve(name + TEXT);
    return Files.exists(text)
        ? Files.readAllLines(text, StandardCharsets.UTF_8).stream()
            .filter(line -> line.startsWith(Finding.REPLAY))
            .map(line -> line.substring(Finding.REPLAY.length()))
            .findFirst()
        : Optional.empty();
  }

  /** The same for the command line that {@code spec} is made of. */
  public static String replay(CampaignSpec spec, String name) {
    return Finding.replay(spec, name);
  }

  /** Whether an execution of this name is new, and there is room; asked once for each name. */
  boolean wants(Ending ending, String name) throws IOException {
    if (considered.size() >= CONSIDERED_MAX || !considered.add(name)) {
      return false;
    }
    List<String> kept = in(directory);
    long alike = kept.stream().filter(other -> kind(other).equals(ending.name())).count();
    return !kept.contains(name) && kept.size() < MOST && alike < MOST_OF_A_KIND;
  }

  /** Without the hash at the end. */
  private static String kind(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('-')));
  }

  /**
   * The text comes last: where it is, the payload is whole. One job at a time, so that payload and
   * text are of the same execution.
   *
   * @return false if another job has kept one of this name meanwhile
   */
  boolean keep(String name, Finding finding, byte[] payload, CampaignSpec spec) throws IOException {
    Path lock = directory.resolveSibling("findings.lock");
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      if (in(directory).contains(name)) {
        return false;
      }
      Path file = directory.resolve(name);
      Files.write(file, payload);
      writeParts(file, payload, spec.input());
      Path text = directory.resolve(name + TEXT + ".new");
      Files.writeString(text, finding.text(spec, file));
      Files.move(text, directory.resolve(name + TEXT), StandardCopyOption.ATOMIC_MOVE);
      return held.isValid();
    }
  }

  /** Those of several input files, for the command. */
  private static void writeParts(Path file, byte[] payload, RunInput input) throws IOException {
    if (input instanceof RunInput.InFiles files && files.paths().size() > 1) {
      List<byte[]> parts = files.parts(payload);
      List<Path> kept = InputFiles.kept(file, files.paths().size());
      for (int i = 0; i < kept.size(); i++) {
        Files.write(kept.get(i), i < parts.size() ? parts.get(i) : new byte[0]);
      }
    }
  }

  Finding read(String name) throws IOException {
    return Finding.parse(Files.readAllLines(directory.resolve(name + TEXT)));
  }

  byte[] payload(String name) throws IOException {
    return Files.readAllBytes(directory.resolve(name));
  }
}
