package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tinyjail.model.Arch;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;
import org.tinyjail.model.SyscallTable;

class PlanAndLaunchTest {
  private static final BpfProgram ALLOW =
      new BpfProgram(List.of(new Instruction(6, 0, 0, 0x7fff0000)));

  @TempDir private Path directory;

  private static byte[] launch(byte[]... fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("TJLAUNC1".getBytes(StandardCharsets.US_ASCII));
    List.of(fields).forEach(out::writeBytes);
    return out.toByteArray();
  }

  private static byte[] field(int tag, byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Fields.write(out, tag, bytes);
    return out.toByteArray();
  }

  private static byte[] field(int tag, String text) {
    return field(tag, text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aPlanIsLaidOutAsTheHeaderSays() {
    byte[] bytes =
        LaunchPlan.builder(LaunchPlan.Mode.RECORDER)
            .notify(ALLOW)
            .verdict(ALLOW)
            .pointers(PointerTable.of(Set.of(Arch.X86_64)))
            .spool(Path.of("/spool"))
            .policy("p.json")
            .flag(LaunchPlan.Flag.FREE_EXEC)
            .flag(LaunchPlan.Flag.CACHEABLE)
            .build()
            .toBytes();
    ByteBuffer plan = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);

    assertThat(new String(bytes, 0, 8, StandardCharsets.US_ASCII)).isEqualTo("TJPLAN01");
    assertThat(plan.getInt(8)).isEqualTo(bytes.length);
    assertThat(plan.getInt(12)).isEqualTo(2);
    assertThat(plan.getInt(16)).isEqualTo(4 | 8);
    assertThat(plan.getInt(32)).isEqualTo(Wire.PLAN_HEADER);
    assertThat(plan.getInt(36)).isEqualTo(8);
    assertThat(plan.getLong(plan.getInt(32))).isEqualTo(0x7fff000000000006L);
    assertThat(plan.getInt(52) % Wire.POINTER_RULE).isZero();
    assertThat(new String(bytes, plan.getInt(56), plan.getInt(60), StandardCharsets.UTF_8))
        .isEqualTo("/spool");
    assertThat(plan.getInt(64)).isZero();
    assertThat(plan.getInt(68)).isZero();
  }

  @Test
  void aPlanIsSentAsItIs() throws Exception {
    LaunchPlan plan = LaunchPlan.builder(LaunchPlan.Mode.EXEC).verdict(ALLOW).build();
    Path file = Files.createFile(directory.resolve("plan"));

    plan.send(file);

    assertThat(Files.readAllBytes(file)).isEqualTo(plan.toBytes());
  }

  @Test
  void aPlanWithoutWhatItsModeNeedsIsRefused() {
    assertThatThrownBy(() -> LaunchPlan.builder(LaunchPlan.Mode.EXEC).build())
        .hasMessage("a plan of mode EXEC needs verdict");
    assertThatThrownBy(() -> LaunchPlan.builder(LaunchPlan.Mode.AGENT).verdict(ALLOW).build())
        .hasMessage("a plan of mode AGENT needs notify");
    assertThatThrownBy(
            () -> LaunchPlan.builder(LaunchPlan.Mode.RECORDER).notify(ALLOW).verdict(ALLOW).build())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void pointerRulesAreSortedAndKnowThePointerSize() {
    PointerTable table = PointerTable.of(List.of(Arch.X32, Arch.X86, Arch.X86_64));
    long before = 0;
    for (PointerTable.Rule rule : table.rules()) {
      long key =
          (Integer.toUnsignedLong(rule.arch()) << 32) | Integer.toUnsignedLong(rule.number());
      assertThat(Long.compareUnsigned(key, before)).isPositive();
      before = key;
    }
    assertThat(vectorSize(table, Arch.X86_64)).isEqualTo(8);
    assertThat(vectorSize(table, Arch.X86)).isEqualTo(4);
    assertThat(vectorSize(table, Arch.X32)).isEqualTo(4);
  }

  private static int vectorSize(PointerTable table, Arch arch) {
    int number = SyscallTable.of(arch).number("execve").orElseThrow();
    PointerTable.Rule rule = table.rule(arch.auditValue(), number);
    assertThat(rule).isNotNull();
    return rule == null ? 0 : rule.parameter(1);
  }

  @Test
  void aLaunchDescriptionKeepsRawBytes() {
    byte[] odd = {'a', (byte) 0xff, 0x1b};
    LaunchDescription launch =
        LaunchDescription.parse(
            launch(
                field(Wire.FIELD_WORD, "app"),
                field(Wire.FIELD_WORD, odd),
                field(Wire.FIELD_EXECUTABLE, "/bin/app"),
                field(Wire.FIELD_FEATURES, new byte[] {1 | 4, 0, 0, 0})));

    assertThat(launch.words().get(1)).isEqualTo(odd);
    assertThat(launch.command()).containsExactly("app", "a\\xff\u001b");
    assertThat(launch.executable()).hasValue("/bin/app");
    assertThat(launch.hasUserNotification()).isTrue();
    assertThat(launch.hasLog()).isFalse();
    assertThat(launch.hasWaitKillable()).isTrue();
    assertThat(launch.policy()).isEmpty();
  }

  @Test
  void everyTruncatedLaunchDescriptionIsRefusedOrWhole() {
    byte[] whole = launch(field(Wire.FIELD_WORD, "app"), field(Wire.FIELD_DIRECTORY, "/work"));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      try {
        assertThat(LaunchDescription.parse(cut).words().size()).isLessThan(2);
      } catch (AgentException e) {
        assertThat(e.getMessage()).contains("launch description");
      }
    }
  }

  @Test
  void withoutLauncherTheMessageSaysWhatToStart() {
    assertThatThrownBy(() -> LaunchDescription.read(directory.resolve("missing")))
        .isInstanceOf(AgentException.class)
        .hasMessageContaining("start bin/tiny-jail");
  }
}
