package org.tinyjail.audit.store;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tinyjail.model.Denial;
import org.tinyjail.model.EvidenceException;
import org.tinyjail.model.EvidenceInbox;
import org.tinyjail.model.EvidenceStore;

/** What another process does with a store, for tests; the words of the command line say what. */
final class StoreChild {
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private StoreChild() {}

  /** Starts a JVM that runs {@link #main}, as the last words of {@code prefix}. */
  static Process start(List<String> prefix, String... words) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""));
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-cp", classPath, StoreChild.class.getName()));
    command.addAll(List.of(words));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  static H2EvidenceStore open(Path directory, Duration patience) {
    return H2EvidenceStore.open(
        StoreDirectory.prepare(directory),
        EvidenceInbox.EMPTY,
        OUT::println,
        patience,
        InstantSource.system());
  }

  public static void main(String[] words) throws Exception {
    Path directory = Path.of(words[1]);
    switch (words[0]) {
      case "once" -> once(directory, words[2]);
      case "loop" -> loop(directory, words[2]);
      case "hold" -> hold(directory);
      case "refused" -> refused(directory);
      case "full" -> fullDisk(directory);
      case "full-at-first" -> fullDiskAtFirst(directory);
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  /** A run whose parts are found again by {@link StoreProcessTest}. */
  static void take(EvidenceStore store, String id) {
    store.accept(
        Samples.enforced(id, 0),
        List.of(Samples.observation("read", "", 1, 0)),
        List.of(Samples.denial("shared()", 1, 0), Samples.denial(id, 1, 0)));
  }

  private static void once(Path directory, String id) {
    try (EvidenceStore store = open(directory, Duration.ofSeconds(30))) {
      take(store, id);
    }
  }

  private static void loop(Path directory, String prefix) {
    for (int i = 0; ; ) {
      try (EvidenceStore store = open(directory, Duration.ofSeconds(30))) {
        for (int j = 0; j < 20; j++) {
          String id = prefix + "-" + i++;
          take(store, id);
          OUT.println(id);
        }
      }
    }
  }

  private static void hold(Path directory) throws InterruptedException {
    try (EvidenceStore store = open(directory, Duration.ofSeconds(30))) {
      OUT.println("open " + store.runs(Optional.empty()).size());
      Thread.sleep(60_000);
    }
  }

  private static void refused(Path directory) {
    try (EvidenceStore store = open(directory, Duration.ofSeconds(1))) {
      OUT.println("opened " + store.profiles());
    } catch (EvidenceException e) {
      OUT.println(e.getMessage());
    }
  }

  /** Fills the disk under an open store, asks for more, makes room and counts what is there. */
  private static void fullDisk(Path disk) throws IOException {
    Path directory = disk.resolve("store");
    once(directory, "before");
    EvidenceStore store = open(directory, Duration.ofSeconds(1));
    Path filler = fill(disk);
    try {
      for (int i = 0; i < 100; i++) {
        store.accept(Samples.enforced("big" + i, 0), List.of(), many());
        OUT.println("took big" + i);
      }
    } catch (EvidenceException e) {
      OUT.println(e.getMessage());
    }
    try {
      store.close();
    } catch (EvidenceException e) {
      OUT.println("close: " + e.getMessage());
    }
    refused(directory);
    Files.delete(filler);
    report(directory);
  }

  private static void fullDiskAtFirst(Path disk) throws IOException {
    Path directory = disk.resolve("store");
    Path filler = fill(disk);
    refused(directory);
    Files.delete(filler);
    once(directory, "after");
    report(directory);
  }

  private static void report(Path directory) {
    try (EvidenceStore store = open(directory, Duration.ofSeconds(1))) {
      OUT.println("runs " + store.runs(Optional.empty()).stream().map(run -> run.id()).toList());
    }
  }

  private static List<Denial> many() {
    return Stream.iterate(0, i -> i + 1)
        .limit(300)
        .map(i -> Samples.denial("openat(" + i + ")", 1, 0))
        .toList();
  }

  private static Path fill(Path disk) throws IOException {
    Path filler = disk.resolve("filler");
    try (RandomAccessFile file = new RandomAccessFile(filler.toFile(), "rw")) {
      while (true) {
        file.write(new byte[4096]);
      }
    } catch (IOException e) {
      return filler;
    }
  }
}
