package org.tinyjail.generator.reach;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.StackSample;
import org.tinyjail.model.SyscallTable;

/** One analysis while it is made. */
final class AnalysisMaker {
  private final FileTree tree;
  private final Summaries summaries;
  private final Reach reach;
  private final LinkerCache cache;
  private final Method method;

  AnalysisMaker(FileTree tree, LinkerCache cache, Summaries summaries, Method method) {
    this.tree = tree;
    this.cache = cache;
    this.summaries = summaries;
    this.method = method;
    this.reach = new Reach(method);
  }

  Analysis analyze(String path, List<String> loaded) throws IOException {
    Closure closure = Closure.of(tree, cache, summaries, path);
    if (!closure.members().get(0).linkage().isAnalysed()) {
      throw new IOException(path + ": no program for x86-64, the only one that is analysed");
    }
    int linked = closure.members().size();
    follow(closure, loaded);
    Numbers numbers = Numbers.of(reach, AnalysisMaker::dangerous);
    Map<String, Analysis.Call> calls = new TreeMap<>();
    for (int number : numbers.makers().keySet()) {
      Optional<String> name = SyscallTable.of(Arch.X86_64).name(number);
      if (name.isPresent()) {
        calls.put(name.get(), call(numbers, number));
      }
    }
    Set<String> unresolved = new LinkedHashSet<>();
    for (Numbers.Unresolved one : numbers.unresolved()) {
      unresolved.add(place(one.function(), one.address()) + " (" + one.held() + ")");
    }
    List<String> files =
        closure.members().stream().map(member -> tree.nameOf(member.place())).toList();
    return new Analysis(
        files,
        files.subList(linked, files.size()),
        closure.missing(),
        calls,
        List.copyOf(unresolved));
  }

  /** See {@link Analyzer#serving}. */
  Set<String> serving(String path, List<String> loaded, List<StackSample> samples)
      throws IOException {
    follow(Closure.of(tree, cache, summaries, path), loaded);
    Set<Integer> roots = new ServingRoots(reach, tree).of(samples);
    Set<String> names = new TreeSet<>();
    if (!roots.isEmpty()) {
      Numbers numbers = Numbers.of(reach.from(roots), number -> List.of());
      SyscallTable table = SyscallTable.of(Arch.X86_64);
      numbers.makers().keySet().forEach(number -> table.name(number).ifPresent(names::add));
    }
    return names;
  }

  private static List<DangerousArgument> dangerous(int number) {
    return SyscallTable.of(Arch.X86_64)
        .name(number)
        .map(name -> ArgumentScope.DANGEROUS.arguments(name, Arch.X86_64))
        .orElse(List.of());
  }

  /** What is loaded makes more reachable, which may load more. */
  private void follow(Closure closure, List<String> loaded) throws IOException {
    Loading loading = new Loading(tree, reach);
    Set<String> opened = new HashSet<>();
    List<Linked> openedFiles = new ArrayList<>();
    int linked = closure.members().size();
    Set<Entry> plugins = method.opensLibraries() ? closure.load(loaded) : Set.of();
    int added = 0;
    boolean more = true;
    while (more) {
      for (; added < closure.members().size(); added++) {
        Linked file = reach.add(closure.members().get(added));
        if (added >= linked) {
          openedFiles.add(file);
        }
        if (plugins.contains(file.entry())) {
          reach.takeExports(file);
        }
      }
      if (!method.opensLibraries()) {
        return;
      }
      loading.look();
      Set<String> wanted = new TreeSet<>(loading.symbols());
      openedFiles.forEach(file -> wanted.addAll(loading.lookedUpIn(file)));
      more = reach.lookUp(wanted);
      for (String name : loading.libraries()) {
        more |= opened.add(name) && closure.open(name);
      }
    }
  }

  private Analysis.Call call(Numbers numbers, int number) {
    List<String> path = new ArrayList<>();
    for (int function : numbers.path(number)) {
      Linked file = reach.file(function);
      path.add(
          place(function, file.summary().functions().region(function - file.functions()).start()));
    }
    Arguments arguments = numbers.arguments().get(number);
    return new Analysis.Call(path, arguments == null ? Map.of() : arguments.known());
  }

  private String place(int function, long address) {
    Linked file = reach.file(function);
    int index = function - file.functions();
    List<String> names = file.entry().symbols(file.summary()).names(index);
    boolean starts = address == file.summary().functions().region(index).start();
    return tree.nameOf(file.entry().place())
        + (names.isEmpty() || !starts ? "+0x" + Long.toHexString(address) : ":" + names.get(0));
  }
}
