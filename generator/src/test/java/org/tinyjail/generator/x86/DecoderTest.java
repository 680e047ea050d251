package org.tinyjail.generator.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecoderTest {
  private static final long ADDRESS = 0x1000;
  private static final int RANDOM_INSTRUCTIONS = 50_000;

  /**
   * Bytes = what they mean at 0x1000, as {@link Listing} says it; all bytes are the instruction.
   */
  private static final String TABLE =
      """
      # data flow that leads to a system call
      b83c000000 = MOVE eax, 60
      48c7c03c000000 = MOVE rax, 60
      48c7c0ffffffff = MOVE rax, -1
      66b83412 = MOVE ax, 4660
      48b8efcdab8967452301 = MOVE rax, 81985529216486895
      41b90a000000 = MOVE r9d, 10
      b0ff = MOVE al, -1
      b405 = MOVE ah, 5
      40b405 = MOVE spl, 5
      41b405 = MOVE r12b, 5
      89c7 = MOVE edi, eax
      4889f7 = MOVE rdi, rsi
      4c8b6c2408 = MOVE r13, [rsp+8]:64
      8a6301 = MOVE ah, [rbx+1]:8
      88642410 = MOVE [rsp+16]:8, ah
      4088642410 = MOVE [rsp+16]:8, spl
      c7442408ffffffff = MOVE [rsp+8]:32, -1
      66c74424080100 = MOVE [rsp+8]:16, 1
      c6450001 = MOVE [rbp+0]:8, 1
      480fc30424 = MOVE [rsp+0]:64, rax
      31c0 = XOR eax, eax
      4531c9 = XOR r9d, r9d
      83e0fe = AND eax, -2
      4881e400ffffff = AND rsp, -256
      0d00000800 = OR eax, 524288
      83c801 = OR eax, 1
      4883ec18 = SUBTRACT rsp, 24
      29d0 = SUBTRACT eax, edx
      2b07 = SUBTRACT eax, [rdi+0]:32
      4801c8 = ADD rax, rcx
      4805ffffff7f = ADD rax, 2147483647
      0422 = ADD al, 34
      00e1 = ADD cl, ah
      ffc0 = INCREMENT eax
      fe4c2407 = DECREMENT [rsp+7]:8
      f7d8 = NEGATE eax
      49f7d4 = NOT r12
      c1e004 = SHIFT_LEFT eax, 4
      48d1e8 = SHIFT_RIGHT rax, 1
      c1f81f = SHIFT_RIGHT_SIGNED eax, 31
      d3e0 = SHIFT_LEFT eax, cl
      d0e0 = SHIFT_LEFT al, 1
      c1f004 = SHIFT_LEFT eax, 4
      0fafc3 = MULTIPLY eax, ebx
      6bc0e8 = MULTIPLY eax, eax, -24
      4869c710270000 = MULTIPLY rax, rdi, 10000
      83f83b = COMPARE eax, 59
      3d00f0ffff = COMPARE eax, -4096
      3803 = COMPARE [rbx+0]:8, al
      85c0 = TEST eax, eax
      a808 = TEST al, 8
      f6c401 = TEST ah, 1
      f6c801 = TEST al, 1
      f7050000000001000000 = TEST [100a]:32, 1
      0fb6c0 = ZERO_EXTEND eax, al
      0fb6c4 = ZERO_EXTEND eax, ah
      400fb6c4 = ZERO_EXTEND eax, spl
      0fb7c9 = ZERO_EXTEND ecx, cx
      480fbec0 = SIGN_EXTEND rax, al
      0fbf442404 = SIGN_EXTEND eax, [rsp+4]:16
      4863c7 = SIGN_EXTEND rax, edi
      4898 = SIGN_EXTEND rax, eax
      98 = SIGN_EXTEND eax, ax
      6698 = SIGN_EXTEND ax, al
      0f44c2 = CONDITIONAL_MOVE if EQUAL eax, edx
      490f4fc7 = CONDITIONAL_MOVE if GREATER rax, r15
      0f94c0 = SET if EQUAL al
      0f95c4 = SET if NOT_EQUAL ah
      93 = EXCHANGE ebx, eax
      4987c0 = EXCHANGE r8, rax
      90 = NOTHING
      f390 = NOTHING
      4890 = NOTHING
      4990 = EXCHANGE r8, rax
      f30f1efa = NOTHING edx
      660f1f840000000000 = NOTHING [rax+rax*1+0]:16
      54 = PUSH rsp
      4154 = PUSH r12
      6aff = PUSH -1
      6800000080 = PUSH -2147483648
      ff742408 = PUSH [rsp+8]:64
      5f = POP rdi
      8f00 = POP [rax+0]:64
      665b = POP bx
      c9 = LEAVE
      # addresses
      488d3d00100000 = LOAD_ADDRESS rdi, [2007]
      488d442420 = LOAD_ADDRESS rax, [rsp+32]
      4a8d04fd00000000 = LOAD_ADDRESS rax, [r15*8+0]
      428d04a5ffffffff = LOAD_ADDRESS eax, [r12*4+-1]
      8b0424 = MOVE eax, [rsp+0]:32
      418b0424 = MOVE eax, [r12+0]:32
      418b4500 = MOVE eax, [r13+0]:32
      438b442500 = MOVE eax, [r13+r12*1+0]:32
      8b042578563412 = MOVE eax, [12345678]:32
      8b0425f0ffffff = MOVE eax, [fffffffffffffff0]:32
      678b0425f0ffffff = MOVE eax, [fffffff0]:32
      64488b042528000000 = MOVE rax, [fs:40]:64
      65488b0425e8030000 = MOVE rax, [gs:1000]:64
      648b4008 = MOVE eax, [fs:rax+8]:32
      2e648b4008 = MOVE eax, [fs:rax+8]:32
      678b4308 = MOVE eax, [ebx+8]:32
      8b05fcffffff = MOVE eax, [1002]:32
      418b05fcffffff = MOVE eax, [1003]:32
      c705fcffffff02000000 = MOVE [1006]:32, 2
      a1efcdab8967452301 = MOVE eax, [123456789abcdef]:32
      67a178563412 = MOVE eax, [12345678]:32
      48a3efcdab8967452301 = MOVE [123456789abcdef]:64, rax
      # branches
      e8fbffffff = CALL 1000
      e900010000 = JUMP 1105
      ebfe = JUMP 1000
      f2e900010000 = JUMP 1106
      74fe = JUMP_CONDITIONAL if EQUAL 1000
      0f8f00010000 = JUMP_CONDITIONAL if GREATER 1106
      2e7510 = JUMP_CONDITIONAL if NOT_EQUAL 1013
      66e900010000 = JUMP 1106
      6648e800010000 = CALL 1107
      e2fe = JUMP_CONDITIONAL 1000 -> rcx
      e3fe = JUMP_CONDITIONAL 1000
      c7f800010000 = JUMP_CONDITIONAL 1106 -> rax
      ffd0 = CALL_INDIRECT rax
      41ff542408 = CALL_INDIRECT [r12+8]:64
      ff2500200000 = JUMP_INDIRECT [3006]:64
      f2ff2500200000 = JUMP_INDIRECT [3007]:64
      3effe0 = JUMP_INDIRECT rax
      ff24c500204000 = JUMP_INDIRECT [rax*8+4202496]:64
      c3 = RETURN -> rsp
      f3c3 = RETURN -> rsp
      c20800 = RETURN 8 -> rsp
      48cf = RETURN -> rsp
      0f05 = SYSCALL -> rax rcx r11
      cd80 = INT80 128 -> rax
      cd03 = TRAP 3 -> rax
      0f34 = SYSENTER -> rax rcx rdx rsp
      0f0b = TRAP
      0fb9c1 = TRAP eax, ecx
      f4 = TRAP
      cc = TRAP
      # what other instructions write
      f7e1 = OTHER ecx -> rax rdx
      48f7f9 = OTHER rcx -> rax rdx
      4899 = OTHER -> rdx
      0fa2 = OTHER -> rax rcx rdx rbx
      0f31 = OTHER -> rax rdx
      0f01f9 = OTHER ? -> rax rcx rdx rbx memory
      0f01d0 = OTHER ? -> rax rcx rdx rbx memory
      f348ab = OTHER -> rcx rdi memory
      f3a4 = OTHER -> rcx rsi rdi memory
      f2ae = OTHER -> rcx rdi
      ac = OTHER -> rax rcx rsi
      19c0 = OTHER eax, eax -> rax
      11442404 = OTHER [rsp+4]:32, eax -> memory
      c1c008 = OTHER eax, 8 -> rax
      0fc8 = OTHER eax -> rax
      490fcc = OTHER r12 -> r12
      0fbcc2 = OTHER eax, edx -> rax
      f30fb8c2 = OTHER eax, edx -> rax
      0fa3c2 = OTHER edx, eax ->
      0fabc2 = OTHER edx, eax -> rdx
      0fa4c205 = OTHER edx, eax -> rdx
      f00fb10f = OTHER [rdi+0]:32, ecx -> rax memory
      0fb1cf = OTHER edi, ecx -> rax rdi
      f00fc103 = OTHER [rbx+0]:32, eax -> rax memory
      480fc70f = OTHER [rdi+0] -> rax rdx memory
      480fc7f1 = OTHER rcx -> rcx
      f30fc7f9 = OTHER rcx -> rcx
      f3480faec0 = OTHER rax -> rax
      8cd8 = OTHER eax, ? -> rax
      8ed8 = OTHER ?, ax ->
      0f20c0 = OTHER rax, ? -> rax
      0f2000 = OTHER rax, ? -> rax
      0fa0 = PUSH
      d7 = OTHER -> rax
      ec = OTHER -> rax
      e460 = OTHER 96 -> rax
      c8100001 = OTHER 16 -> rsp rbp memory
      dfe0 = OTHER ax -> rax
      d93c24 = OTHER [rsp+0] -> memory
      d9442408 = OTHER [rsp+8] ->
      9b = OTHER ->
      # vectors
      660f6ec7 = OTHER ?, edi ->
      660f7ec0 = OTHER eax, ? -> rax
      66490f7ec0 = OTHER r8, ? -> r8
      f30f7ec0 = OTHER ?, ? ->
      0f114424f0 = OTHER [rsp+-16], ? -> memory
      0f104424f0 = OTHER ?, [rsp+-16] ->
      660fd7c0 = OTHER eax, ? -> rax
      0f50c8 = OTHER ecx, ? -> rcx
      f2480f2cc0 = OTHER rax, ? -> rax
      660f3a63c10c = OTHER ?, ? -> rcx
      660f3a16c001 = OTHER eax, ? -> rax
      660f3a0fc108 = OTHER ?, ? ->
      f2480f38f1c2 = OTHER rax, rdx -> rax
      0f38f003 = OTHER eax, [rbx+0]:32 -> rax
      0f38f103 = OTHER [rbx+0]:32, eax -> memory
      0f0fc1b4 = OTHER ?, ? ->
      c5f877 = OTHER ->
      c5fd7f4500 = OTHER [rbp+0], ? -> memory
      c5f96ec0 = OTHER ?, eax ->
      c5f97ec1 = OTHER ecx, ? -> rcx
      c5fdd7c1 = OTHER eax, ? -> rax
      c4c1797ec1 = OTHER r9d, ? -> r9
      c4e270f2c2 = OTHER eax, ecx -> rax
      c4e2f8f3c9 = OTHER rax, rcx -> rax
      c4e2fbf6c8 = OTHER rcx, rax -> rax rcx
      c4e37bf0c005 = OTHER eax, eax -> rax
      c4e2f9f7c3 = OTHER rax, rbx -> rax
      c5fb92c8 = OTHER ?, eax ->
      c5fb93c8 = OTHER ecx, ? -> rcx
      c4e27990046f = OTHER ?, [rdi+vector*2+0] ->
      62f17c48114001 = OTHER [rax+1 units], ? -> memory
      62f17c48114000 = OTHER [rax+0], ? -> memory
      62f17c48118040000000 = OTHER [rax+64], ? -> memory
      62f17d087ec0 = OTHER eax, ? -> rax
      62f2fd48a28487ffffffff = OTHER [rdi+vector*4+-1], ? -> memory
      62f57c48584001 = OTHER ?, [rax+1 units] ->
      8fe97801cb = OTHER eax, ebx -> rax
      8fea7810c300010000 = OTHER eax, ebx -> rax
      c4e7fbf8c000010000 = OTHER rax, 256 -> rax
      """;

  static Stream<String> rows() {
    return TABLE.lines().filter(line -> !line.startsWith("#"));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void bytesMeanWhatTheManualSays(String row) {
    String[] parts = row.split(" = ", 2);
    byte[] code = HexFormat.of().parseHex(parts[0]);
    Instruction found = new Instruction();
    assertThat(Decoder.decode(code, 0, code.length, ADDRESS, found)).isEqualTo(code.length);
    assertThat(found.length()).isEqualTo(code.length);
    assertThat(found.address()).isEqualTo(ADDRESS);
    assertThat(Listing.of(found)).isEqualTo(parts[1]);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void whatIsCutOffIsNoInstructionAndBytesBeyondTheEndAreNotRead(String row) {
    byte[] code = HexFormat.of().parseHex(row.split(" = ", 2)[0]);
    byte[] embedded = new byte[code.length + 32];
    System.arraycopy(code, 0, embedded, 7, code.length);
    Instruction found = new Instruction();
    for (int length = 0; length < code.length; length++) {
      assertThat(Decoder.decode(embedded, 7, 7 + length, ADDRESS, found)).isZero();
      assertThat(Decoder.decode(Arrays.copyOf(code, length), 0, length, ADDRESS, found)).isZero();
      assertThat(found.length()).isZero();
    }
    assertThat(Decoder.decode(embedded, 7, embedded.length, ADDRESS, found)).isEqualTo(code.length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "06",
        "0e",
        "16",
        "27",
        "37",
        "60",
        "61",
        "82c001",
        "9a000000000000",
        "ce",
        "d401",
        "d6",
        "ea000000000000",
        "8fc8",
        "c6c801",
        "c7c801000000",
        "fed0",
        "fff8",
        "ffd8",
        "ffe8",
        "0f04",
        "0f0a",
        "0f24c0",
        "0f3600",
        "0f0128",
        "0fb8c0",
        "0fbac001",
        "0fc7c0",
        "0fc700",
        "0faec0",
        "d9d1",
        "d9e2",
        "ddf0",
        "0f3b",
        "0f38ff00",
        "0f3aff0000",
        "8dc0",
        "62f07c4858c0",
        "62f1784858c0",
        "66c5f877",
        "48c5f877",
        "f0c5f877",
        "f3c5f877",
        "c5f800",
        "c4e0f800",
        "c4e8780000",
        "d50000",
        "c4e379f0c000"
      })
  void whatIsUndefinedIsNoInstruction(String hex) {
    byte[] code = Arrays.copyOf(HexFormat.of().parseHex(hex), 20);
    assertThat(Decoder.decode(code, 0, code.length, ADDRESS, new Instruction())).isZero();
  }

  @Test
  void instructionsEndAtFifteenBytes() {
    byte[] code = new byte[32];
    Arrays.fill(code, (byte) 0x66);
    code[14] = (byte) 0x90;
    code[15] = (byte) 0x90;
    Instruction found = new Instruction();
    assertThat(Decoder.decode(code, 0, code.length, ADDRESS, found)).isEqualTo(15);
    code[14] = 0x66;
    assertThat(Decoder.decode(code, 0, code.length, ADDRESS, found)).isZero();
    assertThat(Decoder.decode(code, 1, code.length, ADDRESS, found)).isEqualTo(15);
    byte[] immediate = HexFormat.of().parseHex("6666666666666666666681c000000000");
    assertThat(Decoder.decode(immediate, 0, 16, ADDRESS, found)).isEqualTo(14);
    byte[] longer = HexFormat.of().parseHex("2e2e2e2e2e2e2e2e2e2e81c000000000");
    assertThat(Decoder.decode(longer, 0, 16, ADDRESS, found)).isZero();
  }

  @Test
  void anOffsetOutsideTheCodeIsRefused() {
    byte[] code = new byte[4];
    Instruction found = new Instruction();
    for (int[] range : List.of(new int[] {-1, 2}, new int[] {3, 2}, new int[] {0, 5})) {
      assertThatThrownBy(() -> Decoder.decode(code, range[0], range[1], ADDRESS, found))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void randomBytesAreDecodedWithinTheirEndOrNotAtAll() {
    Random random = new Random(5);
    Instruction found = new Instruction();
    Instruction again = new Instruction();
    int valid = 0;
    for (int i = 0; i < RANDOM_INSTRUCTIONS; i++) {
      byte[] code = new byte[1 + random.nextInt(20)];
      random.nextBytes(code);
      int length = Decoder.decode(code, 0, code.length, ADDRESS, found);
      assertThat(length).isBetween(0, Math.min(15, code.length));
      if (length > 0) {
        valid++;
        assertThat(Decoder.decode(Arrays.copyOf(code, length), 0, length, ADDRESS, again))
            .isEqualTo(length);
        assertThat(Listing.of(again)).isEqualTo(Listing.of(found));
        assertThat(found.writes()).isBetween(0, 0xffff);
      }
    }
    assertThat(valid).isGreaterThan(RANDOM_INSTRUCTIONS / 2);
  }

  @Test
  void nothingOfTheLastInstructionIsLeftInTheNext() {
    List<byte[]> codes =
        rows().map(row -> HexFormat.of().parseHex(row.split(" = ", 2)[0])).toList();
    Instruction reused = new Instruction();
    for (byte[] before : codes) {
      for (byte[] code : codes.subList(0, 10)) {
        Decoder.decode(before, 0, before.length, ADDRESS, reused);
        Decoder.decode(code, 0, code.length, ADDRESS, reused);
        Instruction fresh = new Instruction();
        Decoder.decode(code, 0, code.length, ADDRESS, fresh);
        assertThat(Listing.of(reused)).isEqualTo(Listing.of(fresh));
      }
    }
  }

  @Test
  void prefixesAreTold() {
    Instruction found = decoded("f0480fc10b");
    assertThat(found.isLocked()).isTrue();
    assertThat(found.operandSize()).isEqualTo(64);
    assertThat(found.hasRep() || found.hasRepne()).isFalse();
    found = decoded("f366a5");
    assertThat(found.hasRep()).isTrue();
    assertThat(found.operandSize()).isEqualTo(16);
    assertThat(decoded("f2ae").hasRepne()).isTrue();
    assertThat(decoded("f3f2ae").hasRep()).isFalse();
    assertThat(decoded("678b00").addressSize()).isEqualTo(32);
    assertThat(decoded("4866b80100").operandSize()).isEqualTo(16); // REX is not the last prefix
  }

  @Test
  void opcodesAreToldWithTheirMap() {
    assertThat(List.of(decoded("90").map(), decoded("90").opcode())).containsExactly(0, 0x90);
    Instruction found = decoded("0f05");
    assertThat(List.of(found.map(), found.opcode())).containsExactly(1, 5);
    found = decoded("0f38f003");
    assertThat(List.of(found.map(), found.opcode())).containsExactly(2, 0xf0);
    found = decoded("c4e37bf0c005");
    assertThat(List.of(found.map(), found.opcode())).containsExactly(3, 0xf0);
  }

  private static Instruction decoded(String hex) {
    byte[] code = HexFormat.of().parseHex(hex);
    Instruction found = new Instruction();
    assertThat(Decoder.decode(code, 0, code.length, ADDRESS, found)).isEqualTo(code.length);
    return found;
  }
}
