package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.LaunchPlan;
import org.tinyjail.agent.LaunchPlan.Flag;
import org.tinyjail.agent.LaunchPlan.Mode;
import org.tinyjail.agent.PointerTable;
import org.tinyjail.generator.groups.Groups;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.lint.UnknownCalls;
import org.tinyjail.generator.oci.MobySeccompJson;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/**
 * {@code run}: holds a program to a policy.
 *
 * <p>Here only on the first run of a policy, or when an agent is wanted: otherwise the launcher
 * finds the plan under its key and no JVM is started.
 */
final class RunCommand implements Command {
  @Override
  public String name() {
    return "run";
  }

  @Override
  public String summary() {
    return "hold a program to a policy; record every denial";
  }

  @Override
  public String usage() {
    return "--policy POLICY [OPTION]... -- CMD...";
  }

  @Override
  public String description() {
    return "Runs CMD under the policy. What the policy denies fails with the policy's errno (or"
        + " kills, as the policy says) and is recorded with its arguments and call site for"
        + " \"tiny-jail review\". Standard streams, signals, terminal and exit code are the"
        + " program's own."
        + "\n\nA small parent process records the denials; Java runs only on the first run of a"
        + " policy, and with"
        + " --watch or --ask. With --no-agent no process stays behind: the kernel answers, and"
        + " what it denies"
        + " is found in its audit log only. A policy that does not allow execve keeps that parent all"
        + " the same, since the launch's own execve has to be let through; a note says so. Where the"
        + " kernel cannot enforce everything, the"
        + " program is not"
        + " started unless --best-effort is given; \"tiny-jail doctor\" says what is missing."
        + "\n\nUnder --complain nothing is denied, and --ask lets pass what you allow: that"
        + " protects against"
        + " mistakes, not against a hostile program, whose threads may change what pointers show"
        + " after the"
        + " answer.";
  }

  @Override
  public boolean startsTarget() {
    return true;
  }

  @Override
  public Options options() {
    OptionSet options =
        new OptionSet()
            .value(
                "policy",
                "POLICY",
                "the profile to enforce: a file in OCI's or Docker's form, or @docker, @podman or"
                    + " @nspawn for what these allow by default");
    return Phases.addTo(PolicySource.addTo(options))
        .value(
            "default-action",
            "errno|kill|log|notify|trap|allow",
            "the action for all calls that the policy does not name, instead of its own")
        .values(
            "kill",
            "CALL[,CALL]...",
            "kill the program at these calls, whatever the policy and --log; CALL may be a @GROUP")
        .values(
            "log",
            "CALL[,CALL]...",
            "let these calls pass, logged by the kernel's audit; CALL may be a @GROUP")
        .flag("watch", "print denials on stderr as they happen")
        .flag("ask", "ask at the terminal what is to be done with each denied call")
        .flag("complain", "deny nothing, record everything that would be denied")
        .flag(
            "no-agent",
            "leave nothing behind, if the policy allows execve: the kernel answers, denials go to"
                + " its audit log only")
        .flag("best-effort", "run even if the kernel cannot enforce everything")
        .value("profile", "NAME", "what the records belong to; default: the program's path")
        .flag("quiet", "no notes, no closing line about denials")
        .add(Stores.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example(
            "tiny-jail run --policy app.policy.json -- app --port 80", "enforce; record denials"),
        new Example(
            "tiny-jail run --policy app.policy.json --complain -- app",
            "deny nothing, see what would be denied"),
        new Example(
            "tiny-jail run --policy web.json --phases --ready-port 80 -- nginx",
            "once it listens, deny what only its start needed"),
        new Example(
            "tiny-jail run --policy app.policy.json --kill ptrace,@namespace-user -- app",
            "some calls are never a mistake"),
        new Example(
            "tiny-jail run --policy @docker --caps none -- app",
            "what a container without capabilities may do"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    if (!line.hasOption("policy")) {
      throw CommandException.usage("wants --policy POLICY -- CMD...");
    }
    LaunchDescription launch = LaunchDescription.read();
    Policy policy = changed(read(line, launch, context), line);
    Supervision supervision = Supervision.of(line, policy, context);
    Optional<Phases> phases =
        Phases.of(line, PolicySource.file(line.getOptionValue("policy"), context));
    if (supervision.mode() == Mode.AGENT) {
      return new WatchedRun(line, context, launch, policy, supervision).serve();
    }
    if (line.hasOption("no-agent") && supervision.freeExec() && !line.hasOption("quiet")) {
      context.say(
          "note: --no-agent: the supervisor stays, since "
              + line.getOptionValue("policy")
              + " does not allow execve and the launch's own must pass; it records denials as ever");
    }
    plan(line, policy, supervision, phases).send();
    return ExitCode.DONE;
  }

  /** The way to the plan of a policy that is new here, for a launch that is only rehearsed. */
  static void rehearse(CommandLine line, Context context, Path description, Path plan)
      throws CommandException, IOException {
    Policy policy = changed(read(line, LaunchDescription.read(description), context), line);
    plan(line, policy, Supervision.of(line, policy, context), Optional.empty()).send(plan);
  }

  /**
   * How the target is supervised.
   *
   * @param mode who answers
   * @param complain whether denied calls are carried out
   * @param freeExec whether the policy lacks execve, so that the launch's own must be let through
   * @param recorded whether denials with an errno are notified rather than answered by the kernel
   * @param spools the directory for records
   */
  record Supervision(Mode mode, boolean complain, boolean freeExec, boolean recorded, Path spools) {
    static Supervision of(CommandLine line, Policy policy, Context context)
        throws CommandException {
      boolean complain = line.hasOption("complain");
      boolean noAgent = line.hasOption("no-agent");
      boolean agent = line.hasOption("watch") || line.hasOption("ask");
      if (complain && line.hasOption("ask")) {
        throw CommandException.usage("--ask and --complain exclude each other");
      }
      if (noAgent && (agent || complain)) {
        throw CommandException.usage("--no-agent excludes --watch, --ask and --complain");
      }
      boolean freeExec = !allowsExec(policy);
      Mode mode = agent ? Mode.AGENT : noAgent && !freeExec ? Mode.EXEC : Mode.RECORDER;
      Path spools = Stores.directory(line, context).spool();
      return new Supervision(mode, complain, freeExec, !noAgent, spools);
    }

    /** The same for a policy in force once the program has been launched. */
    Supervision withoutFreeExec() {
      return new Supervision(mode, complain, false, recorded, spools);
    }

    private static boolean allowsExec(Policy policy) {
      List<Rule> rules =
          policy.rules().stream().filter(rule -> rule.syscall().equals("execve")).toList();
      return rules.isEmpty()
          ? !policy.defaultAction().denies()
          : rules.stream().noneMatch(rule -> rule.action().denies())
              && rules.stream().anyMatch(rule -> rule.conditions().isEmpty());
    }
  }

  private static Policy read(CommandLine line, LaunchDescription launch, Context context)
      throws CommandException, IOException {
    String name = line.getOptionValue("policy");
    Path file = PolicySource.file(name, context);
    if (Files.isDirectory(file)) {
      throw CommandException.badInput(name + " is a directory; --policy wants a file");
    }
    // The launcher's bytes, not the file's: the cache's key was made of them.
    byte[] bytes =
        launch.policy().isPresent() ? launch.policy().get() : JsonInput.bytes(file, "a policy");
    Policy policy = MobySeccompJson.read(bytes, name, false).resolve(PolicySource.context(line));
    if (!PolicySource.isBuiltIn(name) && !policy.unknownNames().isEmpty()) {
      sayIgnored(name, policy, context);
    }
    return policy;
  }

  /** Names that come from groups are those of other architectures, and nobody has written them. */
  private static void sayIgnored(String name, Policy policy, Context context) {
    Set<String> ignored = new TreeSet<>(policy.unknownNames());
    ignored.removeIf(Groups.builtIn()::hold);
    if (!ignored.isEmpty()) {
      context.say(
          name
              + ": ignored, no calls of x86, x32, x86-64 or aarch64: "
              + ignored.stream().map(RunCommand::withMeant).collect(Collectors.joining(", ")));
    }
  }

  private static String withMeant(String name) {
    return name + UnknownCalls.meant(name).map(near -> " (did you mean " + near + "?)").orElse("");
  }

  private static Policy changed(Policy policy, CommandLine line) throws CommandException {
    Policy changed = policy;
    if (line.hasOption("default-action")) {
      changed =
          changed.withDefaultAction(
              Actions.parse("--default-action", line.getOptionValue("default-action")));
    }
    changed = withRules(changed, line, "log", Action.LOG);
    return withRules(changed, line, "kill", Action.KILL_PROCESS);
  }

  /** The policy with {@code action} for what the option names, whatever it said of that before. */
  private static Policy withRules(Policy policy, CommandLine line, String option, Action action)
      throws CommandException {
    String[] values = line.getOptionValues(option);
    if (values == null) {
      return policy;
    }
    List<Rule> added = new ArrayList<>();
    for (String value : values) {
      for (String word : value.split(",", -1)) {
        Optional<String> problem = CallWords.problem(word);
        if (problem.isPresent()) {
          throw CommandException.usage("--" + option + ": " + problem.get());
        }
        CallWords.members(word).forEach(member -> added.addAll(member.rules(action)));
      }
    }
    List<Rule> rules = new ArrayList<>(policy.rules());
    rules.removeIf(rule -> added.stream().anyMatch(more -> takesThePlaceOf(more, rule)));
    for (Rule more : added) {
      checkEffect(more, rules, option);
    }
    rules.addAll(added);
    return policy.withRules(rules);
  }

  /** A rule of the option for every use of a call; not one that only hides the call. */
  private static boolean takesThePlaceOf(Rule more, Rule rule) {
    return more.syscall().equals(rule.syscall())
        && more.conditions().isEmpty()
        && !(more.action() instanceof Action.Fail);
  }

  /** The strictest rule wins, so one that denies the call would deny what the option lets pass. */
  private static void checkEffect(Rule more, List<Rule> rules, String option)
      throws CommandException {
    if (!more.action().denies()
        && rules.stream()
            .anyMatch(rule -> rule.syscall().equals(more.syscall()) && rule.action().denies())) {
      throw CommandException.usage(
          "--"
              + option
              + ": the policy has a rule that denies "
              + more.syscall()
              + ", and the strictest rule wins; remove it, or name "
              + more.syscall()
              + " itself instead of a group that means some uses of it");
    }
  }

  /** The plan of a run; the agent's session adds nothing to it. */
  static LaunchPlan plan(
      CommandLine line, Policy policy, Supervision supervision, Optional<Phases> phases) {
    LaunchPlan.Builder plan =
        LaunchPlan.builder(supervision.mode())
            .verdict(Filters.plain(policy))
            .spool(supervision.spools())
            .policy(line.getOptionValue("policy"));
    if (supervision.mode() != Mode.EXEC) {
      plan.notify(Filters.supervised(policy, supervision))
          .pointers(PointerTable.of(policy.architecturesOn(Arch.current())));
    }
    phases.ifPresent(wanted -> wanted.addTo(plan, policy, supervision));
    if (supervision.mode() != Mode.AGENT && phases.isEmpty()) { // whose file is in no key
      plan.flag(Flag.CACHEABLE);
    }
    flag(plan, Flag.COMPLAIN, supervision.complain());
    flag(plan, Flag.FREE_EXEC, supervision.freeExec());
    flag(plan, Flag.BEST_EFFORT, line.hasOption("best-effort"));
    flag(plan, Flag.QUIET, line.hasOption("quiet"));
    flag(plan, Flag.LOG, !supervision.recorded() || traps(policy));
    if (line.hasOption("profile")) {
      plan.profile(line.getOptionValue("profile"));
    }
    return plan.build();
  }

  private static void flag(LaunchPlan.Builder plan, Flag flag, boolean set) {
    if (set) {
      plan.flag(flag);
    }
  }

  /** The kernel logs kills anyway, traps only on demand. */
  private static boolean traps(Policy policy) {
    return policy.defaultAction() instanceof Action.Trap
        || policy.rules().stream().anyMatch(rule -> rule.action() instanceof Action.Trap);
  }
}
