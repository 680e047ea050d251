package org.tinyjail.cli;

import java.io.IOException;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.agent.LaunchDescription;

/** {@code learn}: watches a program and writes its policy. */
final class LearnCommand implements Command {
  @Override
  public String name() {
    return "learn";
  }

  @Override
  public String summary() {
    return "watch a program and write its policy";
  }

  @Override
  public String usage() {
    return "[OPTION]... -- CMD... | --from-file FILE [OPTION]... | --from-audit --program P"
        + " [OPTION]...";
  }

  @Override
  public String description() {
    return "Runs CMD with every system call answered by tiny-jail, so that none is missed, adds"
        + " what was seen to earlier evidence for this program and writes an OCI seccomp policy,"
        + " with the reasons of each rule in FILE.why.json beside it. Standard streams, signals,"
        + " terminal and exit code are the program's own; the summary goes to stderr. Daemons are"
        + " followed until their last process ends; an interrupt (Ctrl-C, SIGTERM) ends them, and"
        + " the policy is written all the same. With --until-main-exits they go on when CMD has"
        + " ended, neither followed nor held."
        + "\n\nEvidence stays in the store under the program's path, so that a second run adds"
        + " to the policy"
        + " of the first; --fresh begins anew. Arguments are limited where the danger of a call"
        + " lies in them:"
        + " the family of a socket, the request of an ioctl, the protection of a mapping. Where"
        + " runs bring more and more values, beyond --widen combinations, the argument is left"
        + " open; the summary says so when it happens, explain from then on."
        + "\n\nclone3 and io_uring_setup answer ENOSYS, while learning as under the policy:"
        + " programs then fall"
        + " back to clone, whose flags a filter can see, and to plain calls. --args none and"
        + " --io-uring let"
        + " them pass. Learning protects from nothing: learn only programs and input that you"
        + " trust."
        + "\n\n--from-file runs the commands of a file one after another, under one profile: one a"
        + " line, words as in a shell (quotes, backslash, # for a comment), but no shell reads them:"
        + " no expansion, and an operator such as | is an error; write sh -c '...' for those. A"
        + " command that fails is reported and the rest goes on; the exit code is then 1. Ctrl-C"
        + " ends it after the command that runs, and what was learned is written."
        + "\n\n--from-audit starts nothing: it makes the policy of a program from what the kernel"
        + " has logged of it (tiny-jail audit) and all other evidence for it. The log names no"
        + " arguments, so that a call that was only logged is allowed with any."
        + "\n\nOf a server that serves again and again, learn also finds which calls only its start"
        + " needs, and writes them to CMD.serving.json, for run --phases."
        + "\n\n"
        + PolicyOptions.description()
        + "\n\n"
        + FuzzOptions.description()
        + "\n\n"
        + ExecutablePolicies.description();
  }

  @Override
  public boolean startsTarget() {
    return true;
  }

  @Override
  public boolean startsTarget(CommandLine line) {
    return !line.hasOption(LogLearning.OPTION);
  }

  @Override
  public Options options() {
    return PolicyOptions.addTo(
            FuzzOptions.addTo(ExecutablePolicies.addTo(new OptionSet()))
                .value("out", "FILE", "the policy to write; default: CMD.policy.json")
                .value("profile", "NAME", "what the evidence belongs to; default: CMD's real path")
                .value(
                    "timeout",
                    "DUR",
                    "end the program, with --fuzz each execution, after 90s, 10m, 2h")
                .flag("until-main-exits", "do not follow what outlives CMD; it goes on, unlearned")
                .value("from-file", "FILE", "run the commands of FILE instead of CMD, one a line")
                .flag(LogLearning.OPTION, "learn from the kernel's log, which audit has collected")
                .values(LogLearning.PROGRAM, "P", "with --from-audit: whose records, such as nginx")
                .value(LogLearning.SINCE, "DUR", "with --from-audit: logged within DUR, such as 7d")
                .flag("append", "add to what was learned before; the default")
                .flag("fresh", "forget what was learned of this program before")
                .flag("fast", "answer only calls not yet known; counts are then lower bounds")
                .flag("quiet", "no summary"))
        .add(Stores.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail learn -- sqlite3 my.db 'select 1'", "writes sqlite3.policy.json"),
        new Example(
            "tiny-jail learn --out web.json --timeout 60s -- nginx -g 'daemon off;'",
            "a server: use it meanwhile"),
        new Example(
            "tiny-jail learn --from-file workloads.txt --profile web --out web.json",
            "many commands, one policy"),
        new Example(
            "tiny-jail learn --fuzz 10m -- xmllint @@",
            "inputs of a fuzzer, in a file named for @@"),
        new Example(
            "tiny-jail learn --fuzz 10m --input tcp:6379 -- redis-server",
            "a server: inputs are connections"),
        new Example(
            "tiny-jail learn --from-audit --since 7d --program nginx",
            "what it was logged to do within a week"),
        new Example("tiny-jail learn --args none -- make", "calls only, whatever their arguments"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    if (line.hasOption(LogLearning.OPTION)) {
      return new LogLearning(line, context).run();
    }
    LaunchDescription launch = LaunchDescription.read();
    if (!launch.hasUserNotification()) {
      throw CommandException.failed(
          "this kernel has no seccomp user notification (Linux 5.0, CONFIG_SECCOMP_FILTER);"
              + " learning needs it");
    }
    if (line.hasOption("fresh") && line.hasOption("append")) {
      throw CommandException.usage("--fresh forgets what --append adds to; choose one");
    }
    FuzzOptions.checkWanted(line);
    return new Learning(line, context, launch).run();
  }
}
