package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.EvidenceException;
import org.tinyjail.model.EvidenceInbox.Contents;
import org.tinyjail.model.EvidenceInbox.Pending;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.Source;
import org.tinyjail.model.UnseenChance;

class SpoolInboxTest {
  private static final Instant THEN = Instant.parse("2026-01-02T03:04:05.000000006Z");
  private static final List<Observation> LEARNED =
      List.of(
          new Observation(
              "/bin/odd\tname\n\\",
              Arch.X86_64,
              "ioctl",
              ArgumentClass.parse("1&ffffffff=5401"),
              Source.OBSERVED,
              17,
              THEN,
              THEN.plusSeconds(1),
              "ioctl(0</dev/tty>, TCGETS, 0x7ffc)"),
          new Observation(
              "", Arch.X86, "read", ArgumentClass.ANY, Source.OBSERVED, 1, THEN, THEN, ""));

  private static final UnseenChance CHANCE =
      new UnseenChance(90_000, 30_000, 0, 9.98527e-5, 0.95, 1 / 3.0, THEN.plusSeconds(8));

  @TempDir private Path directory;

  private static Run run(Optional<Instant> ended) {
    return new Run(
            "abc-1f",
            Run.Kind.LEARN,
            "profile",
            "/bin/app",
            "",
            List.of("app", "with space", ""),
            "",
            THEN,
            ended,
            ended.isPresent() ? OptionalInt.of(3) : OptionalInt.empty(),
            true,
            0)
        .withLoaded(
            List.of(
                new LoadedFile("/bin/app", "/lib/odd\tname\n\\.so"),
                new LoadedFile("/bin/other", "/lib/plugin.so")));
  }

  private List<Pending> pending() {
    return new SpoolInbox(directory).pending();
  }

  private Path checkpoint() {
    Checkpoints.start(directory, () -> run(Optional.empty()), () -> LEARNED, Duration.ofHours(1))
        .close();
    return directory.resolve("abc-1f.observed");
  }

  @Test
  void anInboxWithoutDirectoryIsEmpty() {
    assertThat(new SpoolInbox(directory.resolve("missing")).pending()).isEmpty();
  }

  @Test
  void whatIsBeingLearnedIsThereFromTheStart() {
    checkpoint();

    Contents contents = pending().get(0).read();

    assertThat(contents.run()).isEqualTo(run(Optional.empty()));
    assertThat(contents.observations()).isEqualTo(LEARNED);
    assertThat(contents.complete()).isFalse();
  }

  @Test
  void whatWasLearnedIsCompleteWhenTheRunHasEnded() {
    try (Checkpoints checkpoints =
        Checkpoints.start(
            directory, () -> run(Optional.empty()), () -> LEARNED, Duration.ofHours(1))) {
      checkpoints.finish(run(Optional.of(THEN.plusSeconds(9))).measured(CHANCE));
    }

    Contents contents = pending().get(0).read();

    assertThat(contents.run()).isEqualTo(run(Optional.of(THEN.plusSeconds(9))).measured(CHANCE));
    assertThat(contents.complete()).isTrue();
  }

  @Test
  void whatAKilledWriterLeftIsComplete() throws IOException {
    Path file = checkpoint();
    Files.writeString(
        file, Files.readString(file).replaceAll("writer\t\\d+\t\\d+", "writer\t1\t1"));

    assertThat(pending().get(0).read().complete()).isTrue();
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    Path file = checkpoint();
    String whole = Files.readString(file);
    for (int length = 0; length < whole.length(); length++) {
      Files.writeString(file, whole.substring(0, length));
      Pending pending = pending().get(0);
      assertThatThrownBy(pending::read).isInstanceOf(EvidenceException.class);
    }
  }

  @Test
  void discardingRemovesAndSettingAsideRenames() throws IOException {
    checkpoint();
    String aside = pending().get(0).setAside();
    assertThat(pending()).isEmpty();
    assertThat(Path.of(aside)).exists();

    checkpoint();
    pending().get(0).discard();
    assertThat(pending()).isEmpty();
  }

  @Test
  void aSymbolicLinkIsRefused() throws IOException {
    Path file = checkpoint();
    Files.move(file, directory.resolve("elsewhere"));
    Files.createSymbolicLink(file, directory.resolve("elsewhere"));

    assertThatThrownBy(() -> pending().get(0).read())
        .isInstanceOf(EvidenceException.class)
        .hasMessageContaining("not a regular file");
  }

  @Test
  void aFileWithTwoNamesIsRefused() throws IOException {
    Files.createLink(directory.resolve("second"), checkpoint());

    assertThatThrownBy(() -> pending().get(0).read())
        .isInstanceOf(EvidenceException.class)
        .hasMessageContaining("links 2");
  }

  @Test
  void aFileThatOthersMayReadIsRefused() throws IOException {
    Files.setPosixFilePermissions(checkpoint(), PosixFilePermissions.fromString("rw-r--r--"));

    assertThatThrownBy(() -> pending().get(0).read())
        .isInstanceOf(EvidenceException.class)
        .hasMessageContaining("mode 0644");
  }

  @Test
  void aDirectoryOfThatNameIsRefused() throws IOException {
    Files.createDirectory(directory.resolve("x.spool"));

    assertThatThrownBy(() -> pending().get(0).read())
        .isInstanceOf(EvidenceException.class)
        .hasMessageContaining("not a regular file");
  }
}
