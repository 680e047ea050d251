package org.tinyjail.generator.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ElfFileTest {
  private static final int MUTATIONS = 5000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A row of {@code readelf -rW} that has an address and no symbol, or RELR's bare address. */
  private static final Pattern RELATIVE =
      Pattern.compile(
          "^([0-9a-f]{8,16})(?: +[0-9a-f]+ +R_\\w*_RELATIVE\\b.*)?$", Pattern.MULTILINE);

  private static final String SOURCE =
      """
      #include <stdlib.h>
      #include <stdio.h>
      const char *const table[] = {"one", "two", "three", "four", "five"};
      int main(int c, char **v) { puts(table[c]); return getenv(v[0]) != 0; }
      """;

  @TempDir Path directory;

  @Test
  void programsSayWhatTheyAre() throws Exception {
    ElfFile pie = ElfFile.read(Programs.compile(directory, SOURCE, "-pie", "-s"));
    assertThat(pie.machine()).isEqualTo(Machine.X86_64);
    assertThat(pie.wordSize()).isEqualTo(8);
    assertThat(pie.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    assertThat(pie.isPositionIndependent()).isTrue();
    assertThat(pie.interpreter()).contains("/lib64/ld-linux-x86-64.so.2");
    assertThat(pie.segmentAt(pie.entry()).orElseThrow().isExecutable()).isTrue();
    DynamicSection dynamic = pie.dynamic().orElseThrow();
    assertThat(dynamic.needed()).containsExactly("libc.so.6");
    assertThat(dynamic.importsAnyOf("getenv")).isTrue();
    assertThat(dynamic.importsAnyOf("setenv", "main")).isFalse();

    ElfFile fixed = ElfFile.read(Programs.compile(directory, SOURCE, "-no-pie"));
    assertThat(fixed.isPositionIndependent()).isFalse();
    assertThat(ElfFile.read(Programs.compile(directory, SOURCE, "-static")).dynamic()).isEmpty();

    ElfFile narrow = ElfFile.read(Programs.compile(directory, SOURCE, "-m32", "-pie"));
    assertThat(narrow.machine()).isEqualTo(Machine.I386);
    assertThat(narrow.wordSize()).isEqualTo(4);
    assertThat(narrow.dynamic().orElseThrow().importsAnyOf("getenv")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-pie", "-m32 -pie", "-static-pie", "-pie -Wl,-z,pack-relative-relocs", "-shared"})
  void relativeRelocationsAreThoseThatReadelfSees(String flags) throws Exception {
    checkAgainstReadelf(Programs.compile(directory, SOURCE, (flags + " -fPIC").split(" ")));
  }

  @Test
  void relocationsOfTheCLibraryAreThoseThatReadelfSees() throws Exception {
    checkAgainstReadelf(Path.of("/lib/x86_64-linux-gnu/libc.so.6"));
  }

  private void checkAgainstReadelf(Path file) throws Exception {
    String text = Programs.run(directory, List.of("readelf", "-rW", file.toString()));
    Set<Long> expected = new HashSet<>();
    Matcher matcher = RELATIVE.matcher(text);
    while (matcher.find()) {
      expected.add(Long.parseUnsignedLong(matcher.group(1), 16));
    }
    Set<Long> found = new HashSet<>();
    for (Relocation relocation : ElfFile.read(file).dynamic().orElseThrow().relocations()) {
      if (relocation.kind() == Relocation.Kind.RELATIVE) {
        found.add(relocation.address());
      }
    }
    assertThat(found).isNotEmpty().isEqualTo(expected);
  }

  @Test
  void relativeRelocationsPointAtTheStrings() throws Exception {
    for (String flags : List.of("-pie", "-m32 -pie", "-pie -Wl,-z,pack-relative-relocs")) {
      ElfFile file = ElfFile.read(Programs.compile(directory, SOURCE, flags.split(" ")));
      Set<String> strings = new HashSet<>();
      for (Relocation relocation : file.dynamic().orElseThrow().relocations()) {
        long offset = file.offsetOf(relocation.addend(), 1);
        if (relocation.kind() == Relocation.Kind.RELATIVE && offset >= 0) {
          strings.add(file.bytes().string(offset, file.bytes().length()));
        }
      }
      assertThat(strings).as(flags).contains("one", "two", "three", "four", "five");
    }
  }

  @Test
  void otherProcessorsAreReadInTheirByteOrder() throws Exception {
    for (boolean wide : new boolean[] {true, false}) {
      byte[] big = SmallElf.of(wide, ByteOrder.BIG_ENDIAN, 22, 12);
      assertThat(ElfFile.of("s390", big).machine()).isEqualTo(Machine.S390);
      byte[] little = SmallElf.of(wide, ByteOrder.LITTLE_ENDIAN, wide ? 183 : 40, wide ? 1027 : 23);
      for (byte[] content : List.of(big, little)) {
        assertThat(CommandLineOptions.of(ElfFile.of("small", content)))
            .contains(
                new Option("--help", Option.Arity.NONE, Option.Source.GETOPT_LONG),
                new Option("--version", Option.Arity.REQUIRED, Option.Source.GETOPT_LONG));
      }
    }
  }

  @Test
  void errorsSayTheByteAndWhatWasWanted() throws Exception {
    Path script =
        Files.writeString(directory.resolve("a\nscript"), "#!/bin/sh\nexit 0; # longer\n");
    assertThatThrownBy(() -> ElfFile.read(script))
        .isInstanceOf(ElfException.class)
        .hasMessageEndingWith("script: byte 0: no ELF file; wanted the bytes 7f 45 4c 46")
        .hasMessageNotContaining("\n");
    byte[] content = SmallElf.of(true, ByteOrder.LITTLE_ENDIAN, 62, 8);
    content[0x40 + 32 + 5] = 1; // the first segment's size
    assertThatThrownBy(() -> ElfFile.of("p", content))
        .hasMessage("p: byte 64: a segment of 1099511628992 bytes at byte 0; the file has 1216");
    assertThatThrownBy(() -> ElfFile.of("p", Arrays.copyOf(content, 60)))
        .hasMessage("p: byte 60: the file ends; wanted 4 bytes at byte 64");
  }

  @Test
  void objectFilesAreRefused() throws Exception {
    Path object = Programs.compile(directory, SOURCE, "-c");
    assertThatThrownBy(() -> ElfFile.read(object))
        .hasMessageContaining("byte 16: file type 1; wanted 2 (program) or 3 (shared object)");
  }

  @Test
  void whatIsBehindTheSegmentsIsNotRead() throws Exception {
    Path program = Programs.compile(directory, SOURCE, "-g");
    Path stripped = Programs.compile(directory, SOURCE, "-s");
    assertThat(ElfFile.read(program).bytes().length())
        .isLessThan((int) Files.size(stripped))
        .isEqualTo(ElfFile.read(stripped).bytes().length());
  }

  @Test
  void everyTruncationIsAnsweredWithAnElfExceptionOrAResult() throws Exception {
    for (byte[] whole : samples()) {
      for (int length = 0; length < whole.length; length++) {
        readAll(Arrays.copyOf(whole, length));
      }
    }
  }

  @Test
  void mutationsAreAnsweredWithAnElfExceptionOrAResultInBoundedTime() throws Exception {
    Random random = new Random(4711);
    long start = System.nanoTime();
    int refused = 0;
    for (byte[] whole : samples()) {
      for (int i = 0; i < MUTATIONS; i++) {
        byte[] content = whole.clone();
        int changes = 1 + random.nextInt(8);
        for (int change = 0; change < changes; change++) {
          boolean front = random.nextBoolean(); // where the headers are
          int at = random.nextInt(front ? Math.min(1024, content.length) : content.length);
          content[at] = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(3) - 1);
        }
        refused += readAll(content) ? 0 : 1;
      }
    }
    assertThat(refused).isPositive().isLessThan(MUTATIONS * 4);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
  }

  private List<byte[]> samples() throws Exception {
    return List.of(
        SmallElf.of(true, ByteOrder.LITTLE_ENDIAN, 62, 8),
        SmallElf.of(false, ByteOrder.BIG_ENDIAN, 22, 12),
        Files.readAllBytes(Programs.compile(directory, SOURCE, "-pie", "-s")),
        Files.readAllBytes(
            Programs.compile(directory, SOURCE, "-m32", "-s", "-Wl,-z,pack-relative-relocs")));
  }

  /** Whether the file is taken; any exception but an ElfException fails the test. */
  private static boolean readAll(byte[] content) {
    try {
      ElfFile file = ElfFile.of("mutated", content);
      file.interpreter();
      CommandLineOptions.of(file);
      ProgramStrings strings = ProgramStrings.of(file);
      strings.printable(100);
      strings.environmentNames();
      return true;
    } catch (ElfException e) {
      assertThat(e.getMessage()).startsWith("mutated: byte " + e.offset() + ": ");
      assertThat(e.getMessage()).isPrintable().hasSizeLessThan(200);
      return false;
    }
  }
}
