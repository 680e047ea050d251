package org.tinyjail.generator.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Policy;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/** Calls under a filter, each in a child process of its own. */
final class KernelCalls {
  /** What comes of a call of i386 where there are none: SIGSEGV. */
  static final String FAULT = "signal 11";

  private KernelCalls() {}

  /** What became of each call: {@code returned VALUE} or {@code signal NUMBER}. */
  static List<String> run(Path directory, BpfProgram program, List<SyscallData> calls)
      throws IOException {
    Path filter = directory.resolve("filter.bpf");
    Path input = directory.resolve("calls");
    Files.write(filter, program.toBytes());
    List<String> lines = new ArrayList<>();
    for (SyscallData data : calls) {
      StringBuilder line = new StringBuilder();
      line.append(data.arch() == Arch.X86.auditValue() ? "x86" : "x86_64");
      line.append(' ').append(data.number());
      data.arguments().forEach(a -> line.append(' ').append(Long.toUnsignedString(a)));
      lines.add(line.toString());
    }
    Files.write(input, lines);
    Process process =
        new ProcessBuilder(Helper.PROGRAM.toString(), filter.toString())
            .redirectInput(input.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(CHelper.await(process)).isZero();
    List<String> outcomes = output.lines().toList();
    assertThat(outcomes).hasSameSizeAs(calls);
    return outcomes;
  }

  /**
   * Whether this kernel has calls of i386 (CONFIG_IA32_EMULATION, and a hypervisor that lets them
   * pass). Where it has not, {@code int 0x80} is a fault, and there is nothing to filter.
   */
  static boolean has32BitCalls(Path directory) throws IOException {
    Policy open =
        new Policy(
            Action.ALLOW,
            List.of(Arch.X86_64, Arch.X86),
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.empty());
    BpfProgram program = BpfCompiler.compile(open, Options.verdict(Arch.X86_64));
    int getppid = SyscallTable.of(Arch.X86).number("getppid").orElseThrow();
    String outcome = run(directory, program, List.of(SyscallData.of(Arch.X86, getppid))).get(0);
    assertThat(outcome).matches("returned [0-9]+|" + FAULT);
    return !outcome.equals(FAULT);
  }

  /** Compiled when it is first needed. */
  private static final class Helper {
    static final Path PROGRAM = compile();

    private static Path compile() {
      try {
        return CHelper.compile("filter_run");
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
