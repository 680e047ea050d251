package org.tinyjail.audit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.model.EvidenceException;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.Run;

/** The database file: who may have written it, what is in it, how it comes to a newer schema. */
class StoreDatabaseTest {
  private static final List<String> ALL = Migrations.ALL.files();
  private static final Migrations NEWER =
      new Migrations(Stream.concat(ALL.stream(), Stream.of("for_tests.sql")).toList());
  private static final Migrations FAILING =
      new Migrations(Stream.concat(ALL.stream(), Stream.of("failing_for_tests.sql")).toList());

  @TempDir Path temporary;

  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Path file;

  @BeforeEach
  void fillAStore() {
    directory = temporary.resolve("store");
    file = directory.resolve("evidence.mv.db");
    try (EvidenceStore store = open()) {
      StoreChild.take(store, "kept");
    }
  }

  @Test
  void everyFileIsForTheUserAlone() throws Exception {
    try (EvidenceStore store = open();
        Stream<Path> files = Files.list(directory)) {
      assertThat(store.runs(Optional.empty())).hasSize(1);
      for (Path path : files.filter(Files::isRegularFile).toList()) {
        assertThat(FileFacts.of(path).permissions()).as(path.toString()).isEqualTo("0600");
      }
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("evidence.mv.db", "store.lock", "spool");
    }
  }

  @Test
  void aSymbolicLinkIsRefused() throws Exception {
    Path elsewhere = Files.move(file, temporary.resolve("elsewhere.mv.db"));
    Files.createSymbolicLink(file, elsewhere);

    assertRefused("is a symbolic link, so somebody else may have written it");
  }

  @Test
  void aFileWithASecondNameIsRefused() throws Exception {
    Files.createLink(temporary.resolve("second"), file);

    assertRefused("has 2 names (hard links)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-rw-rw-", "rw-r--r--", "rw----r--"})
  void aFileThatIsOpenToOthersIsRefused(String permissions) throws Exception {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));

    assertRefused("is open to others (mode 06");
  }

  @Test
  void aFileOfSomebodyElseIsRefused() throws Exception {
    assertThat(FileFacts.effectiveUser()).as("giving files away needs root").isZero();
    Files.setAttribute(file, "unix:uid", 1000);

    assertRefused("belongs to user 1000, tiny-jail runs as user 0");
  }

  @Test
  void aDirectoryInItsPlaceIsRefused() throws Exception {
    Files.delete(file);
    Files.createDirectory(file);

    assertRefused("is not a regular file");
  }

  @Test
  void aDraftThatIsALinkIsRemovedAndItsTargetLeftAlone() throws Exception {
    Path target = Files.writeString(temporary.resolve("target"), "mine");
    Files.createSymbolicLink(file.resolveSibling("draft.mv.db"), target);

    open().close();

    assertThat(target).hasContent("mine");
    assertThat(file.resolveSibling("draft.mv.db")).doesNotExist();
  }

  @Test
  void aLockThatIsALinkIsRefused() throws Exception {
    Path lock = file.resolveSibling("store.lock");
    Files.delete(lock);
    Files.createSymbolicLink(lock, Files.createFile(temporary.resolve("target")));

    assertThatThrownBy(this::open).hasMessageContaining("store.lock: is a symbolic link");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 4096, 8192})
  void aTruncatedFileIsNamedAndLeftAsItIs(int size) throws Exception {
    byte[] rest = Arrays.copyOf(Files.readAllBytes(file), size);
    Files.write(file, rest);

    assertDamaged();
    assertThat(Files.readAllBytes(file)).isEqualTo(rest);
  }

  @Test
  void whereverAFileIsCutItIsNamedOrAnEarlierStateIsRead() throws Exception {
    byte[] whole = Files.readAllBytes(file);
    for (int size = 0; size < whole.length; size += 2048) {
      Files.write(file, Arrays.copyOf(whole, size));
      try (EvidenceStore store = open()) {
        store.denials(EvidenceStoreContract.ALL);
      } catch (EvidenceException e) {
        assertThat(e).hasMessageContaining("rename it (mv) to begin a new one");
      }
    }
  }

  @Test
  void garbageIsNamedAndLeftAsItIs() throws Exception {
    byte[] garbage = new byte[50_000];
    Arrays.fill(garbage, (byte) 'g');
    Files.write(file, garbage);

    assertDamaged();
    assertThat(Files.readAllBytes(file)).isEqualTo(garbage);
  }

  @Test
  void afterADamagedFileIsMovedAwayANewStoreBegins() throws Exception {
    Files.write(file, new byte[0]);
    assertDamaged();
    Files.move(file, temporary.resolve("damaged"));

    try (EvidenceStore store = open()) {
      assertThat(store.runs(Optional.empty())).isEmpty();
    }
  }

  @Test
  void aNewerSchemaIsRefusedAndLeftAsItIs() throws Exception {
    connect(NEWER).close();

    assertThatThrownBy(this::open)
        .hasMessage(
            "evidence store %s: was written by a newer tiny-jail (schema %d, this one knows %d);"
                    .formatted(file.toRealPath(), NEWER.newest(), ALL.size())
                + " use that one, or name another directory with --store or TINY_JAIL_STORE");
    connect(NEWER).close();
  }

  @Test
  void anOlderSchemaIsMigratedWithItsEvidence() throws Exception {
    try (Connection connection = connect(NEWER);
        Statement statement = connection.createStatement()) {
      assertThat(Migrations.version(connection)).isEqualTo(NEWER.newest());
      assertThat(statement.executeQuery("SELECT id FROM run WHERE added = 7").next()).isTrue();
    }
    assertThat(FileFacts.of(file).permissions()).isEqualTo("0600");
    assertThat(file.resolveSibling("draft.mv.db")).doesNotExist();
  }

  @Test
  void aMigrationThatFailsHalfwayChangesNothing() {
    assertThatThrownBy(() -> connect(FAILING))
        .isInstanceOf(EvidenceException.class)
        .hasMessageContaining("opening the database failed: ");

    try (EvidenceStore store = open()) {
      assertThat(store.runs(Optional.empty())).extracting(Run::id).containsExactly("kept");
    }
  }

  /** {@code golden-v1.sql} is a script of a store of version 1; it never changes. */
  @Test
  void aStoreOfVersion1IsReadByThisVersion() throws Exception {
    Files.delete(file);
    String script = Path.of("src/test/resources/org/tinyjail/audit/store/golden-v1.sql").toString();
    String place = file.toString().replace(".mv.db", "");
    try (Connection connection =
            DriverManager.getConnection("jdbc:h2:file:" + place, "tinyjail", "");
        Statement statement = connection.createStatement()) {
      statement.execute("RUNSCRIPT FROM '" + script + "'");
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

    try (EvidenceStore store = open()) {
      assertGolden(store);
    }
  }

  static void fillGolden(EvidenceStore store) {
    store.accept(
        Samples.run("learned", "/usr/bin/sqlite3", Run.Kind.LEARN, 0),
        List.of(Samples.observation("socket", "0&ffffffff=2", 3, 0)),
        List.of());
    store.accept(
        Samples.enforced("enforced", 5), List.of(), List.of(Samples.denial("a(\"é\")", 2, 5)));
    store.decide(List.of(1L), Decision.DENIED);
  }

  static void assertGolden(EvidenceStore store) {
    assertThat(store.runs(Optional.empty()))
        .containsExactly(
            Samples.enforced("enforced", 5),
            Samples.run("learned", "/usr/bin/sqlite3", Run.Kind.LEARN, 0));
    assertThat(store.observations("/usr/bin/sqlite3"))
        .containsExactly(Samples.observation("socket", "0&ffffffff=2", 3, 0));
    assertThat(store.denials(EvidenceStoreContract.ALL))
        .containsExactly(
            new EvidenceStore.ReviewItem(
                1, "/usr/bin/sqlite3", Samples.denial("a(\"é\")", 2, 5), Decision.DENIED));
  }

  private EvidenceStore open() {
    return StoreChild.open(directory, Duration.ofSeconds(5));
  }

  private Connection connect(Migrations migrations) throws SQLException {
    return StoreDatabase.open(
        StoreDirectory.prepare(directory), InstantSource.system(), migrations);
  }

  private void assertRefused(String found) {
    assertThatThrownBy(this::open)
        .isInstanceOf(EvidenceException.class)
        .hasMessageStartingWith("evidence store " + temporary)
        .hasMessageContaining("/evidence.mv.db: " + found)
        .hasMessageContaining("; move it away");
  }

  private void assertDamaged() {
    assertThatThrownBy(this::open)
        .isInstanceOf(EvidenceException.class)
        .hasMessageContaining("/evidence.mv.db: is damaged (")
        .hasMessageContaining("nothing was removed")
        .hasMessageContaining("rename it (mv) to begin a new one");
  }
}
