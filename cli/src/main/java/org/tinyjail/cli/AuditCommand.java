package org.tinyjail.cli;

import java.io.IOException;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code audit}: what the kernel logs of filters, as evidence. */
final class AuditCommand implements Command {
  static final String ROOT = "root";
  static final String TIMEOUT = "timeout";
  static final String HOST = "host";

  private static final List<String> VERBS =
      List.of("install", "uninstall", "follow", "import", "status", "plugin");

  @Override
  public String name() {
    return "audit";
  }

  @Override
  public String summary() {
    return "collect what the kernel logs of filters, as evidence";
  }

  @Override
  public String usage() {
    return "install|uninstall [--root DIR] | follow [--timeout DUR] | import FILE... | status";
  }

  @Override
  public String description() {
    return "The kernel logs what a filter logs (SCMP_ACT_LOG) or ends, and what it refuses where"
        + " the filter asks for that. The records name executable and call, not its arguments."
        + " Here they become evidence, by executable: a call that was logged and made is"
        + " needed (learn --from-audit, generate), one that was refused is a denial (review). So"
        + " policies are learned on other hosts, over days, at full speed: run a service or a"
        + " container under a profile made by \"convert --complain\", and collect."
        + "\n\ninstall makes tiny-jail a plugin of auditd, which then hands it all records; uninstall"
        + " undoes that. With --root in an image that is not running."
        + "\n\nfollow reads from the kernel itself, beside auditd or without it, until Ctrl-C; it"
        + " cannot slow what is logged. One of the plugin and follow collects at a time."
        + "\n\nimport reads files of a log, rotated and packed by gzip or not, the oldest first. A"
        + " record counts once, wherever it was read: so a file may be imported again, and"
        + " auditd's log fills what the plugin or follow has missed. Records of other hosts say so"
        + " (node=, or --host) and are counted for themselves."
        + "\n\nstatus says whether something collects, what it has, what is missing and from when to"
        + " when, and what keeps records away, with what to do about it. Exit code 1: something"
        + " does, or is missing."
        + "\n\nThe kernel's own log (dmesg) is no source: it keeps 10 lines in 5 seconds.";
  }

  @Override
  public Options options() {
    return new OptionSet()
        .value(ROOT, "DIR", "install in the system below DIR; default: this one")
        .value(TIMEOUT, "DUR", "follow for so long, such as 90s, 10m, 2h")
        .value(HOST, "NAME", "the records of FILE are of this host, where they do not say of which")
        .add(Stores.option())
        .add(Json.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail audit follow", "collect from now on, until Ctrl-C"),
        new Example("tiny-jail audit install", "collect always, by auditd"),
        new Example(
            "tiny-jail audit import /var/log/audit/audit.log*", "take in what auditd has kept"),
        new Example(
            "ssh web1 cat /var/log/audit/audit.log | tiny-jail audit import --host web1 -",
            "the same of another host"),
        new Example("tiny-jail audit status", "is something missing?"),
        new Example(
            "tiny-jail learn --from-audit --program nginx --out nginx.json", "make its policy"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    List<String> words = line.getArgList();
    String verb = words.isEmpty() ? "" : words.get(0);
    List<String> rest = words.isEmpty() ? List.of() : words.subList(1, words.size());
    if (!VERBS.contains(verb) || rest.isEmpty() == verb.equals("import")) {
      throw CommandException.usage(
          "wants \"install\", \"uninstall\", \"follow\", \"import FILE...\" or \"status\", was \""
              + String.join(" ", words)
              + "\"");
    }
    refuse(line, ROOT, verb, List.of("install", "uninstall"));
    refuse(line, TIMEOUT, verb, List.of("follow"));
    refuse(line, HOST, verb, List.of("import"));
    return switch (verb) {
      case "install" -> AuditInstall.of(line, context).install();
      case "uninstall" -> AuditInstall.of(line, context).uninstall();
      case "follow" -> new AuditCollection(line, context).follow();
      case "plugin" -> new AuditCollection(line, context).beOfAuditd();
      case "import" -> new AuditImport(line, context).run(rest);
      default -> new AuditStatus(line, context).run();
    };
  }

  private static void refuse(CommandLine line, String option, String verb, List<String> takers)
      throws CommandException {
    if (line.hasOption(option) && !takers.contains(verb)) {
      throw CommandException.usage("--" + option + " is of " + String.join(" and ", takers));
    }
  }
}
