package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code Wire} against {@code wire.h} and {@code FuzzWire} against {@code fuzz.h}, by way of the C
 * compiler.
 */
class WireTest {
  static Stream<Arguments> headers() {
    return Stream.of(
        arguments(Wire.class, "agent-wire"), arguments(FuzzWire.class, "agent-fuzz-wire"));
  }

  @ParameterizedTest
  @MethodSource("headers")
  void everyNumberIsTheOneOfTheHeader(Class<?> numbers, String program) throws Exception {
    List<String> ours = new ArrayList<>();
    for (Field field : numbers.getDeclaredFields()) {
      if (!field.isSynthetic()) {
        field.setAccessible(true);
        ours.add(field.getName() + "=" + field.get(null));
      }
    }
    assertThat(headerSays(program)).containsExactlyInAnyOrderElementsOf(ours);
  }

  @Test
  void lengthsArePaddedToEight() {
    assertThat(List.of(Wire.padded(0), Wire.padded(1), Wire.padded(8), Wire.padded(9)))
        .containsExactly(0, 8, 8, 16);
  }

  private static List<String> headerSays(String name) throws IOException, InterruptedException {
    Process program = new ProcessBuilder(JailedProgram.built(name)).start();
    List<String> lines = program.inputReader().lines().toList();
    assertThat(program.waitFor()).isZero();
    return lines;
  }
}
