package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A plan that is damaged in any way is refused whole, and the target is not started. */
class LauncherPlanTest {
  private static final int SIZE = 8;
  private static final int MODE = 12;
  private static final int FLAGS = 16;
  private static final int RESERVED = 28;
  private static final int NOTIFY = 32;
  private static final int VERDICT = 40;
  private static final int POINTERS = 48;
  private static final int SPOOL = 56;
  private static final int SERVING = 80;

  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail().withCache();
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  private PlanBytes plan() {
    return PlanBytes.mode(PlanBytes.RECORDER)
        .on(PlanBytes.GETPPID, PlanBytes.ERRNO | 33)
        .pointers(PlanBytes.MKDIR, 1)
        .flags(PlanBytes.CACHEABLE)
        .spool(jail.spools.toString());
  }

  private void assertThatRefused(byte[] plan, String description) throws Exception {
    Jail.Result result = jail.plan(plan).run("/bin/echo", "started");
    assertThat(result.exit()).describedAs(description).isEqualTo(125);
    assertThat(result.out()).describedAs(description).isEmpty();
    assertThat(jail.cached()).describedAs(description).isEmpty();
  }

  @Test
  void everyTruncationIsRefused() throws Exception {
    byte[] whole = plan().bytes();
    for (int length = 1; length < whole.length; length += length < 80 ? 1 : 7) {
      assertThatRefused(Arrays.copyOf(whole, length), "first " + length + " bytes");
    }
  }

  @Test
  void everyTruncationThatAdmitsItsSizeIsRefused() throws Exception {
    byte[] whole = plan().bytes();
    for (int length = 88; length < whole.length; length += 8) {
      byte[] shorter = Arrays.copyOf(whole, length);
      ByteBuffer.wrap(shorter).order(ByteOrder.LITTLE_ENDIAN).putInt(SIZE, length);
      assertThatRefused(shorter, "consistent first " + length + " bytes");
    }
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        Arguments.of("magic", 0, 0),
        Arguments.of("size too large", SIZE, 1 << 30),
        Arguments.of("size zero", SIZE, 0),
        Arguments.of("mode 0", MODE, 0),
        Arguments.of("mode 4", MODE, 4),
        Arguments.of("unknown flag", FLAGS, 512),
        Arguments.of("reserved", RESERVED, 1),
        Arguments.of("notify inside the header", NOTIFY, 16),
        Arguments.of("notify unaligned", NOTIFY, 76),
        Arguments.of("notify beyond the end", NOTIFY, 1 << 20),
        Arguments.of("notify offset overflows", NOTIFY, -8),
        Arguments.of("notify absent", NOTIFY + 4, 0),
        Arguments.of("notify with half an instruction", NOTIFY + 4, 12),
        Arguments.of("verdict absent", VERDICT + 4, 0),
        Arguments.of("verdict without its last instruction", VERDICT + 4, 16),
        Arguments.of("half a pointer rule", POINTERS + 4, 16),
        Arguments.of("serving beyond the end", SERVING + 4, 1 << 16),
        Arguments.of("no spool", SPOOL + 4, 0),
        Arguments.of("spool beyond the end", SPOOL + 4, 1 << 16));
  }

  @ParameterizedTest
  @MethodSource("damages")
  void damagedHeaderIsRefused(String what, int at, int value) throws Exception {
    byte[] plan = plan().bytes();
    ByteBuffer.wrap(plan).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    assertThatRefused(plan, what);
  }

  static Stream<Arguments> badInstructions() {
    return Stream.of(
        Arguments.of("load beyond seccomp_data", PlanBytes.instruction(0x20, 0, 0, 64)),
        Arguments.of("unaligned load", PlanBytes.instruction(0x20, 0, 0, 2)),
        Arguments.of("unknown opcode", PlanBytes.instruction(0x87, 0, 0, 0)),
        Arguments.of("jump over the end", PlanBytes.instruction(0x15, 200, 0, 0)),
        Arguments.of("other jump over the end", PlanBytes.instruction(0x15, 0, 200, 0)),
        Arguments.of("long jump over the end", PlanBytes.instruction(0x05, 0, 0, 100)),
        Arguments.of("long jump backward", PlanBytes.instruction(0x05, 0, 0, -2)));
  }

  @ParameterizedTest
  @MethodSource("badInstructions")
  void badInstructionIsRefusedInBothPrograms(String what, byte[] instruction) throws Exception {
    for (int section : new int[] {NOTIFY, VERDICT}) {
      byte[] plan = plan().bytes();
      int at = ByteBuffer.wrap(plan).order(ByteOrder.LITTLE_ENDIAN).getInt(section);
      System.arraycopy(instruction, 0, plan, at, 8);
      assertThatRefused(plan, what);
    }
  }

  @Test
  void programWithoutAReturnAtItsEndIsRefused() throws Exception {
    byte[] plan = plan().bytes();
    ByteBuffer bytes = ByteBuffer.wrap(plan).order(ByteOrder.LITTLE_ENDIAN);
    int end = bytes.getInt(VERDICT) + bytes.getInt(VERDICT + 4);
    System.arraycopy(PlanBytes.instruction(0x20, 0, 0, 0), 0, plan, end - 8, 8);
    assertThatRefused(plan, "load as the last instruction");
  }

  @Test
  void pathWithANulIsRefused() throws Exception {
    byte[] plan = plan().bytes();
    plan[ByteBuffer.wrap(plan).order(ByteOrder.LITTLE_ENDIAN).getInt(SPOOL) + 3] = 0;
    assertThatRefused(plan, "NUL in the spool's path");
  }

  @Test
  void messageOfARefusalIsOneLine() throws Exception {
    byte[] plan = plan().bytes();
    plan[0] = 'X';
    assertThat(jail.plan(plan).run("/bin/true").err()).startsWith("tiny-jail: ").hasLineCount(1);
  }
}
