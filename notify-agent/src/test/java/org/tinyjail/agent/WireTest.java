package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code Wire} against {@code wire.h}, by way of the C compiler. */
class WireTest {
  @Test
  void everyNumberIsTheOneOfTheHeader() throws Exception {
    List<String> ours = new ArrayList<>();
    for (Field field : Wire.class.getDeclaredFields()) {
      if (!field.isSynthetic()) {
        field.setAccessible(true);
        ours.add(field.getName() + "=" + field.get(null));
      }
    }
    assertThat(headerSays()).containsExactlyInAnyOrderElementsOf(ours);
  }

  @Test
  void lengthsArePaddedToEight() {
    assertThat(List.of(Wire.padded(0), Wire.padded(1), Wire.padded(8), Wire.padded(9)))
        .containsExactly(0, 8, 8, 16);
  }

  private static List<String> headerSays() throws IOException, InterruptedException {
    Process program = new ProcessBuilder(JailedProgram.built("agent-wire")).start();
    List<String> lines = program.inputReader().lines().toList();
    assertThat(program.waitFor()).isZero();
    return lines;
  }
}
