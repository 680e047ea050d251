package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tinyjail.agent.MemoryView.Block;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

class ArgumentDecoderTest {
  private static final Path TABLE =
      Path.of("src/test/resources/org/tinyjail/agent/decoded-calls.txt");

  static Stream<String> rows() throws IOException {
    return Files.readAllLines(TABLE).stream().filter(line -> !line.startsWith("#"));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aCallIsShownAsItsRowSays(String row) {
    int arrow = row.indexOf(" => ");
    List<String> words = words(row.substring(0, arrow));
    Arch arch = Arch.valueOf(words.get(0).toUpperCase(Locale.ROOT));
    String name = words.get(1);
    int number = SyscallTable.of(arch).number(name).orElseGet(() -> Integer.parseInt(name));
    List<Long> registers = new ArrayList<>();
    Map<Integer, Block> blocks = new HashMap<>();
    for (String word : words.subList(2, words.size())) {
      if (word.matches("\\d:.*")) {
        blocks.put(word.charAt(0) - '0', block(arch, number, word));
      } else {
        registers.add(register(word));
      }
    }
    long[] six = registers.stream().mapToLong(Long::longValue).toArray();
    SyscallData data = SyscallData.of(arch, number, six);

    assertThat(ArgumentDecoder.decode(data, blocks::get)).isEqualTo(row.substring(arrow + 4));
  }

  @Test
  void whatIsWrittenIsReadForLogsOnlyAndNeverForEvidence() {
    int arch = Arch.X86_64.auditValue();
    int write = SyscallTable.of(Arch.X86_64).number("write").orElseThrow();
    PointerTable evidence = PointerTable.of(List.of(Arch.X86_64));
    PointerTable logs = PointerTable.withData(List.of(Arch.X86_64));
    assertThat(Objects.requireNonNull(evidence.rule(arch, write)).kind(1))
        .isEqualTo(Wire.POINTER_NONE);
    assertThat(Objects.requireNonNull(logs.rule(arch, write)).kind(1))
        .isEqualTo(Wire.POINTER_SIZED);
  }

  @Test
  void aStringThatWasCutSaysSo() {
    byte[] bytes = "y".repeat(Wire.SPOOL_STRING_MAX).getBytes(StandardCharsets.US_ASCII);
    Block block = Block.of(Wire.POINTER_STRING, bytes);
    SyscallData data =
        SyscallData.of(
            Arch.X86_64, SyscallTable.of(Arch.X86_64).number("chdir").orElseThrow(), 0x1000);

    assertThat(ArgumentDecoder.decode(data, index -> block)).endsWith("y\"…)");
  }

  @Test
  void noRegistersOrBytesWhateverThrowOrLeaveControlCharacters() {
    Random random = new Random(7);
    List<Arch> archs = List.of(Arch.X86_64, Arch.X86, Arch.AARCH64, Arch.X32, Arch.ARM);
    for (int round = 0; round < 200_000; round++) {
      Arch arch = archs.get(random.nextInt(archs.size()));
      int number = random.nextInt(500) | (arch == Arch.X32 ? Arch.X32_BIT : 0);
      long[] registers = random.longs(6).map(r -> r >> (r & 63)).toArray();
      byte[] bytes = new byte[random.nextInt(140)];
      random.nextBytes(bytes);
      Block block =
          random.nextInt(8) == 0 ? Block.unreadable(1, 14) : Block.of(random.nextInt(9), bytes);

      String line = ArgumentDecoder.decode(SyscallData.of(arch, number, registers), index -> block);

      assertThat(line.chars().noneMatch(Character::isISOControl)).isTrue();
    }
  }

  private static long register(String word) {
    if (word.startsWith("0x")) {
      return Long.parseUnsignedLong(word.substring(2), 16);
    }
    if (word.length() > 1 && word.startsWith("0")) {
      return Long.parseLong(word, 8);
    }
    return word.startsWith("-") ? Long.parseLong(word) : Long.parseUnsignedLong(word);
  }

  /** The kind as the table of pointers has it: what is decoded is what would be read. */
  private static Block block(Arch arch, int number, String word) {
    PointerTable.Rule rule = PointerTable.of(List.of(arch)).rule(arch.auditValue(), number);
    assertThat(rule).isNotNull();
    int kind = Objects.requireNonNull(rule).kind(word.charAt(0) - '0');
    String text = word.substring(2);
    if (text.startsWith("!")) {
      return Block.unreadable(kind, Integer.parseInt(text.substring(1)));
    }
    return Block.of(
        kind, text.startsWith("0x") ? HexFormat.of().parseHex(text.substring(2)) : unquote(text));
  }

  private static byte[] unquote(String literal) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int i = 1;
    while (i < literal.length() - 1) {
      char c = literal.charAt(i);
      if (c != '\\') {
        out.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        i++;
      } else if (literal.charAt(i + 1) == 'x') {
        out.write(Integer.parseInt(literal.substring(i + 2, i + 4), 16));
        i += 4;
      } else {
        out.write(literal.charAt(i + 1) == 'n' ? '\n' : literal.charAt(i + 1));
        i += 2;
      }
    }
    return out.toByteArray();
  }

  /** Words apart by blanks; a quoted string is part of one word. */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ' ' && !quoted) {
        words.add(word.toString());
        word.setLength(0);
        continue;
      }
      quoted ^= c == '"' && (i == 0 || text.charAt(i - 1) != '\\');
      word.append(c);
    }
    words.add(word.toString());
    return words;
  }
}
