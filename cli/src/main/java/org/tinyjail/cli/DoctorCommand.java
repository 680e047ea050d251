package org.tinyjail.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.agent.KernelProbe;
import org.tinyjail.model.Escape;
import tools.jackson.core.JsonGenerator;

/** {@code doctor}: what this kernel, user and container allow. */
final class DoctorCommand implements Command {
  private static final int NAME_COLUMN = 21;
  private static final int STATE_COLUMN = 9;

  @Override
  public String name() {
    return "doctor";
  }

  @Override
  public String summary() {
    return "say what works on this machine, what does not, and what to do";
  }

  @Override
  public String usage() {
    return "[OPTION]...";
  }

  @Override
  public String description() {
    return "Tries what tiny-jail rests on, as this user, in this container: seccomp with its"
        + " actions and its listener, Landlock, the kernel's audit records, the store, the cache,"
        + " and more. Nothing is concluded from version numbers; each attempt is made in a process"
        + " of its own, and one logged call is left in the audit log.\n\n"
        + "Each line says ok, partial, missing or unknown. What is not ok has two lines more: what"
        + " that means for which command, and what to do about it. Exit code 1 says that a command"
        + " is limited; what stands under \"needed by no command\" does not count.";
  }

  @Override
  public Options options() {
    return new OptionSet().add(Stores.option()).add(Json.option()).build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail doctor", "before the first use, and when a command refuses"),
        new Example(
            "tiny-jail doctor --json | jq '.checks[] | select(.state != \"ok\")'",
            "only what is not ok"),
        new Example(
            "docker run --rm -v /opt/tiny-jail:/tj IMAGE /tj/bin/tiny-jail doctor",
            "what a container allows"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException {
    if (!line.getArgList().isEmpty()) {
      throw CommandException.usage("takes no \"" + line.getArgList().get(0) + "\"");
    }
    Map<String, List<Check>> groups = groups(line, context);
    List<Check> all = groups.values().stream().flatMap(List::stream).toList();
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> write(json, groups));
    } else {
      groups.forEach((title, checks) -> print(title, checks, Colours.of(context), context.out()));
      context.out().println(conclusion(all));
    }
    return all.stream().anyMatch(Check::isFinding) ? ExitCode.FINDINGS : ExitCode.DONE;
  }

  private static Map<String, List<Check>> groups(CommandLine line, Context context) {
    KernelProbe probe = KernelProbe.run(context.home().resolve("bin/tiny-jail"));
    SystemFiles files = new SystemFiles(Path.of("/"));
    KernelChecks kernel = new KernelChecks(probe, files);
    HostChecks host = new HostChecks(files, context.environment());
    Map<String, List<Check>> groups = new LinkedHashMap<>();
    groups.put("seccomp", kernel.seccomp());
    groups.put("walls and memory", kernel.walls());
    groups.put("audit", kernel.audit());
    groups.put("surroundings", host.surroundings());
    groups.put("tiny-jail", new OwnChecks(probe, context).all(line));
    groups.put("tools", host.tools());
    return groups;
  }

  /** A title and what was found, a paragraph each. */
  static void print(String title, List<Check> checks, Colours colours, PrintStream out) {
    boolean optional = checks.stream().noneMatch(Check::needed);
    out.println(colours.bold(title) + (optional ? " (needed by no command)" : ""));
    for (Check check : checks) {
      String state = " ".repeat(STATE_COLUMN - check.state().label().length());
      out.print("  " + colours.of(check.state()) + state);
      paragraph(STATE_COLUMN + 2, NAME_COLUMN, check.name(), check.found(), out);
      if (check.state() != Check.State.OK) {
        out.print(" ".repeat(STATE_COLUMN + 2));
        paragraph(STATE_COLUMN + 2, 7, "means", check.means(), out);
      }
      if (check.state() != Check.State.OK && !check.fix().isEmpty()) {
        out.print(" ".repeat(STATE_COLUMN + 2));
        paragraph(STATE_COLUMN + 2, 7, "fix", check.fix(), out);
      }
    }
    out.println();
  }

  /** A name, and beside it its text, broken into lines. */
  private static void paragraph(int at, int width, String name, String text, PrintStream out) {
    String indent = " ".repeat(at + width);
    out.print(name + " ".repeat(width - name.length()));
    out.println(Help.wrap(Escape.display(text), indent).stripLeading());
  }

  private static String conclusion(List<Check> all) {
    List<String> findings =
        all.stream().filter(Check::isFinding).map(Check::name).collect(Collectors.toList());
    return findings.isEmpty()
        ? "No command is limited."
        : Words.count(findings.size(), "finding") + ": " + String.join(", ", findings);
  }

  private static void write(JsonGenerator json, Map<String, List<Check>> groups) {
    json.writeStartObject();
    json.writeStringProperty("version", Version.text());
    json.writeStringProperty("kernel", System.getProperty("os.version", ""));
    json.writeStringProperty("machine", System.getProperty("os.arch", ""));
    json.writeArrayPropertyStart("checks");
    groups.forEach((title, checks) -> checks.forEach(check -> write(json, title, check)));
    json.writeEndArray();
    json.writeEndObject();
  }

  /** One thing that was looked at. */
  static void write(JsonGenerator json, String group, Check check) {
    json.writeStartObject();
    json.writeStringProperty("group", group);
    json.writeStringProperty("name", check.name());
    json.writeStringProperty("state", check.state().label());
    json.writeBooleanProperty("needed", check.needed());
    json.writeStringProperty("found", check.found());
    json.writeStringProperty("means", check.means());
    json.writeStringProperty("fix", check.fix());
    json.writeEndObject();
  }
}
