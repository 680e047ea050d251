package org.tinyjail.audit.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.EvidenceStore.ReviewItem;
import org.tinyjail.model.Run;

/** Stores that several processes use, and that processes die with. */
class StoreProcessTest {
  private static final int ROUNDS = 20;

  @TempDir Path temporary;

  @Test
  void whatWasAcknowledgedSurvivesKill9() throws Exception {
    Path directory = temporary.resolve("store");
    Random random = new Random(9);
    Set<String> acknowledged = new HashSet<>();
    for (int round = 0; round < ROUNDS; round++) {
      Process child = StoreChild.start(List.of(), "loop", directory.toString(), "r" + round);
      acknowledged.addAll(killAfter(child, random.nextInt(60)));

      Set<String> kept = wholeRuns(directory);
      assertThat(kept).containsAll(acknowledged);
      assertThat(kept.size()).isLessThanOrEqualTo(acknowledged.size() + round + 1);
      acknowledged.addAll(kept);
    }
  }

  @Test
  void aStoreWhoseCreationWasKilledIsMadeAgain() throws Exception {
    for (int round = 0; round < 5; round++) {
      Path directory = temporary.resolve("store" + round);
      Process child = StoreChild.start(List.of(), "loop", directory.toString(), "r");
      while (!Files.exists(directory.resolve("draft.mv.db")) && child.isAlive()) {
        Thread.onSpinWait();
      }
      TimeUnit.MILLISECONDS.sleep(round * 30L);
      Set<String> acknowledged = killAfter(child, 0);

      assertThat(wholeRuns(directory)).containsAll(acknowledged);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8})
  void processesThatOpenAtOnceTakeTurns(int processes) throws Exception {
    Path directory = temporary.resolve("store");
    List<Process> children = new ArrayList<>();
    for (int i = 0; i < processes; i++) {
      children.add(StoreChild.start(List.of(), "once", directory.toString(), "run" + i));
    }
    for (Process child : children) {
      assertThat(child.waitFor()).isZero();
    }

    assertThat(wholeRuns(directory)).hasSize(processes);
  }

  @Test
  void whoeverHasWaitedLongestHasTheStoreNext() throws Exception {
    Path directory = temporary.resolve("store");
    Process holder = StoreChild.start(List.of(), "hold", directory.toString());
    assertThat(holder.inputReader(UTF_8).readLine()).startsWith("open");
    List<Process> children = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      children.add(StoreChild.start(List.of(), "once", directory.toString(), "run" + i));
      while (waiting(directory.resolve("store.lock")) < children.size()) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
    holder.destroyForcibly().waitFor();
    for (Process child : children) {
      assertThat(child.waitFor()).isZero();
    }

    try (EvidenceStore store = StoreChild.open(directory, Duration.ofSeconds(5))) {
      assertThat(store.runs(Optional.empty()))
          .extracting(Run::id)
          .containsExactly("run5", "run4", "run3", "run2", "run1", "run0");
    }
  }

  /** How many wait for the lock on a file: proc_locks(5). */
  private static long waiting(Path file) throws IOException {
    String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
    return Files.readAllLines(Path.of("/proc/locks")).stream()
        .filter(line -> line.contains("-> POSIX") && line.contains(inode))
        .count();
  }

  @Test
  void threadsThatOpenAtOnceTakeTurns() throws Exception {
    Path directory = temporary.resolve("store");
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String id = "run" + i;
      threads.add(
          new Thread(
              () -> {
                try (EvidenceStore store = StoreChild.open(directory, Duration.ofSeconds(30))) {
                  StoreChild.take(store, id);
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(wholeRuns(directory)).hasSize(4);
  }

  @Test
  void aStoppedHolderIsNamedAfterTheDeadline() throws Exception {
    Path directory = temporary.resolve("store");
    Process child = StoreChild.start(List.of(), "hold", directory.toString());
    try {
      assertThat(child.inputReader(UTF_8).readLine()).startsWith("open");
      signal("STOP", child);

      assertThatThrownBy(() -> StoreChild.open(directory, Duration.ofMillis(300)))
          .hasMessage(
              "evidence store %s: in use by process %d (stopped: kill -CONT %d lets it go on)"
                      .formatted(directory.toRealPath(), child.pid(), child.pid())
                  + " for more than 0.3 s; wait for its end and try again");
    } finally {
      child.destroyForcibly().waitFor();
    }
    assertThat(wholeRuns(directory)).isEmpty();
  }

  @Test
  void aFullDiskIsNamedAndHarmsNothing() throws Exception {
    List<String> lines = onSmallDisk("rw", "full");

    assertThat(lines)
        .anySatisfy(line -> assertThat(line).contains("writing run big", "the disk is full"));
    List<String> expected = new ArrayList<>(List.of("before"));
    lines.stream()
        .filter(line -> line.startsWith("took "))
        .forEach(line -> expected.add(0, line.substring("took ".length())));
    assertThat(lines.get(lines.size() - 1)).isEqualTo("runs " + expected);
  }

  @Test
  void aStoreIsNotCreatedOnAFullDiskButLater() throws Exception {
    List<String> lines = onSmallDisk("rw", "full-at-first");

    assertThat(lines.get(0)).contains("the disk is full; free some space and try again");
    assertThat(lines.get(1)).isEqualTo("runs [after]");
  }

  @Test
  void aReadOnlyPlaceIsNamed() throws Exception {
    assertThat(onSmallDisk("ro", "refused"))
        .singleElement()
        .asString()
        .startsWith("evidence store " + temporary.toRealPath() + "/disk: is not writable; ");
  }

  /** Runs a child with a disk of 2 MiB of its own. */
  private List<String> onSmallDisk(String option, String word) throws Exception {
    assertThat(FileFacts.effectiveUser()).as("mounting needs root").isZero();
    Path disk = Files.createDirectory(temporary.resolve("disk"));
    String mount =
        "mount -t tmpfs -o size=2m,mode=700," + option + " tmpfs " + disk + " && exec \"$@\"";
    Process child =
        StoreChild.start(List.of("unshare", "-m", "sh", "-c", mount, "sh"), word, disk.toString());
    List<String> lines = child.inputReader(UTF_8).lines().toList();
    assertThat(child.waitFor()).isZero();
    return lines;
  }

  private static void signal(String name, Process process) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor())
        .isZero();
  }

  /** Kills after so many lines; returns all that were printed. */
  private static Set<String> killAfter(Process child, int lines) throws IOException {
    Set<String> printed = new HashSet<>();
    try (BufferedReader reader = child.inputReader(UTF_8)) {
      for (int i = 0; i < lines; i++) {
        printed.add(reader.readLine());
      }
      // Process.destroyForcibly() would close the pipe with what is still in it.
      child.toHandle().destroyForcibly();
      reader.lines().forEach(printed::add);
    }
    return printed;
  }

  /** The ids of all runs, each of which must be there with all its parts. */
  private static Set<String> wholeRuns(Path directory) {
    try (EvidenceStore store = StoreChild.open(directory, Duration.ofSeconds(30))) {
      Set<String> ids =
          store.runs(Optional.empty()).stream().map(Run::id).collect(Collectors.toSet());
      List<ReviewItem> denials = store.denials(EvidenceStoreContract.ALL);
      Set<String> denied =
          denials.stream().map(item -> item.denial().arguments()).collect(Collectors.toSet());
      assertThat(denied).containsAll(ids).hasSize(ids.isEmpty() ? 0 : ids.size() + 1);
      if (!ids.isEmpty()) {
        assertThat(denials.get(0).denial().count()).isEqualTo(ids.size());
        assertThat(store.observations("/usr/bin/sqlite3").get(0).count()).isEqualTo(ids.size());
      }
      return ids;
    }
  }
}
