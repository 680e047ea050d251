package org.tinyjail.audit.store;

import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tinyjail.model.EvidenceException;
import org.tinyjail.model.EvidenceInbox;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Run;

/** What waits in the inbox when a store is opened. */
class EvidenceInboxTest {
  @TempDir Path temporary;

  private final List<String> warnings = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private StoreDirectory directory;

  @BeforeEach
  void prepareDirectory() {
    directory = StoreDirectory.prepare(temporary.resolve("store"));
  }

  @Test
  void aCompleteSpoolIsTakenInAndRemoved() throws Exception {
    write("1.spool", "run1 3 complete");
    write("2.spool", "run2 4 complete");

    assertThat(counts()).containsExactly("run1", "run2", "7");
    assertThat(directory.spool()).isEmptyDirectory();
    assertThat(warnings).isEmpty();
  }

  @Test
  void aSpoolThatIsStillWrittenStaysAndIsTakenInAgain() throws Exception {
    write("1.spool", "run1 3 alive");
    assertThat(counts()).containsExactly("run1", "3");

    write("1.spool", "run1 5 alive");
    assertThat(counts()).containsExactly("run1", "5");

    write("1.spool", "run1 6 complete");
    assertThat(counts()).containsExactly("run1", "6");
    assertThat(directory.spool()).isEmptyDirectory();
  }

  @Test
  void aBrokenSpoolIsSetAsideWithAWarningAndTheOthersAreTakenIn() throws Exception {
    write("1.spool", "nonsense");
    write("2.spool", "run2 x complete");
    write("3.spool", "run3 1 complete");

    assertThat(counts()).containsExactly("run3", "1");

    assertThat(warnings)
        .containsExactly(
            "1.spool: broken (no spool); kept as 1.spool.broken",
            "2.spool: broken (For input string: \"x\"); kept as 2.spool.broken");
    assertThat(directory.spool().resolve("1.spool.broken")).hasContent("nonsense");
    assertThat(directory.spool().resolve("2.spool.broken")).exists();
    assertThat(directory.spool().resolve("3.spool")).doesNotExist();
  }

  @Test
  void aSpoolThatCannotBeReadNowStays() throws Exception {
    Files.createDirectory(directory.spool().resolve("1.spool"));

    assertThat(counts()).containsExactly("0");

    assertThat(warnings).singleElement().asString().startsWith("1.spool: cannot be read now: ");
    assertThat(directory.spool().resolve("1.spool")).exists();
  }

  @Test
  void aSpoolThatCannotBeRemovedIsCountedOnce() throws Exception {
    write("1.spool", "run1 3 stuck");
    assertThat(counts()).containsExactly("run1", "3");
    assertThat(counts()).containsExactly("run1", "3");

    assertThat(warnings)
        .hasSize(2)
        .allMatch(warning -> warning.equals("1.spool: taken in, but cannot be removed: stuck"));
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(directory.spool().resolve(name), content);
  }

  /** The runs, then the sum of all denials. */
  private List<String> counts() {
    try (EvidenceStore store = H2EvidenceStore.open(directory, this::pending, warnings::add)) {
      List<String> counts =
          store.runs(Optional.empty()).stream().map(Run::id).sorted().collect(toList());
      counts.add(
          ""
              + store.denials(EvidenceStoreContract.ALL).stream()
                  .mapToLong(item -> item.denial().count())
                  .sum());
      return counts;
    }
  }

  private List<EvidenceInbox.Pending> pending() {
    try (Stream<Path> files = Files.list(directory.spool())) {
      return files
          .filter(path -> path.toString().endsWith(".spool"))
          .sorted()
          .<EvidenceInbox.Pending>map(Spool::new)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of three words: run, count, state of its writer. */
  private record Spool(Path path) implements EvidenceInbox.Pending {
    @Override
    public String name() {
      return path.getFileName().toString();
    }

    @Override
    public EvidenceInbox.Contents read() {
      List<String> words = words();
      if (words.size() != 3) {
        throw new EvidenceException("no spool", null);
      }
      return new EvidenceInbox.Contents(
          Samples.enforced(words.get(0), 0),
          List.of(),
          List.of(Samples.denial("a()", Long.parseLong(words.get(1)), 0)),
          !words.get(2).equals("alive"));
    }

    @Override
    public void discard() {
      if (words().get(2).equals("stuck")) {
        throw new UncheckedIOException("stuck", new IOException("stuck"));
      }
      try {
        Files.delete(path);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String setAside() {
      try {
        return Files.move(path, Path.of(path + ".broken")).getFileName().toString();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private List<String> words() {
      try {
        return List.of(Files.readString(path).split(" ", -1));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
