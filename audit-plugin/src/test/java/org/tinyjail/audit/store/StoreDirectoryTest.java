package org.tinyjail.audit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.model.EvidenceException;

class StoreDirectoryTest {
  @TempDir Path temporary;

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # option, TINY_JAIL_STORE, XDG_DATA_HOME, HOME, store
          /o,       /t,              /x,            /h,   /o
          o/../p,   /t,              /x,            /h,   /cwd/p
          ,         /t,              /x,            /h,   /t
          ,         t,               /x,            /h,   /cwd/t
          ,         ,                /x,            /h,   /x/tiny-jail
          ,         '',              /x,            /h,   /x/tiny-jail
          ,         ,                x,             /h,   /h/.local/share/tiny-jail
          ,         ,                '',            /h,   /h/.local/share/tiny-jail
          ,         ,                ,              /h,   /h/.local/share/tiny-jail
          """)
  void theFirstThatIsNamedIsTaken(
      String option, String store, String data, String home, String expected) {
    Map<String, String> environment = new HashMap<>();
    environment.put("TINY_JAIL_STORE", store);
    environment.put("XDG_DATA_HOME", data);
    environment.put("HOME", home);

    assertThat(StoreDirectory.locate(Optional.ofNullable(option), environment, Path.of("/cwd")))
        .hasToString(expected);
  }

  @Test
  void withoutAnyPlaceTheMessageSaysWhatToName() {
    assertThatThrownBy(() -> StoreDirectory.locate(Optional.empty(), Map.of(), Path.of("/")))
        .isInstanceOf(EvidenceException.class)
        .hasMessageContaining("HOME is not set")
        .hasMessageContaining("--store or TINY_JAIL_STORE");
  }

  @Test
  void aPathWithNulIsNamed() {
    assertThatThrownBy(() -> StoreDirectory.locate(Optional.of("a\0b"), Map.of(), Path.of("/")))
        .isInstanceOf(EvidenceException.class)
        .hasMessageContaining("is no path");
  }

  @Test
  void whatIsMissingIsCreatedForTheUserAlone() throws Exception {
    Path path = temporary.resolve("a/b/store");

    StoreDirectory directory = StoreDirectory.prepare(path);

    assertThat(directory.path()).isEqualTo(path.toRealPath());
    assertThat(mode(path)).isEqualTo("rwx------");
    assertThat(mode(temporary.resolve("a/b"))).isEqualTo("rwx------");
    assertThat(mode(directory.spool())).isEqualTo("rwx------");
    assertThat(StoreDirectory.prepare(path).path()).isEqualTo(directory.path());
  }

  @Test
  void aFileIsNoDirectory() throws Exception {
    Path file = Files.createFile(temporary.resolve("file"));

    assertThatThrownBy(() -> StoreDirectory.prepare(file))
        .hasMessage(
            "evidence store %s: is not a directory; name another directory with --store or"
                    .formatted(file)
                + " TINY_JAIL_STORE");
    assertRefused(file.resolve("store"), "cannot be created (" + file + "/store: Not a directory)");
  }

  @Test
  void aLinkOfTheUserIsFollowedAndADanglingOneNamed() throws Exception {
    Path link = temporary.resolve("link");
    Files.createSymbolicLink(link, temporary.resolve("target"));
    assertRefused(link, "is not a directory");

    Files.createDirectory(temporary.resolve("target"));
    assertThat(StoreDirectory.prepare(link).path())
        .isEqualTo(temporary.toRealPath().resolve("target"));
  }

  @Test
  void aLinkOfSomebodyElseIsRefused() throws Exception {
    assertRoot();
    Path link = temporary.resolve("link");
    Files.createSymbolicLink(link, Files.createDirectory(temporary.resolve("target")));
    giveAway(link);

    assertRefused(link, "is a symbolic link of user 1000");
  }

  @Test
  void aDirectoryOfSomebodyElseIsRefused() throws Exception {
    assertRoot();
    Path directory = Files.createDirectory(temporary.resolve("store"));
    giveAway(directory);

    assertRefused(directory, "belongs to user 1000, tiny-jail runs as user 0");
    assertRefused(directory.resolve("below"), directory + " above it belongs to user 1000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwx---", "rwx----w-", "rwxrwxrwx"})
  void aDirectoryThatOthersMayWriteToIsRefused(String permissions) throws Exception {
    Path directory = Files.createDirectory(temporary.resolve("store"));
    chmod(directory, permissions);
    assertRefused(directory, "others may write to it (mode 0");

    chmod(directory, "rwx------");
    chmod(Files.createDirectory(directory.resolve("spool")), permissions);
    assertThatThrownBy(() -> StoreDirectory.prepare(directory))
        .hasMessageContaining(directory.toRealPath() + "/spool: others may write to it");
  }

  @Test
  void aSpoolThatIsALinkIsRefused() throws Exception {
    Path directory = Files.createDirectory(temporary.resolve("store"));
    Files.createSymbolicLink(directory.resolve("spool"), temporary);

    assertThatThrownBy(() -> StoreDirectory.prepare(directory))
        .hasMessageContaining("/spool: is not a directory");
  }

  @Test
  void aDirectoryInWhatEverybodyMayRenameIsRefused() throws Exception {
    Path open = Files.createDirectory(temporary.resolve("open"));
    chmod(open, "rwxrwxrwx");

    assertRefused(open.resolve("store"), "everybody may write to " + open.toRealPath());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a;INIT=DROP ALL OBJECTS", "a\\b", "a\nb"})
  void aNameThatADatabaseUrlWouldMisreadIsRefused(String name) {
    assertRefused(temporary.resolve(name), "a semicolon, a backslash or a control character");
    assertThat(temporary).isEmptyDirectory();
  }

  private static void assertRefused(Path path, String found) {
    assertThatThrownBy(() -> StoreDirectory.prepare(path))
        .isInstanceOf(EvidenceException.class)
        .hasMessageStartingWith("evidence store ")
        .hasMessageContaining(found);
  }

  private static void assertRoot() throws IOException {
    assertThat(FileFacts.effectiveUser()).as("giving files away needs root").isZero();
  }

  private static void giveAway(Path path) throws IOException {
    Files.setAttribute(path, "unix:uid", 1000, LinkOption.NOFOLLOW_LINKS);
  }

  private static void chmod(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
