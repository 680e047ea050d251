package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.bpf.BpfDisassembler;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.Suggestion;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Arch;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Policy;

/** {@code compile}: a policy as the BPF program that the kernel runs. */
final class CompileCommand implements Command {
  private static final List<String> ARCHITECTURES = List.of("x86_64", "x86", "aarch64");

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
        + " with --text as readable assembly.";
  }

  @Override
  public Options options() {
    Options options =
        new OptionSet()
            .flag("text", "print assembly with names")
            .value("arch", "ARCH", "x86_64, x86 or aarch64; default: this machine's")
            .flag("strict", "unknown names of system calls are an error")
            .build();
    options.addOption(
        org.apache.commons.cli.Option.builder("o")
            .longOpt("output")
            .hasArg()
            .argName("FILE")
            .desc("write the program to FILE; - for standard output")
            .get());
    return options;
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
    String name = line.getArgList().get(0);
    Policy policy =
        OciSeccompJson.read(
            JsonInput.bytes(context.resolve(name), "a policy"), name, line.hasOption("strict"));
    Arch machine = machine(line);
    BpfProgram program =
        BpfCompiler.compile(policy, org.tinyjail.generator.bpf.Options.verdict(machine));
    if (line.hasOption("text")) {
      context.out().print(BpfDisassembler.text(program));
      return ExitCode.DONE;
    }
    if (line.getOptionValue("o").equals("-")) {
      context.out().write(program.toBytes());
      context.out().flush();
      return ExitCode.DONE;
    }
    Path out = context.resolve(line.getOptionValue("o"));
    AtomicFile.checkWritable(out);
    AtomicFile.write(out, program.toBytes());
    return ExitCode.DONE;
  }

  private static Arch machine(CommandLine line) throws CommandException {
    String word = line.getOptionValue("arch", Arch.current().label());
    if (!ARCHITECTURES.contains(word)) {
      throw CommandException.usage(
          "unknown --arch \""
              + word
              + "\""
              + Suggestion.ending(word, ARCHITECTURES, String.join(", ", ARCHITECTURES)));
    }
    return Arch.valueOf(word.toUpperCase(Locale.ROOT));
  }
}
