package org.tinyjail.cli;

import java.io.IOException;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.bpf.BpfDisassembler;
import org.tinyjail.model.Arch;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Policy;

/** {@code compile}: a policy as the BPF program that the kernel runs. */
final class CompileCommand implements Command {
  @Override
  public String name() {
    return "compile";
  }

  @Override
  public String summary() {
    return "turn a policy into the BPF program that the kernel runs";
  }

  @Override
  public String usage() {
    return "POLICY -o FILE | POLICY --text";
  }

  @Override
  public String description() {
    return "Writes the filter as an array of struct sock_filter, as bwrap --seccomp takes it, or"
        + " with --text as readable assembly."
        + "\n\nThe program checks the architecture first and denies foreign ones; it holds the"
        + " policy's own"
        + " actions, without tiny-jail's supervisor. A policy without execve therefore stops"
        + " another sandbox"
        + " from starting the program.";
  }

  @Override
  public Options options() {
    OptionSet options =
        new OptionSet()
            .flag("text", "print assembly with names")
            .add(Architectures.option())
            .flag(Complaining.OPTION, Complaining.HELP)
            .flag("strict", "unknown names of system calls are an error");
    return PolicySource.addTo(options).add(Outputs.option("the program")).build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail compile app.policy.json --text", "see what the kernel will run"),
        new Example(
            "tiny-jail compile app.policy.json -o app.bpf; bwrap --ro-bind / / --seccomp 9 app"
                + " 9<app.bpf",
            "use it with another sandbox"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    if (line.getArgList().size() != 1 || line.hasOption("text") == line.hasOption("o")) {
      throw CommandException.usage("wants POLICY and either -o FILE or --text");
    }
    Arch machine = Architectures.of(line);
    Policy policy =
        PolicySource.profile(line.getArgList().get(0), line.hasOption("strict"), context)
            .resolve(PolicySource.context(line).withMachine(machine));
    BpfProgram program =
        BpfCompiler.compile(
            line.hasOption(Complaining.OPTION) ? Complaining.of(policy, line, context) : policy,
            org.tinyjail.generator.bpf.Options.verdict(machine));
    if (line.hasOption("text")) {
      context.out().print(BpfDisassembler.text(program));
      return ExitCode.DONE;
    }
    Outputs.write(line, context, program.toBytes());
    return ExitCode.DONE;
  }
}
