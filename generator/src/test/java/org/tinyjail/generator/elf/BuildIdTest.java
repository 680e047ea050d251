package org.tinyjail.generator.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildIdTest {
  @TempDir Path directory;

  @Test
  void isWhatTheLinkerWasTold() throws Exception {
    Path program = compiled("-Wl,--build-id=0x00112233445566778899aabbccddeeff00112233");
    assertThat(BuildId.of(program)).isEqualTo("00112233445566778899aabbccddeeff00112233");
  }

  @Test
  void isEmptyWithoutOne() throws Exception {
    assertThat(BuildId.of(compiled("-Wl,--build-id=none"))).isEmpty();
  }

  @Test
  void isEmptyForWhatIsNoElfFile() throws Exception {
    Path script = Files.writeString(directory.resolve("script"), "#!/bin/sh\nexit 0\n");
    assertThat(BuildId.of(script)).isEmpty();
    assertThat(BuildId.of(directory)).isEmpty();
    assertThat(BuildId.of(directory.resolve("missing"))).isEmpty();
  }

  @Test
  void everyTruncationIsAnsweredWithoutAnException() throws Exception {
    byte[] whole = Files.readAllBytes(compiled("-Wl,--build-id=0x0011"));
    Path cut = directory.resolve("cut");
    for (int length = 0; length < 1024; length++) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertThat(BuildId.of(cut)).isIn("", "0011");
    }
  }

  private Path compiled(String option) throws Exception {
    Path source = directory.resolve("p.c");
    Files.write(source, "int main(void){return 0;}\n".getBytes(StandardCharsets.US_ASCII));
    Path program = directory.resolve("p");
    Process cc =
        new ProcessBuilder("cc", option, "-o", program.toString(), source.toString())
            .inheritIO()
            .start();
    assertThat(cc.waitFor()).isZero();
    return program;
  }
}
