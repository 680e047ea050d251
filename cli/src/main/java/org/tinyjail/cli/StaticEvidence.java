package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.tinyjail.generator.merge.Strictness;
import org.tinyjail.generator.reach.Analysis;
import org.tinyjail.generator.reach.Analyzer;
import org.tinyjail.generator.reach.FileTree;
import org.tinyjail.generator.reach.Method;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.DangerousArguments;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Source;

/**
 * What the executables of a program can do, as it is added to what they were seen to do. It is not
 * stored: it is found again, quickly, in the files as they are now.
 */
final class StaticEvidence {
  /** Of the functions that lead to a call, so many are kept as an example: the last ones. */
  private static final int PATH_SHOWN = 4;

  /** More combinations of arguments than these are not told apart. */
  private static final int CLASSES_MAX = 64;

  /** No instruction makes it: the kernel has a thread make it after a stop; restart_syscall(2). */
  private static final String OF_THE_KERNEL = "restart_syscall";

  private final Instant now;
  private final Consumer<String> say;
  private final List<Observation> found = new ArrayList<>();
  private final Set<String> missed = new TreeSet<>();

  private StaticEvidence(Instant now, Consumer<String> say) {
    this.now = now;
    this.say = say;
  }

  /**
   * {@code seen}, and, but with {@code --mode strict}, what its executables can do with the files
   * that they were seen to load.
   */
  static List<Observation> with(
      List<Observation> seen,
      List<LoadedFile> loaded,
      PolicyOptions options,
      Context context,
      Consumer<String> say)
      throws IOException {
    if (options.strictness() == Strictness.STRICT) {
      return seen;
    }
    StaticEvidence evidence = new StaticEvidence(context.clock().instant(), say);
    Map<String, Set<String>> made = new TreeMap<>();
    for (Observation one : seen) {
      if (one.arch() == Arch.X86_64 && Analyzer.isProgram(Path.of(one.executable()))) {
        made.computeIfAbsent(one.executable(), path -> new TreeSet<>()).add(one.syscall());
      }
    }
    FileTree files = FileTree.below(Path.of("/"));
    Optional<Path> cache = Caches.locate("static", context);
    try (Analyzer analyzer = new Analyzer(files, Method.SAFE, cache);
        Counter counter = new Counter(made.size(), "executables", context)) {
      for (Map.Entry<String, Set<String>> executable : made.entrySet()) {
        List<String> own = files(loaded, executable.getKey());
        evidence.add(executable.getKey(), own, executable.getValue(), analyzer);
        counter.add();
      }
    }
    evidence.report();
    List<Observation> all = new ArrayList<>(seen);
    all.addAll(evidence.found);
    return all;
  }

  /** The paths of what an executable has loaded. */
  static List<String> files(List<LoadedFile> loaded, String executable) {
    return loaded.stream()
        .filter(file -> file.executable().equals(executable))
        .map(LoadedFile::path)
        .toList();
  }

  private void add(String executable, List<String> loaded, Set<String> made, Analyzer analyzer) {
    Analysis analysis;
    try {
      analysis = analyzer.analyze(executable, loaded);
    } catch (IOException e) {
      say.accept("without what " + executable + " can do: " + Words.of(e));
      return;
    }
    analysis.calls().forEach((name, call) -> add(executable, name, call));
    long unknown =
        analysis.unresolved().stream()
            .filter(
                place -> analysis.opened().stream().noneMatch(file -> place.startsWith(file + "+")))
            .count();
    if (unknown > 0) {
      say.accept(
          executable
              + " makes calls at "
              + Words.count(unknown, "place")
              + " whose numbers are not known (tiny-jail analyze --unresolved)");
    }
    made.stream()
        .filter(name -> !analysis.calls().containsKey(name) && !name.equals(OF_THE_KERNEL))
        .forEach(missed::add);
  }

  private void add(String executable, String name, Analysis.Call call) {
    List<String> path = call.path();
    String shown =
        String.join(" > ", path.subList(Math.max(0, path.size() - PATH_SHOWN), path.size()));
    for (ArgumentClass arguments : classes(name, call)) {
      found.add(
          new Observation(
              executable, Arch.X86_64, name, arguments, Source.STATIC, 1, now, now, shown));
    }
  }

  /** All combinations of the values that are known. */
  private static List<ArgumentClass> classes(String name, Analysis.Call call) {
    List<List<ArgumentClass.Value>> all = new ArrayList<>(List.of(List.of()));
    for (DangerousArgument argument : DangerousArguments.of(name, Arch.X86_64)) {
      Set<Long> values = call.arguments().getOrDefault(argument.index(), Set.of());
      if (values.isEmpty() || all.size() * values.size() > CLASSES_MAX) {
        continue;
      }
      List<List<ArgumentClass.Value>> longer = new ArrayList<>();
      for (List<ArgumentClass.Value> before : all) {
        for (long value : values) {
          List<ArgumentClass.Value> more = new ArrayList<>(before);
          more.add(new ArgumentClass.Value(argument.index(), argument.mask(), value));
          longer.add(more);
        }
      }
      all = longer;
    }
    return all.stream().map(ArgumentClass::new).toList();
  }

  /** What the analysis has missed is a mistake of its own, or made by code that it cannot see. */
  private void report() {
    if (!missed.isEmpty()) {
      say.accept(
          "static analysis did not foresee "
              + String.join(", ", missed)
              + ": made by plugins that no learning has seen loaded, by code made at run time, or its mistake");
    }
  }
}
