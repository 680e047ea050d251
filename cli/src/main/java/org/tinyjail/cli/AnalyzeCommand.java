package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.generator.reach.Analysis;
import org.tinyjail.generator.reach.Analyzer;
import org.tinyjail.generator.reach.FileTree;
import org.tinyjail.generator.reach.Method;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.DangerousArguments;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.Escape;
import tools.jackson.core.JsonGenerator;

/** {@code analyze}: which calls executables can make, without running them. */
final class AnalyzeCommand implements Command {
  private static final String PRECISE = "precise";
  private static final String LIKE = "like";
  private static final String CONFINE = "confine";
  private static final String SYSFILTER = "sysfilter";
  private static final String WHY = "why";
  private static final String UNRESOLVED = "unresolved";
  private static final String ROOT = "root";
  private static final String PLUGIN = "plugin";
  private static final String[] NONE = {};

  /**
   * What is known of one executable.
   *
   * @param failure why there is no analysis; empty: there is
   */
  private record Analysed(String file, Optional<Analysis> analysis, String failure) {}

  @Override
  public String name() {
    return "analyze";
  }

  @Override
  public String summary() {
    return "list the calls that executables can make, without running them";
  }

  @Override
  public String usage() {
    return "FILE... [OPTION]...";
  }

  @Override
  public String description() {
    return "Follows calls, jumps and pointers to functions from where each FILE is entered, through"
        + " it and the libraries that it is linked with or opens by names found in it, and finds"
        + " the numbers of the calls that are made, and what their dangerous arguments may be where"
        + " all values are known. Every pointer in data to a function counts as used, so that much"
        + " is listed that no run makes. A FILE that is a directory means all programs in it."
        + " x86-64 only."
        + "\n\nNot in the list: what a program opens by names known at run time only (plugins,"
        + " modules of interpreters), unless --plugin names it, what it executes, and code that it"
        + " makes itself. learn counts what it has seen a program load. A place whose number could"
        + " not be found is counted, and shown by --unresolved."
        + "\n\nWhat was found in a file is kept in ~/.cache/tiny-jail/static for the next program"
        + " that is linked with it, and the whole until a file that it follows from changes.";
  }

  @Override
  public Options options() {
    return new OptionSet()
        .flag(
            PRECISE,
            "count a pointer in data only if code that can be reached refers to the object that it"
                + " is part of: fewer calls; where objects begin is guessed, so one may be missing")
        .value(
            LIKE,
            CONFINE + "|" + SYSFILTER,
            "find them in another way, for comparison: whatever a file imports counts as used, or"
                + " nothing is opened while the program runs")
        .values(PLUGIN, "FILE", "count FILE as loaded too: a plugin, a module of an interpreter")
        .value(WHY, "CALL", "functions that lead to a call, the one that makes it last")
        .flag(UNRESOLVED, "places that make calls whose numbers could not be found")
        .value(ROOT, "DIR", "FILE and its libraries are below DIR, such as an unpacked image")
        .add(Json.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail analyze /usr/sbin/nginx", "its calls"),
        new Example("tiny-jail analyze /usr/bin/curl --why ptrace", "how it gets there"),
        new Example("tiny-jail analyze /usr/bin", "how many calls each program can make"),
        new Example(
            "tiny-jail analyze /usr/sbin/nginx --plugin /usr/lib/nginx/modules/ngx_stream_module.so",
            "with what its configuration loads"),
        new Example("tiny-jail analyze --root image /usr/bin/app --json", "in an unpacked image"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    if (line.getArgList().isEmpty()) {
      throw CommandException.usage("wants at least one FILE");
    }
    if (line.hasOption(WHY)) {
      Optional<String> problem = CallWords.problem(line.getOptionValue(WHY));
      if (problem.isPresent() || CallWords.isGroup(line.getOptionValue(WHY))) {
        throw CommandException.usage("--why: " + problem.orElse("wants one call, not a group"));
      }
    }
    FileTree tree = FileTree.below(root(line, context));
    try (Analyzer analyzer = new Analyzer(tree, method(line), Caches.locate("static", context))) {
      List<String> files = files(line, context, tree);
      List<String> plugins = plugins(line, context, tree);
      List<Analysed> all = analysed(files, plugins, analyzer, context);
      return report(all, line, context);
    }
  }

  private static Method method(CommandLine line) throws CommandException {
    if (!line.hasOption(LIKE)) {
      return line.hasOption(PRECISE) ? Method.PRECISE : Method.SAFE;
    }
    if (line.hasOption(PRECISE)) {
      throw CommandException.usage("--like and --precise exclude each other");
    }
    String tool = Words.choice(LIKE, CONFINE, List.of(CONFINE, SYSFILTER), line);
    return tool.equals(CONFINE) ? Method.IMPORTS : Method.LINKED;
  }

  private static Path root(CommandLine line, Context context) throws CommandException {
    Path root = context.resolve(line.getOptionValue(ROOT, "/"));
    if (!Files.isDirectory(root)) {
      throw CommandException.usage("--root wants a directory, was " + root);
    }
    return root;
  }

  /** The names of the programs that are meant, in the tree. */
  private static List<String> files(CommandLine line, Context context, FileTree tree)
      throws CommandException, IOException {
    List<String> files = new ArrayList<>();
    for (String word : line.getArgList()) {
      String path = inTree(word, line, context);
      Optional<Path> directory = tree.directory(path);
      if (directory.isEmpty()) {
        files.add(path);
      } else {
        List<String> programs = programs(directory.get(), tree);
        if (programs.isEmpty()) {
          throw CommandException.badInput(path + ": no programs for x86-64 in it");
        }
        files.addAll(programs);
      }
    }
    return files;
  }

  private static String inTree(String word, CommandLine line, Context context) {
    return line.hasOption(ROOT) ? word : context.resolve(word).normalize().toString();
  }

  private static List<String> plugins(CommandLine line, Context context, FileTree tree)
      throws CommandException {
    if (line.hasOption(PLUGIN) && line.hasOption(LIKE)) {
      throw CommandException.usage("--like and --plugin exclude each other: those tools know none");
    }
    List<String> plugins = new ArrayList<>();
    for (String word : Optional.ofNullable(line.getOptionValues(PLUGIN)).orElse(NONE)) {
      String path = inTree(word, line, context);
      if (tree.file(path).isEmpty()) {
        throw CommandException.badInput("--plugin " + path + ": no such file");
      }
      plugins.add(path);
    }
    return plugins;
  }

  private static List<String> programs(Path directory, FileTree tree) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> !Files.isSymbolicLink(file) && Analyzer.isProgram(file))
          .map(tree::nameOf)
          .sorted()
          .toList();
    }
  }

  private static List<Analysed> analysed(
      List<String> files, List<String> plugins, Analyzer analyzer, Context context) {
    try (Counter counter = new Counter(files.size(), "programs", context)) {
      return files.parallelStream()
          .map(
              file -> {
                Analysed one = analysed(file, plugins, analyzer);
                counter.add();
                return one;
              })
          .toList();
    }
  }

  private static Analysed analysed(String file, List<String> plugins, Analyzer analyzer) {
    try {
      return new Analysed(file, Optional.of(analyzer.analyze(file, plugins)), "");
    } catch (IOException e) {
      return new Analysed(file, Optional.empty(), Words.of(e));
    }
  }

  private static int report(List<Analysed> all, CommandLine line, Context context)
      throws CommandException {
    List<Analysed> failed = all.stream().filter(one -> one.analysis().isEmpty()).toList();
    if (all.size() == 1 && !failed.isEmpty()) {
      throw CommandException.badInput(failed.get(0).failure());
    }
    int code = ExitCode.DONE;
    if (line.hasOption(WHY)) {
      code = why(line.getOptionValue(WHY), all, context);
    } else if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), out -> Json.array(out, all, AnalyzeCommand::write));
    } else if (line.hasOption(UNRESOLVED)) {
      all.forEach(one -> one.analysis().ifPresent(a -> a.unresolved().forEach(show(context))));
    } else if (all.size() == 1) {
      all.get(0).analysis().ifPresent(analysis -> print(all.get(0).file(), analysis, context));
    } else {
      all.forEach(one -> one.analysis().ifPresent(analysis -> row(one.file(), analysis, context)));
    }
    failed.forEach(one -> context.say(one.failure()));
    return failed.isEmpty() ? code : ExitCode.BAD_INPUT;
  }

  private static Consumer<String> show(Context context) {
    return text -> context.out().println(Escape.display(text));
  }

  private static void print(String file, Analysis analysis, Context context) {
    analysis.calls().forEach((name, call) -> context.out().println(text(name, call)));
    context.say(
        file
            + ": "
            + Words.count(analysis.calls().size(), "call")
            + " in "
            + Words.count(analysis.files().size(), "file")
            + (analysis.opened().isEmpty()
                ? ""
                : ", of which it may open " + analysis.opened().size() + " while it runs")
            + (analysis.unresolved().isEmpty()
                ? ""
                : "; "
                    + Words.count(analysis.unresolved().size(), "place")
                    + " with an unknown number, see --unresolved"));
    sayMissing(file, analysis, context);
  }

  private static void row(String file, Analysis analysis, Context context) {
    context
        .out()
        .println(
            String.format("%5d calls  %s", analysis.calls().size(), Escape.display(file))
                + (analysis.unresolved().isEmpty()
                    ? ""
                    : "  (" + Words.count(analysis.unresolved().size(), "unknown number") + ")"));
    sayMissing(file, analysis, context);
  }

  private static void sayMissing(String file, Analysis analysis, Context context) {
    for (String library : analysis.missing()) {
      context.say(
          file
              + ": wants "
              + library
              + ", which is not there or no library: its calls are missing");
    }
  }

  /** Such as {@code prctl option=PR_SET_NAME, option=PR_GET_NAME}. */
  private static String text(String name, Analysis.Call call) {
    String arguments =
        call.arguments().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(known -> values(name, known.getKey(), known.getValue()))
            .collect(Collectors.joining("  "));
    return arguments.isEmpty() ? name : name + "  " + arguments;
  }

  private static String values(String name, int index, Set<Long> values) {
    long mask =
        DangerousArguments.of(name, Arch.X86_64).stream()
            .filter(argument -> argument.index() == index)
            .mapToLong(DangerousArgument::mask)
            .findFirst()
            .orElse(ArgCondition.INT_MASK);
    return values.stream()
        .sorted(Comparator.naturalOrder())
        .map(value -> Rules.condition(name, ArgCondition.masked(index, mask, value)))
        .collect(Collectors.joining(", "));
  }

  private static int why(String call, List<Analysed> all, Context context) {
    boolean found = false;
    for (Analysed one : all) {
      if (one.analysis().isEmpty()) {
        continue;
      }
      Analysis.Call made = one.analysis().get().calls().get(call);
      if (made == null) {
        context.say(one.file() + " does not reach " + call);
      } else {
        found = true;
        made.path().forEach(show(context));
      }
    }
    return found ? ExitCode.DONE : ExitCode.FINDINGS;
  }

  private static void write(JsonGenerator out, Analysed one) {
    out.writeStartObject();
    out.writeStringProperty("file", one.file());
    if (one.analysis().isEmpty()) {
      out.writeStringProperty("failure", one.failure());
    } else {
      write(out, one.analysis().get());
    }
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Analysis analysis) {
    write(out, "files", analysis.files());
    write(out, "opened", analysis.opened());
    write(out, "missing", analysis.missing().stream().sorted().toList());
    out.writeArrayPropertyStart("calls");
    for (Map.Entry<String, Analysis.Call> call : analysis.calls().entrySet()) {
      out.writeStartObject();
      out.writeStringProperty("call", call.getKey());
      write(out, "path", call.getValue().path());
      out.writeObjectPropertyStart("arguments");
      for (Map.Entry<Integer, Set<Long>> known : call.getValue().arguments().entrySet()) {
        out.writeArrayPropertyStart(String.valueOf(known.getKey()));
        known.getValue().stream().sorted().forEach(out::writeNumber);
        out.writeEndArray();
      }
      out.writeEndObject();
      out.writeEndObject();
    }
    out.writeEndArray();
    write(out, "unresolved", analysis.unresolved());
  }

  private static void write(JsonGenerator out, String name, List<String> texts) {
    out.writeArrayPropertyStart(name);
    texts.forEach(out::writeString);
    out.writeEndArray();
  }
}
