package org.tinyjail.audit.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineAssemblerTest {
  private static final int LONGEST = LineAssembler.LINE_MAX;

  /** Gives at most as many bytes at once as {@code most} says. */
  private static final class Pieces extends ByteArrayInputStream {
    private final IntSupplier most;

    Pieces(byte[] bytes, IntSupplier most) {
      super(bytes);
      this.most = most;
    }

    @Override
    public synchronized int read(byte[] bytes, int from, int length) {
      return super.read(bytes, from, Math.min(length, most.getAsInt()));
    }
  }

  /** Lines as {@code OFFSET:TEXT}, and problems. */
  private static List<String> lines(InputStream in) throws IOException {
    List<String> all = new ArrayList<>();
    LineAssembler.Sink sink =
        new LineAssembler.Sink() {
          @Override
          public void line(byte[] bytes, int from, int to, long offset) {
            String text = new String(bytes, from, to - from, UTF_8);
            all.add(offset + ":" + (text.length() > 100 ? text.length() : text));
          }

          @Override
          public void broken(long offset, String problem) {
            all.add(offset + " broken: " + problem);
          }
        };
    LineAssembler lines = new LineAssembler(in);
    while (lines.read()) {
      lines.lines(sink);
    }
    lines.end(sink);
    return all;
  }

  private static List<String> lines(String text) throws IOException {
    return lines(new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private static String tooLong(long offset) {
    return offset + " broken: a line of more than 65536 bytes";
  }

  private static String cutOff(long offset) {
    return offset + " broken: the last line is cut off: no line end";
  }

  @Test
  void linesAreCutAtLineEndsAlone() throws Exception {
    assertThat(lines("a\n\nb\r\n c\0d\n")).containsExactly("0:a", "2:", "3:b\r", "6: c\0d");
    assertThat(lines("")).isEmpty();
  }

  @Test
  void whatFollowsTheLastLineEndIsCutOff() throws Exception {
    assertThat(lines("a\nb")).containsExactly("0:a", cutOff(2));
    assertThat(lines("b")).containsExactly(cutOff(0));
  }

  @Test
  void aLineIsPassedOverIfItIsTooLong() throws Exception {
    String longest = "x".repeat(LONGEST);
    assertThat(lines(longest + "\nb\n")).containsExactly("0:65536", "65537:b");
    assertThat(lines(longest + "x\nb\n")).containsExactly(tooLong(0), "65538:b");
    assertThat(lines("a\n" + longest.repeat(20) + "\nb\n"))
        .containsExactly("0:a", tooLong(2), (3 + 20 * LONGEST) + ":b");
    assertThat(lines(longest + "x")).containsExactly(tooLong(0));
    assertThat(lines(longest)).containsExactly(cutOff(0));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theLinesAreTheSameHoweverTheStreamComesInPieces(long seed) throws Exception {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      int length = i % 8 == 0 ? LONGEST - 2 + random.nextInt(5) : random.nextInt(9000);
      text.append("y".repeat(length)).append("\n".repeat(random.nextInt(3)));
    }
    byte[] bytes = text.toString().getBytes(UTF_8);
    List<String> whole = lines(new ByteArrayInputStream(bytes));
    for (int most : new int[] {4000, LONGEST, LONGEST + 1, LONGEST + 2}) {
      assertThat(lines(new Pieces(bytes, () -> most))).as("pieces of %d", most).isEqualTo(whole);
      assertThat(lines(new Pieces(bytes, () -> 1 + random.nextInt(most)))).isEqualTo(whole);
    }
  }

  @Test
  void eachFileOfTheCorpusIsReadTheSameByteByByte() throws Exception {
    for (Path file : AuditCase.files()) {
      byte[] log = AuditCase.read(file).input();
      int most = log.length > 10_000 ? 1000 : 1;
      assertThat(Said.ofLog(new Pieces(log, () -> most))).as("%s", file).isEqualTo(Said.ofLog(log));
    }
  }

  @Test
  void aRecordBehindDamageIsReadAtItsOwnByte() throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    log.write(new byte[100_000]);
    log.writeBytes(
        "\ntype=EOE msg=audit(1.000:7): \ntype=EOE msg=audit(1.000:x): \n".getBytes(UTF_8));
    assertThat(Said.ofLog(log.toByteArray()))
        .containsExactly(
            "byte 0: a line of more than 65536 bytes",
            "OTHER 1.000:7",
            "byte 100056: wanted a serial number, found 'x'");
  }

  @Test
  void offsetSaysHowMuchIsCutIntoLines() throws Exception {
    LineAssembler lines = new LineAssembler(new ByteArrayInputStream("a\nbc".getBytes(UTF_8)));
    assertThat(lines.read()).isTrue();
    lines.lines(new Said());
    assertThat(lines.offset()).isEqualTo(2);
  }
}
