package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tinyjail.agent.MemoryView.Block;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Run;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

@Timeout(120)
class SpoolTest {
  private static final byte[] MAPS =
      bytes(
          """
          55d000000000-55d000001000 r-xp 00001000 fe:00 77     /usr/bin/app
          7f0000000000-7f0000100000 r-xp 00028000 fe:00 78     /usr/lib/libc.so.6
          """);

  @TempDir private Path directory;
  private SpoolWriter writer;

  @BeforeEach
  void start() {
    List<byte[]> words = List.of(bytes("app"), new byte[] {(byte) 0xff, 'x'});
    writer =
        new SpoolWriter(
            directory,
            new SpoolWriter.Start("profile", "p.json", "/usr/bin/app", "/work", words),
            Clock.systemUTC());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static SyscallData call(String name, long... arguments) {
    int number = SyscallTable.of(Arch.X86_64).number(name).orElseThrow();
    SyscallData data = SyscallData.of(Arch.X86_64, number, arguments);
    return new SyscallData(number, data.arch(), 0x7f0000000123L, data.arguments());
  }

  private static MemoryView memory(Map<Integer, Block> blocks) {
    Map<Integer, Block> copy = new HashMap<>(blocks);
    return copy::get;
  }

  private int image() {
    return writer.image(4711, "/usr/bin/app", "app", MAPS);
  }

  private DenialRecord open(int image, String path, int flags) {
    return DenialRecord.of(
        call("openat", -100, 0x1000, 0x80000),
        memory(Map.of(1, Block.of(Wire.POINTER_STRING, bytes(path)))),
        4711,
        image,
        Action.fail(13),
        flags);
  }

  private Path sound() {
    int image = image();
    for (int i = 0; i < 3; i++) {
      writer.denial(open(image, "/etc/shadow", 0));
    }
    writer.denial(open(image, "/etc/other", 0));
    writer.denial(
        DenialRecord.of(
            call("socket", 16, 3, 0), MemoryView.NOTHING, 4712, 0, Action.KILL_PROCESS, 4));
    writer.end(OptionalInt.of(9));
    writer.close();
    Path file = writer.file();
    assertThat(file).isNotNull();
    return Objects.requireNonNull(file);
  }

  @Test
  void whatWasWrittenIsReadBack() throws IOException {
    Spool spool = SpoolReader.read(sound());

    assertThat(spool.state()).isEqualTo(Spool.State.ENDED);
    assertThat(spool.damage()).isEmpty();
    Run run = spool.run();
    assertThat(run.profile()).isEqualTo("profile");
    assertThat(run.policy()).isEqualTo("/work/p.json");
    assertThat(run.executable()).isEqualTo("/usr/bin/app");
    assertThat(run.command()).containsExactly("app", "\\xffx");
    assertThat(run.kind()).isEqualTo(Run.Kind.ENFORCE);
    assertThat(run.status()).hasValue(128 + 9);
    assertThat(run.ended()).isPresent();
    assertThat(run.lost()).isZero();
    assertThat(spool.denials())
        .extracting(Denial::arguments)
        .containsExactly(
            "openat(AT_FDCWD, \"/etc/shadow\", O_RDONLY|O_CLOEXEC)",
            "openat(AT_FDCWD, \"/etc/other\", O_RDONLY|O_CLOEXEC)",
            "socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)");
    Denial first = spool.denials().get(0);
    assertThat(first.count()).isEqualTo(3);
    assertThat(first.executable()).isEqualTo("/usr/bin/app");
    assertThat(first.comm()).isEqualTo("app");
    assertThat(first.pid()).isEqualTo(4711);
    assertThat(first.callSite()).isEqualTo("libc.so.6+0x28123");
    assertThat(first.action()).isEqualTo(Action.fail(13));
    assertThat(first.carriedOut()).isFalse();
    assertThat(spool.denials().get(2).action()).isEqualTo(Action.KILL_PROCESS);
  }

  @Test
  void equalDenialsOfOtherProcessesAreAddedUp() throws IOException {
    writer.denial(open(image(), "/x", 0));
    writer.denial(open(writer.image(5000, "/usr/bin/app", "app", MAPS), "/x", 0));

    Spool spool = SpoolReader.read(Objects.requireNonNull(writer.file()));

    assertThat(spool.denials()).singleElement().extracting(Denial::count).isEqualTo(2L);
  }

  @Test
  void theSpoolOfALivingWriterSaysSo() throws IOException {
    writer.denial(open(image(), "/x", Wire.DENIAL_CONTINUED));

    Spool spool = SpoolReader.read(Objects.requireNonNull(writer.file()));

    assertThat(spool.state()).isEqualTo(Spool.State.BEING_WRITTEN);
    assertThat(spool.run().kind()).isEqualTo(Run.Kind.COMPLAIN);
    assertThat(spool.denials()).singleElement().matches(Denial::carriedOut);
  }

  @Test
  void theSpoolOfAWriterThatIsGoneIsCutOff() throws IOException {
    Path file = sound();
    byte[] spool = Files.readAllBytes(file);
    ByteBuffer header = ByteBuffer.wrap(spool).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(Wire.SPOOL_CLOSED, 0).putLong(Wire.SPOOL_WRITER_START, 1);
    Files.write(file, spool);

    assertThat(SpoolReader.read(file).state()).isEqualTo(Spool.State.CUT_OFF);
  }

  @Test
  void aRunWithoutDenialsLeavesNoFile() throws IOException {
    writer.end(OptionalInt.of(0));
    writer.close();

    assertThat(writer.file()).isNull();
    try (var files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void everyTruncationGivesThePartThatIsWhole() throws IOException {
    byte[] whole = Files.readAllBytes(sound());
    Path torn = directory.resolve("torn.spool");
    int most = 0;
    for (int length = 0; length < whole.length; length++) {
      Files.write(torn, Arrays.copyOf(whole, length));
      try {
        Spool spool = SpoolReader.read(torn);
        assertThat(spool.damage()).as("of %d bytes", length).isNotEmpty();
        assertThat(spool.run().lost()).isPositive();
        most = Math.max(most, spool.denials().size());
      } catch (SpoolException e) {
        assertThat(length).isLessThan(400);
      }
    }
    assertThat(most).isEqualTo(3);
  }

  @Test
  void noCorruptionCausesMoreThanASpoolException() throws IOException {
    byte[] whole = Files.readAllBytes(sound());
    Path bad = directory.resolve("bad.spool");
    Random random = new Random(20261123);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = whole.clone();
      for (int i = random.nextInt(8); i >= 0; i--) {
        int at = random.nextInt(bytes.length);
        bytes[at] = random.nextInt(4) == 0 ? (byte) 0xff : (byte) random.nextInt(256);
      }
      Files.write(bad, bytes);
      try {
        SpoolReader.read(bad);
      } catch (SpoolException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }

  @Test
  void aLieAboutSizesDoesNotMakeTheReaderAllocate() throws IOException {
    byte[] bytes = Files.readAllBytes(sound());
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(Wire.SPOOL_USED, Long.MAX_VALUE);
    header.putInt(Wire.SPOOL_HEADER, 0x7ffffff8);
    Path bad = directory.resolve("bad.spool");
    Files.write(bad, bytes);

    assertThatThrownBy(() -> SpoolReader.read(bad))
        .isInstanceOf(SpoolException.class)
        .hasMessageContaining("no record of a start");
  }

  @Test
  void aFileOfAnotherKindIsRefused() throws IOException {
    Path other = directory.resolve("other.spool");
    Files.writeString(other, "x".repeat(100));

    assertThatThrownBy(() -> SpoolReader.read(other))
        .isInstanceOf(SpoolException.class)
        .hasMessageContaining("does not begin with TJSPOOL1");
  }

  @Test
  void aFullDiskIsCountedAndNotThrown() {
    SpoolWriter nowhere =
        new SpoolWriter(
            directory.resolve("missing"),
            new SpoolWriter.Start("p", "", "", "", List.of()),
            Clock.systemUTC());

    nowhere.denial(open(0, "/x", 0));
    nowhere.close();

    assertThat(nowhere.lost()).isEqualTo(1);
  }
}
