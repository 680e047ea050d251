package org.tinyjail.generator.bpf;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tinyjail.generator.ContainerProfiles;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Policy;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/**
 * What our filters cost against libseccomp's and none: {@code scripts/bench filter}.
 *
 * <p>Podman's default rules on one and on three architectures. Ends with 1 when a bound is missed.
 * The column "least" is the shortest filter that denies the call at all: what is above bare there
 * is the kernel's own cost, which no filter can save. The denied call is {@code move_pages}, which
 * bare does as little as a call that exists can do (there is no such process); of a call that the
 * kernel lacks, its way to any filter at all is half as much again as the call.
 */
final class BenchFilter {
  private static final String ROUNDS = System.getProperty("bench.rounds", "21");
  private static final List<String> NAMES = List.of("ours", "linear", "tree", "least", "bare");
  private static final int TREE = 2;
  private static final int BARE = 4;
  private static final List<Arch> ONE = List.of(Arch.X86_64);
  private static final List<Arch> THREE = List.of(Arch.X86_64, Arch.X86, Arch.X32);

  private final PrintStream out;
  private boolean missed;

  private BenchFilter(PrintStream out) {
    this.out = out;
  }

  /** Runs in the directory of the module. */
  public static void main(String[] arguments) throws IOException {
    BenchFilter bench = new BenchFilter(System.out);
    bench.run(ONE);
    bench.run(THREE);
    System.exit(bench.missed ? 1 : 0);
  }

  private void run(List<Arch> archs) throws IOException {
    Policy policy = policy(archs);
    Libseccomp libseccomp = new Libseccomp();
    List<BpfProgram> programs =
        List.of(
            BpfCompiler.compile(policy, Options.verdict(Arch.X86_64)),
            libseccomp.compile(policy, Arch.X86_64, 1).orElseThrow(),
            libseccomp.compile(policy, Arch.X86_64, 2).orElseThrow(),
            leastThatDenies());
    List<double[]> costs = measure(programs);
    out.printf("%nPodman's default rules on %s%n", archs.stream().map(Arch::label).toList());
    out.printf(
        "%-30s%10s%10s%10s%10s%10s%18s%8s%n",
        "", "ours", "linear", "tree", "least", "bare", "ratio", "bound");
    double[] sizes = programs.stream().mapToDouble(p -> p.instructions().size()).toArray();
    double[] executed = programs.stream().mapToDouble(p -> executed(p, archs)).toArray();
    line("instructions", sizes, TREE, 1 / 3.0);
    line("executed, mean of all numbers", executed, TREE, 0);
    line("load, µs", column(costs, 0, 1000), TREE, 0.5);
    line("allowed call, ns", column(costs, 1, 1), BARE, 0);
    line("argument-checked call, ns", column(costs, 2, 1), BARE, 0);
    line("denied call, ns", column(costs, 3, 1), BARE, 1.3);
    line("denied, not in this kernel", column(costs, 4, 1), BARE, 0);
  }

  private static double[] column(List<double[]> costs, int kind, double unit) {
    return costs.stream().mapToDouble(cost -> cost[kind] / unit).toArray();
  }

  private void line(String name, double[] values, int against, double bound) {
    double ratio = values[0] / values[against];
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-30s", name));
    for (int i = 0; i < NAMES.size(); i++) {
      boolean given = i < values.length && values[i] > 0;
      text.append(
          given
              ? String.format(Locale.ROOT, "%10.1f", values[i])
              : String.format(Locale.ROOT, "%10s", "-"));
    }
    text.append(String.format(Locale.ROOT, "%11.2f × %-5s", ratio, NAMES.get(against)));
    if (bound > 0) {
      boolean over = ratio > bound;
      missed |= over;
      text.append(String.format(Locale.ROOT, "%6.2f  %s", bound, over ? "over" : "PASS"));
    }
    out.println(text);
  }

  private static Policy policy(List<Arch> archs) throws IOException {
    Policy podman = ContainerProfiles.resolved("podman", ContainerProfiles.Capabilities.NONE);
    return new Policy(
        podman.defaultAction(),
        archs,
        podman.rules().stream().filter(r -> SyscallTable.isKnown(r.syscall())).toList(),
        List.of(),
        Optional.empty(),
        Optional.empty());
  }

  private static BpfProgram leastThatDenies() {
    int denied = SyscallTable.of(Arch.X86_64).number("move_pages").orElseThrow();
    return new BpfProgram(
        List.of(
            new BpfProgram.Instruction(Op.LOAD, 0, 0, Op.NUMBER),
            new BpfProgram.Instruction(Op.EQ, 0, 1, denied),
            new BpfProgram.Instruction(Op.RETURN, 0, 0, Action.fail(1).filterValue()),
            new BpfProgram.Instruction(Op.RETURN, 0, 0, Action.ALLOW.filterValue())));
  }

  private static double executed(BpfProgram program, List<Arch> archs) {
    return archs.stream()
        .flatMap(arch -> SyscallTable.of(arch).numbers().stream().map(n -> SyscallData.of(arch, n)))
        .mapToInt(data -> BpfInterpreter.run(program, data).executed())
        .average()
        .orElseThrow();
  }

  /** For each program, and for none, the four costs. */
  private static List<double[]> measure(List<BpfProgram> programs) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(CHelper.compile("filter_bench").toString(), ROUNDS));
    for (int i = 0; i < programs.size(); i++) {
      Path file = Path.of("target", "test-c", NAMES.get(i) + ".bpf");
      Files.write(file, programs.get(i).toBytes());
      command.add(file.toString());
    }
    command.add("-");
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (CHelper.await(process) != 0) {
      throw new IOException("filter_bench failed");
    }
    return output
        .lines()
        .map(line -> line.trim().split(" ", -1))
        .map(words -> List.of(words).stream().mapToDouble(Double::parseDouble).toArray())
        .toList();
  }
}
