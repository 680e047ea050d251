package org.tinyjail.generator.bpf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.BpfProgram.Instruction;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallTable;

/** Filters as libseccomp makes them, by a helper in C. Without cc or libseccomp-dev tests fail. */
final class Libseccomp {
  private static final int REFUSED = 3;

  /** Not libseccomp's word for it, so that both having none is no agreement. */
  private static final int NO_NUMBER = Integer.MIN_VALUE;

  private static final List<Arch> ARCHS = List.of(Arch.X86_64, Arch.X86, Arch.X32, Arch.AARCH64);

  private static final Map<Arch, Long> TOKENS =
      Map.of(
          Arch.X86_64,
          0xC000003EL,
          Arch.X86,
          0x40000003L,
          Arch.X32,
          0x4000003EL,
          Arch.AARCH64,
          0xC00000B7L);

  private final Path helper;

  Libseccomp() throws IOException {
    this.helper = CHelper.compile("libseccomp_reference", "-lseccomp");
  }

  /**
   * libseccomp's filter for {@code policy}; empty where it refuses it.
   *
   * @param machine the architecture it will run on; it need not be this one
   * @param level of SCMP_FLTATR_CTL_OPTIMIZE
   */
  Optional<BpfProgram> compile(Policy policy, Arch machine, int level) throws IOException {
    byte[] bytes = run(text(policy, machine, level));
    return bytes.length == 0 ? Optional.empty() : Optional.of(program(bytes));
  }

  /** Names that libseccomp knows, with the architectures for which it has our number. */
  Map<String, Set<Arch>> agreedNumbers() throws IOException {
    String names = String.join("\n", SyscallTable.knownNames());
    Map<String, Set<Arch>> agreed = new HashMap<>();
    for (String line :
        new String(run(names, "numbers"), StandardCharsets.US_ASCII).lines().toList()) {
      String[] words = line.split(" ", -1);
      Set<Arch> archs = EnumSet.noneOf(Arch.class);
      for (int i = 0; i < ARCHS.size(); i++) {
        int number = SyscallTable.of(ARCHS.get(i)).number(words[0]).orElse(NO_NUMBER);
        if (number == Integer.parseInt(words[i + 1])) {
          archs.add(ARCHS.get(i));
        }
      }
      if (!archs.isEmpty()) {
        agreed.put(words[0], archs);
      }
    }
    return agreed;
  }

  /** What the helper writes; nothing if libseccomp refuses. */
  private byte[] run(String input, String... arguments) throws IOException {
    Path output = Files.createTempFile("libseccomp", ".out");
    try {
      List<String> command = new ArrayList<>(List.of(helper.toString()));
      command.addAll(List.of(arguments));
      Process process = new ProcessBuilder(command).redirectOutput(output.toFile()).start();
      process.getOutputStream().write(input.getBytes(StandardCharsets.US_ASCII));
      process.getOutputStream().close();
      String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = CHelper.await(process);
      if (status != 0 && status != REFUSED) {
        throw new IOException("helper ended with " + status + ": " + errors);
      }
      return status == REFUSED ? new byte[0] : Files.readAllBytes(output);
    } finally {
      Files.delete(output);
    }
  }

  private static String text(Policy policy, Arch machine, int level) {
    List<String> words = new ArrayList<>();
    words.add("default " + unsigned(policy.defaultAction().filterValue()));
    words.add("badarch " + unsigned(policy.foreignAction().filterValue()));
    words.add("optimize " + level);
    words.add("machine " + TOKENS.get(machine));
    policy.architecturesOn(machine).forEach(arch -> words.add("arch " + TOKENS.get(arch)));
    for (Rule rule : policy.rules()) {
      words.add(
          "rule "
              + unsigned(rule.action().filterValue())
              + " "
              + rule.syscall()
              + " "
              + rule.conditions().size());
      rule.conditions().forEach(condition -> words.add(text(condition)));
    }
    return String.join("\n", words) + "\n";
  }

  private static String text(ArgCondition condition) {
    return condition.index()
        + " "
        + condition.operator().name()
        + " "
        + Long.toUnsignedString(condition.value())
        + " "
        + Long.toUnsignedString(condition.valueTwo());
  }

  private static String unsigned(int value) {
    return Integer.toUnsignedString(value);
  }

  private static BpfProgram program(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Instruction> instructions = new ArrayList<>();
    while (buffer.hasRemaining()) {
      int code = buffer.getShort() & 0xffff;
      instructions.add(
          new Instruction(code, buffer.get() & 0xff, buffer.get() & 0xff, buffer.getInt()));
    }
    return new BpfProgram(instructions);
  }
}
