package org.tinyjail.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.agent.AgentSession;
import org.tinyjail.agent.AgentSession.End;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.LaunchPlan;
import org.tinyjail.agent.LaunchPlan.Flag;
import org.tinyjail.agent.LaunchPlan.Mode;
import org.tinyjail.agent.TraceEvent;
import org.tinyjail.agent.TracingDecider;
import org.tinyjail.agent.TracingDecider.Detail;
import org.tinyjail.agent.WallTime;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/** {@code trace}: logs the calls of a program and of all that it starts. */
final class TraceCommand implements Command {
  private static final String SCHEMA = "trace-schema.json";

  @Override
  public String name() {
    return "trace";
  }

  @Override
  public String summary() {
    return "log a program's calls with decoded arguments";
  }

  @Override
  public String usage() {
    return "[OPTION]... -- CMD...";
  }

  @Override
  public String description() {
    return "Runs CMD and writes one line for each system call of it and of all processes that it"
        + " starts, when it is made, as strace does: thread, time, call. Results are not seen, since"
        + " seccomp notifies before a call and not after it: each line ends with \"= ?\". So are"
        + " not seen: the launch's own execve, requests through io_uring, and calls that the vDSO"
        + " answers. Calls that --filter leaves out by name run at full speed. Daemons are followed"
        + " until their last process ends; an interrupt ends them.\n\n"
        + TraceFilter.HELP;
  }

  @Override
  public boolean startsTarget() {
    return true;
  }

  @Override
  public boolean startsTarget(CommandLine line) {
    return !line.hasOption("schema");
  }

  @Override
  public Options options() {
    return new OptionSet()
        .values("filter", "EXPR", "only these calls; see above")
        .value("out", "FILE", "write to FILE instead of stderr; what it held is lost")
        .flag("summary", "no lines; at the end counts by call, executable and process")
        .flag("until-main-exits", "do not follow what outlives CMD; it goes on, not traced")
        .flag("schema", "print the JSON Schema of the lines of --json, and start nothing")
        .add(Json.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail trace -- ls /etc", "all calls, on stderr"),
        new Example(
            "tiny-jail trace --filter 'openat,execve path=/etc/*' -- make",
            "who opens or starts what in /etc"),
        new Example(
            "tiny-jail trace --filter '@network !recvfrom' --out net.log -- curl example.org",
            "a group without one of its calls"),
        new Example("tiny-jail trace --summary -- git status", "as strace -c"),
        new Example("tiny-jail trace --json -- date 2>&1 | jq -r .call", "for programs"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    if (line.hasOption("schema")) {
      context.out().print(schema());
      context.out().flush();
      return ExitCode.DONE;
    }
    if (!LaunchDescription.read().hasUserNotification()) {
      throw CommandException.failed(
          "this kernel has no seccomp user notification (Linux 5.0, CONFIG_SECCOMP_FILTER);"
              + " tracing needs it");
    }
    TraceFilter filter =
        line.hasOption("filter")
            ? TraceFilter.parse(line.getOptionValues("filter"))
            : TraceFilter.all();
    try (OutputStream out = open(line, context)) {
      return trace(line, context, filter, out) ? ExitCode.DONE : ExitCode.FAILED;
    }
  }

  private static String schema() throws IOException {
    try (InputStream in = TraceCommand.class.getResourceAsStream(SCHEMA)) {
      if (in == null) {
        throw new IllegalStateException(SCHEMA + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** A log grows as the program runs: opened as a shell's {@code >} does it. */
  private static OutputStream open(CommandLine line, Context context)
      throws CommandException, IOException {
    if (!line.hasOption("out")) {
      return new FileOutputStream(FileDescriptor.err);
    }
    Path file = context.resolve(line.getOptionValue("out"));
    if (Files.isDirectory(file)) {
      throw CommandException.badInput(file + " is a directory; name a file to write");
    }
    return Files.newOutputStream(file);
  }

  /** Whether all could be written. */
  private static boolean trace(
      CommandLine line, Context context, TraceFilter filter, OutputStream out) {
    String name = line.hasOption("out") ? line.getOptionValue("out") : "stderr";
    WallTime time = WallTime.since(context.clock());
    boolean json = line.hasOption(Json.OPTION);
    TraceFormat format =
        line.hasOption("summary")
            ? new TraceSummary(json)
            : json ? new TraceJson(time) : new TraceText(time);
    AgentSession session = AgentSession.open();
    if (line.hasOption("until-main-exits")) {
      session.leaveWithMain();
    }
    plan(filter).send();
    TraceLog log =
        new TraceLog(
            filter,
            format,
            out,
            failure ->
                context.say(
                    name + ": " + Words.of(failure) + "; the program goes on, its trace ends"));
    try (log) {
      End end = session.serve(new TracingDecider(filter, detail(line, filter), log));
      end.mainStatus()
          .ifPresent(
              status -> log.accept(new TraceEvent.Ended(System.nanoTime(), end.main(), status)));
    }
    return log.isWhole();
  }

  private static Detail detail(CommandLine line, TraceFilter filter) {
    if (line.hasOption("summary")) {
      return filter.looksAtPaths() ? Detail.ARGUMENTS : Detail.NAME;
    }
    return line.hasOption(Json.OPTION) ? Detail.CALL_SITE : Detail.ARGUMENTS;
  }

  /** If this process dies, the launcher lets everything pass. */
  private static LaunchPlan plan(TraceFilter filter) {
    return LaunchPlan.builder(Mode.AGENT)
        .notify(
            BpfCompiler.compileTracing(
                Arch.current(), TracingDecider.unwatched(filter, SyscallTable.knownNames())))
        .verdict(Filters.unwatched())
        .flag(Flag.BEST_EFFORT)
        .flag(Flag.FOLLOW)
        .flag(Flag.QUIET)
        .build();
  }
}
